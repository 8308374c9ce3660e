/* Changes to the table, many per system call. The kernel reports every error; of what went well it
 * acknowledges only the last of a batch. */
#include <errno.h>
#include <linux/netlink.h>
#include <netinet/in.h>
#include <netlink/msg.h>
#include <string.h>

#include "ipvsd/ipvs_netlink_internal.h"
#include "ipvsd/ipvs_protocol.h"

#define BATCH_MESSAGES 256 /* 32 KB of them at most; also bounds their answers */
#define MESSAGE_SIZE   512 /* one change with all its attributes */
#define LONG_CHANGES   512 /* so many may take long */
#define NOT_YET        (-1)

struct apply {
	struct ipvs_netlink *netlink;
	const struct ipvs_change *changes; /* of this batch */
	int errors[BATCH_MESSAGES];        /* errno values, 0, or NOT_YET */
	size_t messages;                   /* in the batch */
	size_t change_of[BATCH_MESSAGES];  /* which change a message is of */
	char words[IPVS_WORDS_LEN];        /* of the first error that has some */
	size_t words_of;
	/* modules that the kernel has not found since this call began */
	struct ipvs_modules missing[IPVS_SCHEDULERS_MAX];
	size_t missing_count;
	ipvs_refused_fn *refused;
	void *arg;
	size_t failed;
	bool gone; /* there is no IPVS */
};

/* ---- modules ---- */

static bool loads_modules(const struct ipvs_change *change)
{
	return change->action == IPVS_ADD_SERVICE || change->action == IPVS_SET_SERVICE;
}

static bool modules_are_in(
	const struct ipvs_modules *list, size_t count, const struct ipvs_service *service)
{
	for (size_t i = 0; i < count; i++) {
		if (strcmp(list[i].scheduler, service->scheduler) == 0 &&
			strcmp(list[i].engine, service->engine) == 0)
			return true;
	}
	return false;
}

static void modules_add(
	struct ipvs_modules *list, size_t *count, const struct ipvs_service *service)
{
	if (*count == IPVS_SCHEDULERS_MAX || modules_are_in(list, *count, service))
		return;
	memcpy(list[*count].scheduler, service->scheduler, IPVS_NAME_LEN);
	memcpy(list[*count].engine, service->engine, IPVS_NAME_LEN);
	(*count)++;
}

/* What the answer to a change says about modules. */
static void learn_modules(struct apply *apply, const struct ipvs_change *change, int error)
{
	struct ipvs_netlink *netlink = apply->netlink;

	if (!loads_modules(change))
		return;
	if (error == 0)
		modules_add(netlink->known, &netlink->known_count, change->service);
	else if (error == ENOENT)
		modules_add(apply->missing, &apply->missing_count, change->service);
}

/* ---- one batch ---- */

static int put_change(struct apply *apply, const struct ipvs_change *change)
{
	struct ipvs_netlink *netlink = apply->netlink;
	struct nl_msg *message = nlmsg_alloc_size(MESSAGE_SIZE);
	int result = -1;

	errno = ENOMEM;
	if (message != NULL && ipvs_message_change(message, netlink->family, change) >= 0)
		result = genl_put(netlink->genl, message);
	nlmsg_free(message);
	return result;
}

static bool has_rare_protocol(const struct ipvs_change *change)
{
	return change->action == IPVS_ADD_SERVICE && change->service->key.protocol != 0 &&
	       change->service->key.protocol != IPPROTO_TCP &&
	       change->service->key.protocol != IPPROTO_UDP;
}

/* What the kernel lacks is not asked of it for every service: its errno value, or 0. */
static int known_to_lack(const struct apply *apply, const struct ipvs_change *change)
{
	const struct ipvs_netlink *netlink = apply->netlink;

	if (has_rare_protocol(change) && netlink->protocol == change->service->key.protocol &&
		netlink->protocol_missing)
		return EPROTONOSUPPORT;
	if (loads_modules(change) &&
		modules_are_in(apply->missing, apply->missing_count, change->service))
		return ENOENT;
	return 0;
}

