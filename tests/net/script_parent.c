/* Stands in the place of parentd: has runners and gives them orders as a test says over the control
 * socket, and tells it what they answer. It uses parentd's own parentd/runners.c and lives in
 * parentd's own filter.
 *
 * Requests, one per line, their words separated by tabs:
 *   listen                                  tell this client what happens
 *   want [UID GID NAME]…
 *   run SLOT RUN QUEUE TIMEOUT_MS WORD…
 *   end SLOT RUN
 *   restart PROCESS, upgrade
 *   info                                    slot … one line each, then "end"
 * Anything that begins with "{" is answered as parentd answers a request for its status. */
#include <errno.h>
#include <event2/event.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/channel.h"
#include "common/child.h"
#include "common/fds.h"
#include "common/log.h"
#include "common/loop.h"
#include "parentd/parentd_sandbox.h"
#include "parentd/runners.h"

#define CLIENTS_MAX 8
#define WORDS_MAX   512
#define LINE_BYTES  65536

struct client {
	int fd; /* -1: none */
	bool listens;
	struct event *readable;
	char line[LINE_BYTES];
	size_t length;
};

static struct event_base *base;
static struct channel *launcher;
static struct runners *runners;
static struct client clients[CLIENTS_MAX];
static char unheard[1 << 20]; /* until somebody listens */

static void client_drop(struct client *client)
{
	event_free(client->readable);
	close(client->fd);
	client->fd = -1;
}

static void say_to(struct client *client, const char *text)
{
	/* The test reads all that there is: a full socket is its own mistake. */
	if (send(client->fd, text, strlen(text), MSG_NOSIGNAL) == -1)
		log_debug("a listener is gone");
}

static void __attribute__((format(printf, 1, 2))) announce(const char *format, ...)
{
	char text[2048];
	bool heard = false;
	va_list values;

	va_start(values, format);
	vsnprintf(text, sizeof(text), format, values);
	va_end(values);
	for (int i = 0; i < CLIENTS_MAX; i++) {
		if (clients[i].fd == -1 || !clients[i].listens)
			continue;
		say_to(&clients[i], text);
		heard = true;
	}
	if (!heard)
		strlcat(unheard, text, sizeof(unheard));
}

/* ---- runners ---- */

static void tell_launcher(enum proto_type type, const void *body, void *arg)
{
	(void)arg;
	if (channel_send(launcher, type, 0, body, -1) == -1)
		log_warn("launcher");
}

static void up(int slot, void *arg)
{
	(void)arg;
	announce("up\t%d\n", slot);
}

static void done(int slot, const struct runner_done *answer, void *arg)
{
	char output[PROTO_OUTPUT_LEN];

	(void)arg;
	memcpy(output, answer->output, sizeof(output));
	for (char *byte = output; *byte != '\0'; byte++) {
		if (*byte == '\n')
			*byte = '\v';
	}
	announce("done\t%d\t%" PRIu64 "\t%u\t%d\t%" PRIu64 "\t%s\n", slot, answer->run,
		answer->outcome, answer->status, answer->duration_us, output);
}

static void lost(int slot, void *arg)
{
	(void)arg;
	announce("lost\t%d\n", slot);
}

static const struct runners_ops ops = {.tell = tell_launcher, .up = up, .done = done, .lost = lost};

/* ---- requests ---- */

static uint64_t number(const char *word)
{
	return strtoull(word, NULL, 10);
}

static void request_want(char **words, size_t count)
{
	struct runner_user users[PROTO_RUNNERS + 1] = {0};
	size_t wanted = 0;

	for (size_t i = 0; i + 2 < count && wanted <= PROTO_RUNNERS; i += 3, wanted++) {
		users[wanted].uid = (uid_t)number(words[i]);
		users[wanted].gid = (gid_t)number(words[i + 1]);
		snprintf(users[wanted].name, sizeof(users[wanted].name), "%s", words[i + 2]);
	}
	if (runners_want(runners, users, wanted) == -1)
		announce("too many\n");
}

static void request_run(char **words, size_t count)
{
	struct runner_order order = {.run = number(words[1]),
		.queue = number(words[2]),
		.timeout_ms = (uint32_t)number(words[3]),
		.words_count = count - 4};
	const char *given[WORDS_MAX];

	for (size_t i = 4; i < count; i++)
		given[i - 4] = words[i];
	order.words = given;
	if (runners_run(runners, (int)number(words[0]), &order) == -1)
		announce("error\t%" PRIu64 "\t%d\n", order.run, errno);
}

static void request_info(struct client *client)
{
	char text[256];

	for (int slot = 0; slot < PROTO_RUNNERS; slot++) {
		const struct runner_info *info = runners_info(runners, slot);
		snprintf(text, sizeof(text), "slot\t%d\t%d\t%d\t%u\t%u\t%s\t%u\n", slot,
			(int)info->pid, info->up, (unsigned)info->user.uid,
			(unsigned)info->user.gid, info->user.name, info->restarts);
		say_to(client, text);
	}
	say_to(client, "end\n");
}

