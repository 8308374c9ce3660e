#include "parentd/control.h"

#include <errno.h>
#include <event2/event.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/log.h"
#include "parentd/beside.h"
#include "parentd/control_request.h"
#include "parentd/dry_run.h"
#include "parentd/events.h"
#include "parentd/ipvs_shows.h"
#include "parentd/ipvs_tally.h"
#include "parentd/log_control.h"
#include "parentd/parent.h"
#include "parentd/runners.h"
#include "parentd/scrape.h"
#include "parentd/scripts.h"
#include "parentd/status_json.h"
#include "parentd/tracks.h"
#include "proto/json_schema.h"

struct client {
	TAILQ_ENTRY(client) entry;
	struct control *control;
	int fd;
	uid_t uid;
	struct event *read_event;
	struct event *write_event;
	bool failed;           /* its answer could not be written: dropped where nobody uses it */
	uint32_t waits_for;    /* the generation that its reload leads to; 0: it waits for none */
	uint32_t question;     /* about the kernel's table, whose answer it waits for; 0: none */
	struct scrape *scrape; /* its metrics, some of which are to come; NULL: none */
	size_t input_length;
	char input[CONTROL_REQUEST_MAX];
	char *output; /* for the client to read */
	size_t output_length, output_sent;
};
TAILQ_HEAD(clients, client);

struct control {
	struct event_base *base;
	int fd;
	struct event *accept_event;
	struct parent *parent;
	struct clients clients;
	unsigned count;
	unsigned scrapes;
};

static void client_end_scrape(struct client *client)
{
	client->control->scrapes--;
	scrape_free(client->scrape);
	client->scrape = NULL;
}

static void client_free(struct client *client)
{
	struct control *control = client->control;

	TAILQ_REMOVE(&control->clients, client, entry);
	control->count--;
	if (client->read_event != NULL)
		event_free(client->read_event);
	if (client->write_event != NULL)
		event_free(client->write_event);
	close(client->fd);
	if (client->scrape != NULL)
		client_end_scrape(client);
	free(client->output);
	free(client);
}

/* Waits for more from a client, but not for ever. */
static int client_wait(struct client *client)
{
	static const struct timeval idle = {.tv_sec = CONTROL_IDLE_S};

	if (event_add(client->read_event, &idle) == -1)
		return -1;
	if (client->output_length == 0 && (client->scrape == NULL || client->question != 0))
		return 0;
	return event_add(client->write_event, &idle);
}

/* Writes what the client takes; keeps the rest. */
static int client_write(struct client *client)
{
	while (client->output_sent < client->output_length) {
		ssize_t sent = send(client->fd, client->output + client->output_sent,
			client->output_length - client->output_sent, MSG_NOSIGNAL);
		if (sent == -1 && errno == EINTR)
			continue;
		if (sent == -1)
			return errno == EAGAIN ? 0 : -1;
		client->output_sent += (size_t)sent;
	}
	free(client->output);
	client->output = NULL;
	client->output_length = client->output_sent = 0;
	return 0;
}

static int client_reply_text(struct client *client, const char *text, size_t length)
{
	if (client->output_length + length + 1 > CONTROL_OUTPUT_MAX)
		return -1;
	char *grown = realloc(client->output, client->output_length + length + 1);
	if (grown == NULL)
		return -1;
	client->output = grown;
	memcpy(grown + client->output_length, text, length);
	grown[client->output_length + length] = '\n';
	client->output_length += length + 1;
	return client_write(client);
}

/* Takes over the reference to reply. */
static int client_reply(struct client *client, json_t *reply)
{
	if (reply != NULL)
		json_object_set_new(reply, "schema", json_integer(JSON_SCHEMA));
	char *text = reply == NULL ? NULL : json_dumps(reply, JSON_COMPACT);
	int result = text == NULL ? -1 : client_reply_text(client, text, strlen(text));

	free(text);
	json_decref(reply);
	return result;
}

static int client_reply_error(struct client *client, const char *text)
{
	return client_reply(client, json_pack("{s:b, s:s}", "ok", 0, "error", text));
}

