/* One attempt of a network check. It is started with what it needs, and ends exactly once with a
 * result, unless it is cancelled first. It owns its sockets, bounds bytes and time itself and never
 * blocks. The kinds are in probe_tcp.h and beside it; each has a struct of its own that begins with
 * struct probe, and a function
 *
 *   struct probe *probe_KIND_start(struct event_base *, const struct probe_target *, …,
 *                                  probe_done_fn, void *arg);
 *
 * which returns NULL with errno when it cannot even begin. */
#ifndef HOLDFAST_CHECKERD_PROBE_H
#define HOLDFAST_CHECKERD_PROBE_H

#include <event2/event_struct.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#include "proto/proto.h"

struct event_base;

struct probe_target {
	struct proto_addr address;
	struct proto_addr bindto;      /* family 0: as the kernel chooses */
	uint16_t port;                 /* in host order, as bind_port is */
	uint16_t bind_port;            /* 0: any */
	char ifname[PROTO_IFNAME_LEN]; /* leave by this interface; empty: any */
	uint64_t timeout_us;           /* per step; what a step is, the kind says */
};

/* The end of a probe, which is gone when this is called. Comes from the event loop, never from
 * within probe_KIND_start(). reason is a sentence for the log without a full stop, also of a good
 * result, valid during the call: "connection refused by 10.0.0.2:80". */
typedef void (*probe_done_fn)(bool good, const char *reason, void *arg);

/* What every kind begins with. */
struct probe {
	/* Gives up whatever the kind holds, then its memory. The time is off already. */
	void (*cancel)(struct probe *);
	/* The step took too long: usually probe_end(). */
	void (*expired)(struct probe *);
	struct event timeout;
	probe_done_fn done;
	void *arg;
};

/* Ends it without a result; its memory is gone. */
void probe_cancel(struct probe *probe);

/* ---- for the kinds ---- */

/* Sets up the common part; no time is running yet. */
void probe_init(struct probe *probe, struct event_base *base, void (*cancel)(struct probe *),
	probe_done_fn done, void *arg);

/* A step begins: expired() is called unless the probe ends, or another step begins, within timeout
 * microseconds. Returns 0, or -1 with errno. */
int probe_step(struct probe *probe, uint64_t timeout_us, void (*expired)(struct probe *));

/* The result is known: cancels the probe and calls done(). The text is cut at PROTO_REASON_LEN. */
void probe_end(struct probe *probe, bool good, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* A socket of the target's family, non-blocking and close-on-exec, bound to bindto, bind_port and
 * ifname; not connected. type is SOCK_STREAM or SOCK_DGRAM. -1 with errno. */
int probe_socket(const struct probe_target *target, int type, int protocol);

/* The same address and port for connect(2); returns its length, 0 when the family is unknown. */
socklen_t probe_sockaddr(
	const struct proto_addr *address, uint16_t port, struct sockaddr_storage *out);

/* "10.0.0.2:80", "[2001:db8::2]:80"; without a port when it is 0. Returns name. */
#define PROBE_NAME_LEN 64
const char *probe_target_name(const struct probe_target *target, char name[PROBE_NAME_LEN]);

/* Why probe_KIND_start() returned NULL, as a reason. Keeps errno out: error is passed. */
void probe_start_failed(
	const struct probe_target *target, int error, char reason[PROTO_REASON_LEN]);

/* Why a stream is not connected, as a reason: what the errno of connecting says, "connection
 * refused by 10.0.0.2:80"; that it took longer than the target's timeout. Return reason. */
const char *probe_refused(
	const struct probe_target *target, int error, char reason[PROTO_REASON_LEN]);
const char *probe_unconnected(const struct probe_target *target, char reason[PROTO_REASON_LEN]);

/* "5 s", "2.5 s", "0.25 s": a timeout for a reason. Returns text. */
#define PROBE_SECONDS_LEN 32
const char *probe_seconds(uint64_t us, char text[PROBE_SECONDS_LEN]);

/* strerror() as the end of a sentence: "connection refused". Returns text. */
#define PROBE_ERROR_LEN 80
const char *probe_error(int error, char text[PROBE_ERROR_LEN]);

#endif