/* Has the answer to be known before the next such change is sent? */
static bool is_first_of_its_kind(const struct apply *apply, const struct ipvs_change *change)
{
	const struct ipvs_netlink *netlink = apply->netlink;

	if (has_rare_protocol(change) && netlink->protocol != change->service->key.protocol)
		return true;
	return loads_modules(change) &&
	       !modules_are_in(netlink->known, netlink->known_count, change->service);
}

/* Lays as many changes as fit into the batch; it also ends where something may turn out to be
 * missing. Returns how many changes are dealt with. */
static size_t fill(struct apply *apply, size_t left)
{
	size_t most = left < BATCH_MESSAGES ? left : BATCH_MESSAGES;
	bool ends = false;
	size_t i;

	apply->messages = 0;
	for (i = 0; i < most && !ends; i++) {
		const struct ipvs_change *change = &apply->changes[i];
		apply->errors[i] = known_to_lack(apply, change);
		if (apply->errors[i] != 0)
			continue;
		if (put_change(apply, change) == -1) {
			if (errno == ENOSPC)
				break;
			apply->errors[i] = errno;
			continue;
		}
		apply->errors[i] = NOT_YET;
		apply->change_of[apply->messages++] = i;
		ends = is_first_of_its_kind(apply, change);
	}
	return i;
}

static void take_answer(struct apply *apply, const struct netlink_answer *answer, size_t change)
{
	apply->errors[change] = answer->error;
	if (answer->text != NULL && apply->words[0] == '\0') {
		strlcpy(apply->words, answer->text, sizeof(apply->words));
		apply->words_of = change;
	}
}

/* Sends the batch and reads its answers. The changes whose outcome is not known afterwards, because
 * answers were lost, stay NOT_YET. */
static void send_batch(struct apply *apply)
{
	struct netlink_answer answer;
	uint32_t place;
	bool lost = false;
	bool ended = false;
	int more;

	if (genl_send(apply->netlink->genl) == -1) {
		for (size_t i = 0; i < apply->messages; i++)
			apply->errors[apply->change_of[i]] = errno;
		return;
	}
	while (!ended && (more = genl_answer(apply->netlink->genl, &answer, &place)) != 0) {
		if (more == -1) {
			lost = true;
			if (errno != ENOBUFS && errno != EBADMSG)
				return;
		} else if (answer.kind == NETLINK_RESULT && place < apply->messages) {
			take_answer(apply, &answer, apply->change_of[place]);
			ended = place == apply->messages - 1;
		}
	}
	for (size_t i = 0; i < apply->messages && ended && !lost; i++) {
		if (apply->errors[apply->change_of[i]] == NOT_YET)
			apply->errors[apply->change_of[i]] = 0;
	}
}

/* ---- answers that were lost ---- */

/* Makes one change and waits for its answer. */
static int redo(struct apply *apply, const struct ipvs_change *change, size_t place)
{
	apply->messages = 0;
	if (put_change(apply, change) == -1)
		return errno;
	apply->errors[place] = NOT_YET;
	apply->change_of[apply->messages++] = place;
	send_batch(apply);
	return apply->errors[place] == NOT_YET ? ENOBUFS : apply->errors[place];
}

/* Makes one change that may have been made. */
static int redo_maybe_done(struct apply *apply, size_t place)
{
	struct ipvs_change change = apply->changes[place];
	bool adds = change.action == IPVS_ADD_SERVICE || change.action == IPVS_ADD_DEST;
	bool deletes = change.action == IPVS_DELETE_SERVICE || change.action == IPVS_DELETE_DEST;
	int error = redo(apply, &change, place);

	if (deletes && (error == ESRCH || error == ENOENT))
		return 0;
	if (!adds || error != EEXIST)
		return error;
	change.action = change.action == IPVS_ADD_SERVICE ? IPVS_SET_SERVICE : IPVS_SET_DEST;
	return redo(apply, &change, place);
}

