/* Lets Debian's keepalived believe that this kernel has IPVS, so that what its checkers cost can be
 * measured: of libnl, the functions that it uses for that, which answer everything with yes.
 * Preloaded into it; nothing else is changed. */
#include <stddef.h>

struct nl_msg;
struct nl_sock;

typedef int (*callback)(struct nl_msg *, void *);

enum { FINISH = 1, ACKNOWLEDGE = 4, CALLBACKS }; /* enum nl_cb_type */

static struct {
	callback call;
	void *arg;
} callbacks[CALLBACKS];

int genl_ctrl_resolve(struct nl_sock *sock, const char *name);
int nl_socket_modify_cb(struct nl_sock *sock, int type, int kind, callback call, void *arg);
int nl_send_auto(struct nl_sock *sock, struct nl_msg *message);
int nl_recvmsgs_default(struct nl_sock *sock);

int genl_ctrl_resolve(struct nl_sock *sock, const char *name)
{
	(void)sock;
	(void)name;
	return 42;
}

int nl_socket_modify_cb(struct nl_sock *sock, int type, int kind, callback call, void *arg)
{
	(void)sock;
	(void)kind;
	if (type == FINISH || type == ACKNOWLEDGE) {
		callbacks[type].call = call;
		callbacks[type].arg = arg;
	}
	return 0;
}

int nl_send_auto(struct nl_sock *sock, struct nl_msg *message)
{
	(void)sock;
	(void)message;
	return 1;
}

int nl_recvmsgs_default(struct nl_sock *sock)
{
	(void)sock;
	for (int type = 0; type < CALLBACKS; type++) {
		if (callbacks[type].call != NULL)
			callbacks[type].call(NULL, callbacks[type].arg);
	}
	return 0;
}
