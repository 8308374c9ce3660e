#include "ipvsd/balancer.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/child.h"
#include "common/log.h"
#include "ipvsd/balancer_internal.h"

/* How often the kernel's table is looked at, and what was refused is considered. */
static const struct timeval tick_interval = {.tv_sec = 1};

static void turn(evutil_socket_t fd, short what, void *arg);
static void tick(evutil_socket_t fd, short what, void *arg);

static void *room(size_t count, size_t size)
{
	void *memory = calloc(count + 1, size);

	if (memory == NULL)
		fatal("virtual servers");
	return memory;
}

struct balancer *balancer_new(
	struct event_base *base, struct ipvs_netlink *netlink, struct page *page)
{
	struct balancer *balancer = room(1, sizeof(*balancer));

	balancer->base = base;
	balancer->netlink = netlink;
	balancer->page = page;
	TAILQ_INIT(&balancer->queue);
	balancer->turn = event_new(base, -1, 0, turn, balancer);
	balancer->tick = event_new(base, -1, EV_PERSIST, tick, balancer);
	if (balancer->turn == NULL || balancer->tick == NULL)
		fatal("virtual servers");
	return balancer;
}

static void forget_reasons(struct balancer *balancer)
{
	if (!balancer->has_reasons)
		return;
	for (uint32_t i = 0; i < balancer->conf.reals_count; i++) {
		free(balancer->real_reasons[i]);
		balancer->real_reasons[i] = NULL;
	}
	for (uint32_t i = 0; i < balancer->conf.virtuals_count; i++) {
		free(balancer->virtual_reasons[i]);
		balancer->virtual_reasons[i] = NULL;
	}
	balancer->has_reasons = false;
}

static void forget_conf(struct balancer *balancer)
{
	forget_reasons(balancer);
	free(balancer->real_reasons);
	free(balancer->virtual_reasons);
	free(balancer->states.reals);
	free(balancer->states.virtuals);
	ipvs_conf_clear(&balancer->conf);
}

void balancer_free(struct balancer *balancer)
{
	if (balancer == NULL)
		return;
	event_free(balancer->turn);
	event_free(balancer->tick);
	forget_conf(balancer);
	model_clear(&balancer->model);
	free(balancer->settings.timeouts_trouble);
	free(balancer->settings.sync_trouble);
	show_clear(&balancer->show);
	free(balancer);
}

void balancer_set_child(struct balancer *balancer, struct child *child)
{
	balancer->child = child;
}

bool balancer_owns(const struct balancer *balancer, const struct model_service *service)
{
	return service->presence == PRESENCE_PRESENT &&
	       page_has(balancer->page, &service->kernel.key, NULL);
}

uint32_t balancer_delay(uint32_t before_s)
{
	if (before_s == 0)
		return RETRY_LEAST_S;
	return before_s > RETRY_MOST_S / 2 ? RETRY_MOST_S : 2 * before_s;
}

/* ---- trouble ---- */

void balancer_tell(
	struct balancer *balancer, uint32_t kind, uint32_t virtual_server, const char *reason)
{
	struct ipvs_trouble trouble = {.kind = kind, .virtual_server = virtual_server};

	if (balancer->child == NULL || !balancer->ready)
		return;
	if (reason != NULL)
		proto_string_set(trouble.reason, sizeof(trouble.reason), reason);
	child_send(balancer->child, IPVS_TROUBLE, &trouble);
}

static const char *trouble_of(const struct balancer *balancer, uint32_t virtual_server)
{
	const struct model *model = &balancer->model;

	for (uint32_t i = model->first_claim[virtual_server];
		i < model->first_claim[virtual_server + 1]; i++) {
		if (model->claims[i].service->trouble != NULL)
			return model->claims[i].service->trouble;
	}
	return NULL;
}

void balancer_tell_trouble(struct balancer *balancer, uint32_t virtual_server)
{
	balancer_tell(balancer, IPVS_TROUBLE_VIRTUAL, virtual_server,
		trouble_of(balancer, virtual_server));
}

static void tell_all_trouble(struct balancer *balancer)
{
	const char *missing = ipvs_netlink_missing(balancer->netlink);

	if (missing != NULL)
		balancer_tell(balancer, IPVS_TROUBLE_KERNEL, IPVS_NONE, missing);
	settings_tell(balancer);
	for (uint32_t i = 0; i < balancer->conf.virtuals_count; i++) {
		if (trouble_of(balancer, i) != NULL)
			balancer_tell_trouble(balancer, i);
	}
}