static void redo_lost(struct apply *apply, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (apply->errors[i] == NOT_YET)
			apply->errors[i] = redo_maybe_done(apply, i);
	}
}

/* ---- protocols ---- */

/* A service of a protocol that the kernel was built without is no good: it goes again, and counts
 * as refused. */
static void check_protocol(struct apply *apply, size_t place)
{
	struct ipvs_netlink *netlink = apply->netlink;
	const struct ipvs_change *change = &apply->changes[place];
	const struct ipvs_change away = {.action = IPVS_DELETE_SERVICE, .service = change->service};

	if (!has_rare_protocol(change) || apply->errors[place] != 0 ||
		netlink->protocol == change->service->key.protocol)
		return;
	netlink->protocol = change->service->key.protocol;
	netlink->protocol_missing =
		ipvs_protocol_ask(netlink->table_fd, netlink->protocol) == IPVS_PROTOCOL_UNKNOWN;
	if (netlink->protocol_missing && redo(apply, &away, place) == 0)
		apply->errors[place] = EPROTONOSUPPORT;
}

/* ---- the whole ---- */

static void refuse(
	struct apply *apply, const struct ipvs_change *change, int error, const char *words)
{
	char why[IPVS_WHY_LEN];

	apply->failed++;
	ipvs_explain_change(change, error, words, why);
	apply->refused(change, error, why, apply->arg);
}

/* Tells what failed. A family that the kernel no longer has looks like something that does not
 * exist, so that is asked first. */
static void settle(struct apply *apply, size_t count)
{
	struct ipvs_netlink *netlink = apply->netlink;
	bool doubt = false;

	for (size_t i = 0; i < count; i++)
		doubt = doubt || apply->errors[i] == ENOENT || apply->errors[i] == EOPNOTSUPP;
	bool gone = doubt && apply->messages > 0 && !ipvs_netlink_check_family(netlink);
	apply->gone = apply->gone || gone;
	for (size_t i = 0; i < count; i++) {
		int error = apply->errors[i];
		if (gone && (error == ENOENT || error == EOPNOTSUPP))
			error = ENODEV;
		learn_modules(apply, &apply->changes[i], error);
		if (error != 0)
			refuse(apply, &apply->changes[i], error,
				apply->words[0] != '\0' && apply->words_of == i ? apply->words
										: NULL);
	}
}

static bool takes_long(
	const struct ipvs_netlink *netlink, const struct ipvs_change *changes, size_t count)
{
	if (count > LONG_CHANGES)
		return true;
	for (size_t i = 0; i < count; i++) {
		if (loads_modules(&changes[i]) &&
			!modules_are_in(netlink->known, netlink->known_count, changes[i].service))
			return true;
	}
	return false;
}

static void apply_all(struct apply *apply, size_t left)
{
	apply->gone = apply->netlink->family == 0;
	while (left > 0 && !apply->gone) {
		apply->words[0] = '\0';
		size_t count = fill(apply, left);
		if (apply->messages > 0)
			send_batch(apply);
		redo_lost(apply, count);
		if (count > 0)
			check_protocol(apply, count - 1);
		settle(apply, count);
		apply->changes += count;
		left -= count;
	}
	for (size_t i = 0; i < left; i++)
		refuse(apply, &apply->changes[i], ENODEV, NULL);
}

size_t ipvs_netlink_apply(struct ipvs_netlink *netlink, const struct ipvs_change *changes,
	size_t count, ipvs_refused_fn *refused, void *arg)
{
	struct apply apply = {
		.netlink = netlink, .changes = changes, .refused = refused, .arg = arg};
	bool busy = takes_long(netlink, changes, count);

	if (busy)
		ipvs_netlink_busy(netlink, true);
	apply_all(&apply, count);
	if (busy)
		ipvs_netlink_busy(netlink, false);
	return apply.failed;
}
