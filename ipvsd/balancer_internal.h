/* What the files of the balancer share. */
#ifndef HOLDFAST_IPVS_BALANCER_INTERNAL_H
#define HOLDFAST_IPVS_BALANCER_INTERNAL_H

#include <event2/event.h>

#include "common/clock.h"
#include "ipvsd/balancer.h"
#include "ipvsd/ipvs_netlink.h"
#include "ipvsd/model.h"
#include "ipvsd/page.h"
#include "ipvsd/settings.h"
#include "ipvsd/show.h"
#include "ipvsd/wanted.h"

/* An attempt after a refusal comes so much later, twice as much each time. */
#define RETRY_LEAST_S UINT32_C(5)
#define RETRY_MOST_S  UINT32_C(60)

TAILQ_HEAD(model_queue, model_service);

/* What was done since the queue was empty: a line for each of the first changes, then their
 * number. */
struct tally {
	size_t lines;
	size_t unsaid[IPVS_ACTIONS];
};

/* Where the background reading stands. */
struct audit {
	struct ipvs_key next; /* the service whose real servers are read next */
	size_t left_out;      /* calls since the list of services was read */
	bool emptied;         /* services are missing, which was said at once for all of them */
};

struct balancer {
	struct event_base *base;
	struct ipvs_netlink *netlink;
	struct page *page;
	struct child *child;
	struct event *turn; /* made active: write what is in the queue */
	struct event *tick;
	struct ipvs_conf conf;
	struct told_states states;
	/* why a state is as it is, until it is written; NULL: not known */
	char **real_reasons, **virtual_reasons;
	bool has_reasons;
	bool configured; /* a configuration was applied */
	bool ready;      /* and all states told */
	bool stopping;   /* nothing is wanted */
	bool flush_due;  /* lvs_flush */
	bool sweep_due;  /* the page may have what the kernel has not */
	struct model model;
	struct model_queue queue;
	uint32_t read_delay_s; /* while the table cannot be read */
	uint64_t read_not_before_ns;
	struct tally tally;
	struct audit audit;
	struct settings settings;
	struct show show;
};

/* balancer.c */

/* Has the service written at the end of this turn. */
void balancer_dirty(struct balancer *balancer, struct model_service *service);
void balancer_wake(struct balancer *balancer);

/* Once a second: tries again what was refused, and looks at the kernel's table. */
void balancer_tick(struct balancer *balancer);

/* Is the service there because this process, or one before it, put it there? */
bool balancer_owns(const struct balancer *balancer, const struct model_service *service);

/* In an array in the order of ipvs_table_sort(); NULL: none. */
const struct ipvs_service *balancer_find_service(
	const struct ipvs_service *services, size_t count, const struct ipvs_key *key);

/* Reads what is not known of the table. False: it cannot be read now. */
bool balancer_read(struct balancer *balancer);

/* Tells parentd what is refused of a virtual server, or that nothing is any more. */
void balancer_tell_trouble(struct balancer *balancer, uint32_t virtual_server);
void balancer_tell(
	struct balancer *balancer, uint32_t kind, uint32_t virtual_server, const char *reason);

/* How long to wait after another refusal. */
uint32_t balancer_delay(uint32_t before_s);

/* balancer_names.c */

/* How a service is called in the log: by its virtual server, and by its key where that has several
 * of them. */
#define SERVICE_TEXT_LEN (PROTO_NAME_LEN + 72)
const char *balancer_service_text(const struct balancer *balancer,
	const struct model_service *service, char text[SERVICE_TEXT_LEN]);

/* A real server that nobody has given a name. */
const char *balancer_dest_text(const struct model_service *service, const struct ipvs_dest *dest,
	char text[SERVICE_TEXT_LEN]);

/* The server of this entry, or NULL; *virtual_server is its own. */
const struct ipvs_real *balancer_find_real(const struct balancer *balancer,
	const struct model_service *service, const struct ipvs_dest *dest,
	uint32_t *virtual_server);

/* batch.c */

/* Writes what differs for the first services of the queue, which leave it. */
void batch_run(struct balancer *balancer);

/* change_log.c */

/* The kernel has made a change. before: what it had of this real server, or NULL. */
void change_log(struct balancer *balancer, const struct model_service *service,
	const struct ipvs_change *change, const struct ipvs_dest *before);
/* It has added a service, with the real servers that it has now. */
void change_log_added(struct balancer *balancer, const struct model_service *service);
/* The queue is empty. */
void change_log_end(struct balancer *balancer);

/* audit.c */

/* Compares a part of the kernel's table with what it ought to be. */
void audit_run(struct balancer *balancer);

/* Something had to be put right in this service. */
void audit_fought(struct balancer *balancer, struct model_service *service);

/* Forgets in the page what the kernel does not have. */
void audit_sweep(struct balancer *balancer);

#endif