/* ---- the end of a turn ---- */

void balancer_wake(struct balancer *balancer)
{
	event_active(balancer->turn, EV_TIMEOUT, 0);
}

void balancer_dirty(struct balancer *balancer, struct model_service *service)
{
	if (!service->dirty) {
		service->dirty = true;
		TAILQ_INSERT_TAIL(&balancer->queue, service, queue);
	}
	balancer_wake(balancer);
}

/* Those that go come last: what takes their place is there by then. They are read first: they would
 * take what somebody else has put into them along. */
static void all_dirty(struct balancer *balancer)
{
	const struct model *model = &balancer->model;

	for (size_t i = 0; i < model->count; i++) {
		if (model->services[i]->claims != NULL)
			balancer_dirty(balancer, model->services[i]);
	}
	for (size_t i = 0; i < model->count; i++) {
		if (model->services[i]->claims != NULL)
			continue;
		model_unknown(model->services[i]);
		balancer_dirty(balancer, model->services[i]);
	}
}

static void all_unknown(struct balancer *balancer)
{
	for (size_t i = 0; i < balancer->model.count; i++)
		model_unknown(balancer->model.services[i]);
}

/* lvs_flush: of the table that is found at the first start of all. */
static void flush_first(struct balancer *balancer)
{
	if (balancer->flush_due) {
		if (ipvs_netlink_flush(balancer->netlink) == -1)
			log_warnx("lvs_flush: %s", ipvs_netlink_why(balancer->netlink));
		else
			log_info("lvs_flush: the kernel's table is emptied");
		all_unknown(balancer);
	}
	balancer->flush_due = false;
	page_mark(balancer->page, STATE_IPVS_STARTED, true);
}

static void turn(evutil_socket_t fd, short what, void *arg)
{
	struct balancer *balancer = arg;

	(void)fd;
	(void)what;
	if (!balancer->ready || !ipvs_netlink_available(balancer->netlink) ||
		balancer->read_not_before_ns > clock_now_ns())
		return;
	flush_first(balancer);
	if (balancer->settings.due)
		settings_run(balancer);
	if (TAILQ_EMPTY(&balancer->queue) || !balancer_read(balancer))
		return;
	batch_run(balancer);
	if (!TAILQ_EMPTY(&balancer->queue)) {
		balancer_wake(balancer);
		return;
	}
	change_log_end(balancer);
	forget_reasons(balancer);
	if (balancer->sweep_due)
		audit_sweep(balancer);
}

/* ---- reading ---- */

static bool cannot_read(struct balancer *balancer)
{
	log_warnx("the kernel's table cannot be read: %s; tried again in %u s", strerror(errno),
		RETRY_LEAST_S);
	balancer->read_not_before_ns = clock_now_ns() + RETRY_LEAST_S * NSEC_PER_SEC;
	return false;
}

const struct ipvs_service *balancer_find_service(
	const struct ipvs_service *services, size_t count, const struct ipvs_key *key)
{
	size_t low = 0;
	size_t high = count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = ipvs_key_compare(&services[middle].key, key);
		if (order == 0)
			return &services[middle];
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return NULL;
}

static bool read_service(
	struct balancer *balancer, struct model_service *service, const struct ipvs_service *kernel)
{
	struct ipvs_dest *dests;
	size_t count;

	if (kernel == NULL) {
		model_absent(service);
		return true;
	}
	if (ipvs_netlink_read_dests(
		    balancer->netlink, &service->kernel.key, &dests, &count, NULL) == -1)
		return false;
	model_read(service, kernel, dests, count);
	return true;
}

/* Those from number i on. */
static bool read_unknown(struct balancer *balancer, size_t i)
{
	const struct model *model = &balancer->model;
	struct ipvs_service *services;
	size_t count;
	bool fine = true;

	if (ipvs_netlink_read_services(balancer->netlink, &services, &count, NULL) == -1)
		return false;
	for (; i < model->count && fine; i++) {
		struct model_service *service = model->services[i];
		if (service->presence == PRESENCE_UNKNOWN)
			fine = read_service(balancer, service,
				balancer_find_service(services, count, &service->kernel.key));
	}
	free(services);
	return fine;
}