static json_t *answer(struct parent *parent, const struct control_request *request)
{
	switch (request->command) {
	case CONTROL_STATUS:
		return status_json(parent);
	case CONTROL_VRRP:
		return status_json_vrrp_only(parent, request->name);
	case CONTROL_PROCESSES:
		return status_json_processes_only(parent);
	case CONTROL_HISTORY:
		return status_json_history(parent, request->name);
	case CONTROL_CHECKS:
		return status_json_checks(parent, request->name);
	case CONTROL_SCRIPTS:
		return json_pack("{s:b, s:o, s:o, s:o}", "ok", 1, "scripts",
			scripts_json(parent->scripts), "tracked", tracks_json(parent->tracks),
			"notices", events_json(parent->events));
	case CONTROL_DRY_RUN:
		return dry_run_json(parent);
	case CONTROL_RELOAD:
	case CONTROL_RESTART:
	case CONTROL_UPGRADE:
	case CONTROL_BESIDE:
	case CONTROL_IPVS:
	case CONTROL_METRICS:
	case CONTROL_DEBUG:
	case CONTROL_REOPEN:
		break;
	case CONTROL_LOGS:
		return log_control_json(parent);
	}
	return NULL;
}

/* ipvsd knows. */
static int client_ipvs(struct client *client, const char *name)
{
	struct parent *parent = client->control->parent;
	const struct transaction *transaction = &parent->transaction;
	const struct transaction_peer *ipvsd = &transaction->peers[PROTO_IPVS];
	const char *why;

	if (transaction->current != 0 && !ipvsd->wanted)
		return client_reply_error(
			client, "the configuration has nothing for the kernel's load balancer");
	if (!ipvsd->up || ipvsd->in_force == 0 || ipvsd->in_force != transaction->current)
		return client_reply_error(client,
			"ipvsd does not work with the configuration in force yet; ask again in a "
			"moment");
	if (client->question != 0)
		return client_reply_error(client, "the answer to the question before is under way");
	client->question = ipvs_shows_ask(parent->shows, name, clock_now_ns(), &why);
	return client->question != 0 ? 0 : client_reply_error(client, why);
}

/* Metrics come in parts, one for each time that the client has read the one before. */
static int client_metrics(struct client *client, const char *format)
{
	const char *why;

	if (client->scrape != NULL)
		return client_reply_error(client, "the metrics before are under way");
	if (client->control->scrapes >= CONTROL_SCRAPES_MAX)
		return client_reply_error(
			client, "others are reading metrics; ask again in a moment");
	client->scrape = scrape_new(client->control->parent, format, &client->question, &why);
	if (client->scrape == NULL)
		return client_reply_error(client, why);
	client->control->scrapes++;
	return 0;
}

static int client_next_part(struct client *client)
{
	bool more;
	int result = client_reply(client, scrape_next(client->scrape, &more));

	if (!more)
		client_end_scrape(client);
	return result;
}

/* The answer goes first: it may be parentd that is replaced. */
static int client_order(struct client *client, enum proto_type type, const void *body)
{
	if (client->control->parent->upgrade.state == UPGRADE_RUNNING)
		return client_reply_error(client, "an upgrade runs; ask again when it has ended");
	int result = client_reply(client, json_pack("{s:b}", "ok", 1));

	parent_tell_launcher(client->control->parent, type, 0, body);
	return result;
}

static bool is_wanted(const struct parent *parent, enum proto_process process)
{
	if (process < PROTO_VRRP)
		return true;
	if (process < PROTO_DAEMON_END)
		return parent->transaction.peers[process].wanted;
	for (int slot = 0; slot < PROTO_RUNNERS; slot++) {
		if (runners_info(parent->runners, slot)->wanted)
			return true;
	}
	return false;
}

static int client_restart(struct client *client, const char *name)
{
	const struct parent *parent = client->control->parent;
	struct parent_restart order = {0};
	enum proto_process process;

	if (proto_process_by_name(name, &process) == -1)
		return client_reply_error(client, "no such process: there are holdfast, parentd, "
						  "vrrpd, checkerd, ipvsd, runner");
	if (!is_wanted(parent, process))
		return client_reply_error(client, "the configuration needs no such process");
	order.process = process;
	return client_order(client, PARENT_RESTART, &order);
}

static int client_debug(struct client *client, const char *words)
{
	char why[256];

	if (log_control_debug(client->control->parent, words, why, sizeof(why)) == -1)
		return client_reply_error(client, why);
	return client_reply(client, json_pack("{s:b}", "ok", 1));
}

/* May a keepalived be started with this file? */
static int client_beside(struct client *client, const char *file)
{
	const struct conf *conf = client->control->parent->conf;
	char why[512];

	if (conf != NULL && beside_clash(conf, file, why, sizeof(why)))
		return client_reply_error(client, why);
	return client_reply(client, json_pack("{s:b}", "ok", 1));
}