static void request(struct client *client, char *line)
{
	char *words[WORDS_MAX];
	size_t count = 0;
	char *word;

	if (line[0] == '{') {
		say_to(client, "{\"ok\": true, \"processes\": [], \"vrrp\": []}\n");
		return;
	}
	while (count < WORDS_MAX && (word = strsep(&line, "\t")) != NULL)
		words[count++] = word;
	if (strcmp(words[0], "listen") == 0) {
		client->listens = true;
		say_to(client, unheard);
		unheard[0] = '\0';
	} else if (strcmp(words[0], "want") == 0) {
		request_want(words + 1, count - 1);
	} else if (strcmp(words[0], "run") == 0 && count >= 5) {
		request_run(words + 1, count - 1);
	} else if (strcmp(words[0], "end") == 0 && count == 3) {
		runners_end(runners, (int)number(words[1]), number(words[2]));
	} else if (strcmp(words[0], "restart") == 0 && count == 2) {
		const struct parent_restart order = {.process = (uint32_t)number(words[1])};
		tell_launcher(PARENT_RESTART, &order, NULL);
	} else if (strcmp(words[0], "upgrade") == 0) {
		tell_launcher(PARENT_UPGRADE, NULL, NULL);
	} else if (strcmp(words[0], "info") == 0) {
		request_info(client);
	} else {
		say_to(client, "what?\n");
	}
}

static void on_request(int fd, short events, void *arg)
{
	struct client *client = arg;
	char *newline;

	(void)events;
	ssize_t length =
		recv(fd, client->line + client->length, sizeof(client->line) - client->length, 0);
	if (length <= 0) {
		client_drop(client);
		return;
	}
	client->length += (size_t)length;
	while ((newline = memchr(client->line, '\n', client->length)) != NULL) {
		size_t used = (size_t)(newline - client->line) + 1;
		*newline = '\0';
		request(client, client->line);
		client->length -= used;
		memmove(client->line, client->line + used, client->length);
	}
}

static void on_connection(int fd, short events, void *arg)
{
	int accepted = accept4(fd, NULL, NULL, SOCK_CLOEXEC);

	(void)events;
	(void)arg;
	for (int i = 0; i < CLIENTS_MAX && accepted != -1; i++) {
		struct client *client = &clients[i];
		if (client->fd != -1)
			continue;
		client->fd = accepted;
		client->length = 0;
		client->listens = false;
		client->readable =
			event_new(base, accepted, EV_READ | EV_PERSIST, on_request, client);
		event_add(client->readable, NULL);
		return;
	}
	fatalx("too many clients");
}

/* ---- launcher ---- */

static void on_message(struct channel *channel, const struct proto_header *header, const void *body,
	int fd, void *arg)
{
	const struct launcher_upgrade_report *report = body;

	(void)channel;
	(void)arg;
	switch (header->type) {
	case LAUNCHER_CHILD_STARTED:
		runners_started(runners, body, fd);
		return;
	case LAUNCHER_CHILD_EXITED:
		runners_exited(runners, body);
		return;
	case LAUNCHER_HEARTBEAT:
		channel_send(launcher, PROCESS_HEARTBEAT, 1, body, -1);
		return;
	case LAUNCHER_UPGRADE:
		announce("upgrade\t%u\t%u\t%s\n", report->state, report->count, report->reason);
		return;
	case LAUNCHER_STOPPING: /* no script of ours is to be told of it */
		runners_want(runners, NULL, 0);
		return;
	case LAUNCHER_LOG_FILE:
		log_set_file(fd);
		return;
	default:
		return;
	}
}

static void on_closed(struct channel *channel, const char *why, void *arg)
{
	(void)channel;
	(void)arg;
	if (why != NULL)
		fatalx("protocol violation: %s", why);
	_exit(0);
}

static const struct channel_handlers handlers = {on_message, on_closed};

int main(int argc, char **argv)
{
	struct child_options options;

	child_init(PROTO_PARENT, argc, argv, &options);
	child_probe(&options, parentd_sandbox_profile());
	for (int i = 0; i < CLIENTS_MAX; i++)
		clients[i].fd = -1;
	base = loop_new();
	runners = runners_new(base, &ops, NULL);
	launcher = channel_new(
		base, child_launcher_fd(), PROTO_PARENT, PROTO_LAUNCHER, &handlers, NULL);
	struct event *connection =
		event_new(base, FD_CONTROL, EV_READ | EV_PERSIST, on_connection, NULL);
	if (launcher == NULL || connection == NULL || event_add(connection, NULL) == -1)
		fatal("start");
	sandbox_enter(parentd_sandbox_profile(), options.sandbox);
	tell_launcher(PARENT_CONF_IN_FORCE, NULL, NULL);
	loop_run(base);
}