/* All of a large table takes seconds on a slow machine. */
bool balancer_read(struct balancer *balancer)
{
	const struct model *model = &balancer->model;
	size_t i = 0;

	while (i < model->count && model->services[i]->presence != PRESENCE_UNKNOWN)
		i++;
	if (i == model->count)
		return true;
	if (balancer->child != NULL)
		child_busy(balancer->child, true);
	bool fine = read_unknown(balancer, i) || cannot_read(balancer);
	if (balancer->child != NULL)
		child_busy(balancer->child, false);
	return fine;
}

/* ---- now and then ---- */

static void retry(struct balancer *balancer, uint64_t now_ns)
{
	const struct model *model = &balancer->model;

	for (size_t i = 0; i < model->count; i++) {
		struct model_service *service = model->services[i];
		if (service->not_before_ns == 0 || service->not_before_ns > now_ns)
			continue;
		if (service->trouble == NULL)
			service->not_before_ns = 0;
		balancer_dirty(balancer, service);
	}
	if (balancer->settings.not_before_ns != 0 && balancer->settings.not_before_ns <= now_ns) {
		balancer->settings.due = true;
		balancer_wake(balancer);
	}
	if (balancer->read_not_before_ns != 0 && balancer->read_not_before_ns <= now_ns) {
		balancer->read_not_before_ns = 0;
		balancer_wake(balancer);
	}
}

void balancer_tick(struct balancer *balancer)
{
	if (!balancer->ready || !ipvs_netlink_available(balancer->netlink))
		return;
	retry(balancer, clock_now_ns());
	if (TAILQ_EMPTY(&balancer->queue) && balancer->read_not_before_ns == 0)
		audit_run(balancer);
}

static void tick(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	balancer_tick(arg);
}

/* ---- what parentd says ---- */

static void add_left(const struct ipvs_key *key, const struct ipvs_dest *dest, void *arg)
{
	(void)dest;
	if (model_add(arg, key) == -1)
		fatal("virtual servers");
}

/* What was not configured until now is taken for absent: the kernel says so if it is not. */
static void expect_absent(struct balancer *balancer)
{
	for (size_t i = 0; i < balancer->model.count; i++) {
		struct model_service *service = balancer->model.services[i];
		if (service->presence == PRESENCE_UNKNOWN)
			model_absent(service);
	}
}

static void first_conf(struct balancer *balancer)
{
	bool started = page_marked(balancer->page, STATE_IPVS_STARTED);

	page_each(balancer->page, add_left, &balancer->model);
	balancer->flush_due = !started && (balancer->conf.global.flags & IPVS_FLUSH) != 0;
	balancer->configured = true;
	if (evtimer_add(balancer->tick, &tick_interval) == -1)
		fatal("timer");
}

void balancer_apply(struct balancer *balancer, struct ipvs_conf *conf)
{
	bool known = balancer->configured && ipvs_netlink_available(balancer->netlink) &&
		     balancer->read_not_before_ns == 0;

	while (!TAILQ_EMPTY(&balancer->queue)) {
		struct model_service *service = TAILQ_FIRST(&balancer->queue);
		TAILQ_REMOVE(&balancer->queue, service, queue);
		service->dirty = false;
		known = known && service->presence != PRESENCE_UNKNOWN;
	}
	forget_conf(balancer);
	balancer->conf = *conf;
	*conf = (struct ipvs_conf){0};
	conf = &balancer->conf;
	balancer->states.reals = room(conf->reals_count, sizeof(*balancer->states.reals));
	balancer->states.virtuals = room(conf->virtuals_count, 1);
	balancer->real_reasons = room(conf->reals_count, sizeof(char *));
	balancer->virtual_reasons = room(conf->virtuals_count, sizeof(char *));
	if (model_configure(&balancer->model, conf) == -1)
		fatal("virtual servers");
	if (known)
		expect_absent(balancer);
	if (!balancer->configured)
		first_conf(balancer);
	page_mark(balancer->page, STATE_IPVS_KEEP,
		(balancer->conf.global.flags & IPVS_KEEP_ON_STOP) != 0);
	balancer->sweep_due = true;
	balancer->ready = false;
}