static int client_request(struct client *client, const char *line, size_t length)
{
	struct control_request request;
	const char *why;

	log_topic(
		LOG_TOPIC_CONTROL, "user %u asks: %.*s", (unsigned)client->uid, (int)length, line);
	if (control_request_parse(line, length, &request, &why) == -1)
		return client_reply_error(client, why);
	if (control_request_changes(&request) && client->uid != 0)
		return client_reply_error(client, "only root may do that");
	switch (request.command) {
	case CONTROL_RELOAD:
		log_info("reload asked for over the control socket");
		client->waits_for = client->control->parent->transaction.last + 1;
		parent_load(client->control->parent);
		return 0;
	case CONTROL_RESTART:
		return client_restart(client, request.name);
	case CONTROL_UPGRADE:
		return client_order(client, PARENT_UPGRADE, NULL);
	case CONTROL_BESIDE:
		return client_beside(client, request.name);
	case CONTROL_IPVS:
		return client_ipvs(client, request.name);
	case CONTROL_METRICS:
		return client_metrics(client, request.name);
	case CONTROL_DRY_RUN:
	case CONTROL_STATUS:
	case CONTROL_VRRP:
	case CONTROL_PROCESSES:
	case CONTROL_HISTORY:
	case CONTROL_SCRIPTS:
	case CONTROL_CHECKS:
	case CONTROL_LOGS:
		break;
	case CONTROL_DEBUG:
		return client_debug(client, request.name);
	case CONTROL_REOPEN:
		parent_tell_launcher(client->control->parent, PARENT_REOPEN_LOGS, 0, NULL);
		return client_reply(client, json_pack("{s:b}", "ok", 1));
	}
	return client_reply(client, answer(client->control->parent, &request));
}

static bool client_has_line(const struct client *client)
{
	return memchr(client->input, '\n', client->input_length) != NULL;
}

/* Handles one whole line of the input: the next comes after all else that there is to do. -1: the
 * client is to be dropped. */
static int client_line(struct client *client)
{
	const char *newline = memchr(client->input, '\n', client->input_length);
	char line[CONTROL_REQUEST_MAX];

	if (client->failed)
		return -1;
	if (newline == NULL)
		return client->input_length == sizeof(client->input) ? -1 : 0;
	size_t length = (size_t)(newline - client->input);
	memcpy(line, client->input, length);
	client->input_length -= length + 1;
	memmove(client->input, newline + 1, client->input_length);
	/* One that asks and asks without reading is served no further. */
	if (client->output_length > 0 || client->scrape != NULL ||
		client_request(client, line, length) == -1)
		return -1;
	return client->failed ? -1 : 0;
}

static void client_readable(int fd, short events, void *arg)
{
	struct client *client = arg;

	if ((events & EV_TIMEOUT) != 0 && client->waits_for == 0) {
		client_free(client);
		return;
	}
	if ((events & EV_READ) != 0 && client->input_length < sizeof(client->input)) {
		ssize_t length = recv(fd, client->input + client->input_length,
			sizeof(client->input) - client->input_length, 0);
		if (length == 0 || (length == -1 && errno != EAGAIN && errno != EINTR)) {
			client_free(client);
			return;
		}
		client->input_length += length > 0 ? (size_t)length : 0;
	}
	if (client_line(client) == -1 || client_wait(client) == -1)
		client_free(client);
	else if (client_has_line(client))
		event_active(client->read_event, EV_READ, 1);
}

static void client_writable(int fd, short events, void *arg)
{
	struct client *client = arg;

	(void)fd;
	bool failed = (events & EV_TIMEOUT) != 0 || client_write(client) == -1;
	if (!failed && client->scrape != NULL && client->question == 0 &&
		client->output_length == 0)
		failed = client_next_part(client) == -1;
	if (failed || client_wait(client) == -1)
		client_free(client);
}

/* root, and the group that the socket belongs to, directly or as a further one. */
static bool client_allowed(const struct control *control, int fd, uid_t *uid)
{
	struct ucred peer;
	socklen_t length = sizeof(peer);
	gid_t groups[256];
	socklen_t groups_length = sizeof(groups);
	gid_t operators = control->parent->options.operator_group;

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &length) == -1)
		return false;
	*uid = peer.uid;
	if (peer.uid == 0 || peer.gid == operators)
		return true;
	if (getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, groups, &groups_length) == -1)
		return false;
	for (size_t i = 0; i < groups_length / sizeof(groups[0]); i++) {
		if (groups[i] == operators)
			return true;
	}
	return false;
}

static struct client *client_new(struct control *control, int fd, uid_t uid)
{
	struct client *client = calloc(1, sizeof(*client));

