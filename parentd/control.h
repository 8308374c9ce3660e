/* The control socket: one JSON request a line, one JSON reply a line. Who may connect is decided by
 * the socket's mode and group; whoever can is checked again by SO_PEERCRED. A client that sends too
 * much, reads too little or sits idle is dropped and disturbs nobody. The answer to "metrics" is
 * several lines, until one with "more": false. */
#ifndef HOLDFAST_CONTROL_H
#define HOLDFAST_CONTROL_H

#include <stddef.h>
#include <stdint.h>

struct control;
struct event_base;
struct ipvs_tally;
struct parent;

#define CONTROL_REQUEST_MAX 1024        /* bytes of one request, with its newline */
#define CONTROL_OUTPUT_MAX  (16U << 20) /* bytes that wait for a client to read them */
#define CONTROL_CLIENTS_MAX 20
#define CONTROL_READERS_MAX 16 /* of them that are not root */
#define CONTROL_USER_MAX    8  /* of one such user */
#define CONTROL_IDLE_S      60
/* Of its events, where the others have 1: children and the launcher come first. */
#define CONTROL_PRIORITY    2
#define CONTROL_PRIORITIES  3
#define CONTROL_SCRAPES_MAX 4 /* that read metrics, of which each has a copy */

/* Takes over the listening socket. NULL with errno. */
struct control *control_new(struct event_base *base, int listen_fd, struct parent *parent);

/* The reload to a generation has ended: answers those who wait for it. problem is NULL when it went
 * well, which answers those who wait for an earlier one, too. */
void control_reload_done(struct control *control, uint32_t generation, const char *problem);

/* The answer to a question about the kernel's table: text, or a problem. */
void control_shown(struct control *control, uint32_t question, const char *text, size_t length,
	const char *problem);
/* The same for numbers, which are taken over; NULL: there are none. */
void control_tallied(struct control *control, uint32_t question, struct ipvs_tally *tally);

#endif