static void mark_virtual(struct balancer *balancer, uint32_t virtual_server)
{
	const struct model *model = &balancer->model;

	if (!balancer->ready)
		return; /* all are looked at when it is */
	for (uint32_t i = model->first_claim[virtual_server];
		i < model->first_claim[virtual_server + 1]; i++)
		balancer_dirty(balancer, model->claims[i].service);
}

static void keep_reason(struct balancer *balancer, char **kept, const char *reason)
{
	free(*kept);
	*kept = strdup(reason);
	balancer->has_reasons = true;
}

void balancer_real_state(struct balancer *balancer, const struct ipvs_real_state *state)
{
	if (state->real >= balancer->conf.reals_count)
		return;
	struct told_real *told = &balancer->states.reals[state->real];
	const struct told_real now = {
		.told = state->up ? TOLD_UP : TOLD_DOWN, .weight = state->weight};

	if (told->told == now.told && told->weight == now.weight)
		return;
	if (told->told != TOLD_NOTHING || now.told == TOLD_DOWN)
		keep_reason(balancer, &balancer->real_reasons[state->real], state->reason);
	*told = now;
	mark_virtual(balancer, balancer->conf.reals[state->real].virtual_server);
}

void balancer_virtual_state(struct balancer *balancer, const struct ipvs_virtual_state *state)
{
	uint32_t number = state->virtual_server;

	if (number >= balancer->conf.virtuals_count)
		return;
	uint8_t now = state->quorum_up ? TOLD_UP : TOLD_DOWN;
	if (balancer->states.virtuals[number] == now)
		return;
	if (balancer->states.virtuals[number] != TOLD_NOTHING || now == TOLD_DOWN)
		keep_reason(balancer, &balancer->virtual_reasons[number], state->reason);
	balancer->states.virtuals[number] = now;
	mark_virtual(balancer, number);
}

void balancer_states_end(struct balancer *balancer)
{
	if (!balancer->configured)
		return;
	bool again = balancer->ready;
	balancer->ready = true;
	tell_all_trouble(balancer);
	if (again)
		return;
	balancer->settings.due = true;
	all_dirty(balancer);
	balancer_wake(balancer);
}

void balancer_sync_role(struct balancer *balancer, const struct ipvs_sync_role *role)
{
	balancer->settings.master = role->master != 0;
	balancer->settings.due = true;
	balancer_wake(balancer);
}

void balancer_show(struct balancer *balancer, const struct ipvs_show *question)
{
	show_answer(balancer, question);
}

void balancer_available(struct balancer *balancer)
{
	all_unknown(balancer);
	balancer->sweep_due = true;
	balancer->read_not_before_ns = 0;
	balancer->settings.due = true;
	balancer_tell(balancer, IPVS_TROUBLE_KERNEL, IPVS_NONE, NULL);
	all_dirty(balancer);
}

void balancer_unavailable(struct balancer *balancer, const char *why)
{
	balancer_tell(balancer, IPVS_TROUBLE_KERNEL, IPVS_NONE, why);
}

/* ---- stop ---- */

static void remove_owned(struct balancer *balancer)
{
	size_t count = page_count(balancer->page);

	balancer->stopping = true;
	all_unknown(balancer);
	all_dirty(balancer);
	if (!balancer_read(balancer))
		return;
	while (!TAILQ_EMPTY(&balancer->queue))
		batch_run(balancer);
	log_info("%zu entries removed from the kernel's table", count - page_count(balancer->page));
}

void balancer_stop(struct balancer *balancer)
{
	uint32_t flags = balancer->conf.global.flags;

	if (!ipvs_netlink_available(balancer->netlink))
		return;
	if (page_marked(balancer->page, STATE_IPVS_KEEP)) {
		log_info("the kernel's table stays as it is");
		return;
	}
	/* one that has no configuration yet takes away what those before it have left */
	if (!balancer->configured)
		page_each(balancer->page, add_left, &balancer->model);
	settings_stop(balancer);
	if ((flags & IPVS_FLUSH_ON_STOP) == 0)
		remove_owned(balancer);
	else if (ipvs_netlink_flush(balancer->netlink) == -1)
		log_warnx("lvs_flush_on_stop: %s", ipvs_netlink_why(balancer->netlink));
	else
		log_info("lvs_flush_on_stop: the kernel's table is emptied");
}