	if (client == NULL)
		return NULL;
	client->control = control;
	client->fd = fd;
	client->uid = uid;
	TAILQ_INSERT_TAIL(&control->clients, client, entry);
	control->count++;
	client->read_event = event_new(control->base, fd, EV_READ, client_readable, client);
	client->write_event = event_new(control->base, fd, EV_WRITE, client_writable, client);
	if (client->read_event == NULL || client->write_event == NULL ||
		event_priority_set(client->read_event, CONTROL_PRIORITY) == -1 ||
		event_priority_set(client->write_event, CONTROL_PRIORITY) == -1 ||
		client_wait(client) == -1) {
		client_free(client);
		return NULL;
	}
	return client;
}

/* Some places are root's, and no other user has all that are left. */
static bool control_has_room(const struct control *control, uid_t uid)
{
	const struct client *client;
	unsigned of_user = 0, of_root = 0;

	TAILQ_FOREACH(client, &control->clients, entry)
	{
		of_user += client->uid == uid;
		of_root += client->uid == 0;
	}
	if (uid == 0)
		return control->count < CONTROL_CLIENTS_MAX;
	return of_user < CONTROL_USER_MAX && control->count - of_root < CONTROL_READERS_MAX;
}

/* Says why, if the client can be told without waiting, and lets it go. */
static void refuse(int fd, const char *why)
{
	char text[256];
	int length = snprintf(text, sizeof(text),
		"{\"schema\": %d, \"ok\": false, \"error\": \"%s\"}\n", JSON_SCHEMA, why);

	if (send(fd, text, (size_t)length, MSG_NOSIGNAL | MSG_DONTWAIT) == -1)
		log_debug("a control client was refused and not told");
	close(fd);
}

static void control_accept(int listen_fd, short events, void *arg)
{
	struct control *control = arg;
	uid_t uid;
	int fd = accept4(listen_fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

	(void)events;
	if (fd == -1)
		return;
	if (!client_allowed(control, fd, &uid))
		refuse(fd, "only root and members of group holdfast may ask");
	else if (!control_has_room(control, uid))
		refuse(fd, "too many others are asking; ask again in a moment");
	else if (client_new(control, fd, uid) == NULL)
		log_warn("control client");
}

struct control *control_new(struct event_base *base, int listen_fd, struct parent *parent)
{
	struct control *control = calloc(1, sizeof(*control));

	if (control == NULL)
		return NULL;
	control->base = base;
	control->fd = listen_fd;
	control->parent = parent;
	TAILQ_INIT(&control->clients);
	control->accept_event =
		event_new(base, listen_fd, EV_READ | EV_PERSIST, control_accept, control);
	if (control->accept_event == NULL ||
		event_priority_set(control->accept_event, CONTROL_PRIORITY) == -1 ||
		event_add(control->accept_event, NULL) == -1) {
		free(control);
		return NULL;
	}
	return control;
}

/* An answer that it waited for was written, or not: it may be the one whose request is being
 * handled. */
static void client_answered(struct client *client, int result)
{
	client->failed = result == -1 || client_wait(client) == -1;
	if (client->failed)
		event_active(client->read_event, EV_READ, 1);
}

void control_reload_done(struct control *control, uint32_t generation, const char *problem)
{
	const uint32_t current = control->parent->transaction.current;
	struct client *client;
	int result;

	TAILQ_FOREACH(client, &control->clients, entry)
	{
		if (client->waits_for == 0 || client->waits_for > generation ||
			(problem != NULL && client->waits_for <= current))
			continue;
		client->waits_for = 0;
		if (problem != NULL)
			result = client_reply_error(client, problem);
		else
			result = client_reply(client, json_pack("{s:b}", "ok", 1));
		client_answered(client, result);
	}
}

void control_shown(struct control *control, uint32_t question, const char *text, size_t length,
	const char *problem)
{
	struct client *client;

	TAILQ_FOREACH(client, &control->clients, entry)
	{
		if (client->question != question)
			continue;
		client->question = 0;
		client_answered(client, problem != NULL ? client_reply_error(client, problem)
							: client_reply_text(client, text, length));
	}
}

void control_tallied(struct control *control, uint32_t question, struct ipvs_tally *tally)
{
	struct client *client;

	TAILQ_FOREACH(client, &control->clients, entry)
	{
		if (client->question != question || client->scrape == NULL)
			continue;
		client->question = 0;
		scrape_tallied(client->scrape, tally);
		client_answered(client, 0);
		return;
	}
	ipvs_tally_free(tally); /* who asked is gone */
}
