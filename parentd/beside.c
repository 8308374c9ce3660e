#include "parentd/beside.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "conf/finding.h"

#define THEIR_FILE "/etc/keepalived/keepalived.conf"

/* ---- its command line ---- */

/* Its options of one letter with a value, which follows in the same word or the next. */
static const char with_value[] = "fSuprcbAsMi";

struct words {
	const char *next, *end;
};

/* NULL: there are no more. The text ends with a NUL. */
static const char *next_word(struct words *words)
{
	const char *word = words->next;

	if (word >= words->end)
		return NULL;
	words->next += strlen(word) + 1;
	return word;
}

static void take(struct beside_command *command, char option, const char *value)
{
	if (option == 'f' && value != NULL)
		strlcpy(command->file, value, sizeof(command->file));
	else if (option == 'i' && value != NULL)
		strlcpy(command->config_id, value, sizeof(command->config_id));
}

static void take_letters(
	struct beside_command *command, const char *letters, struct words *words, bool *only_check)
{
	for (; *letters != '\0'; letters++) {
		*only_check |= *letters == 'C';
		command->vrrp |= *letters == 'P';
		if (strchr(with_value, *letters) != NULL) {
			take(command, *letters,
				letters[1] != '\0' ? letters + 1 : next_word(words));
			return;
		}
	}
}

static void take_long(
	struct beside_command *command, const char *word, struct words *words, bool *only_check)
{
	static const struct {
		const char *name;
		char letter;
	} known[] = {{"use-file", 'f'}, {"config-id", 'i'}};

	*only_check |= strcmp(word, "check") == 0;
	command->vrrp |= strcmp(word, "vrrp") == 0;
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		size_t length = strlen(known[i].name);
		if (strncmp(word, known[i].name, length) != 0)
			continue;
		if (word[length] == '=')
			take(command, known[i].letter, word + length + 1);
		else if (word[length] == '\0')
			take(command, known[i].letter, next_word(words));
	}
}

void beside_command_read(const char *line, size_t length, struct beside_command *command)
{
	char text[BESIDE_LINE_SIZE + 1];
	struct words words = {.next = text};
	bool only_check = false;
	const char *word;

	if (length > BESIDE_LINE_SIZE)
		length = BESIDE_LINE_SIZE;
	memcpy(text, line, length);
	text[length] = '\0';
	words.end = text + length;
	*command = (struct beside_command){.file = THEIR_FILE};
	next_word(&words);
	while ((word = next_word(&words)) != NULL) {
		if (strncmp(word, "--", 2) == 0)
			take_long(command, word + 2, &words, &only_check);
		else if (word[0] == '-')
			take_letters(command, word + 1, &words, &only_check);
	}
	command->vrrp |= !only_check;
}

/* ---- its configuration ---- */

static const struct conf_instance *same_router(
	const struct conf *theirs, const struct conf_instance *ours)
{
	const struct conf_instance *one;

	TAILQ_FOREACH(one, &theirs->instances, entry)
	{
		if (one->vrid == ours->vrid && one->family == ours->family &&
			strcmp(one->ifname, ours->ifname) == 0)
			return one;
	}
	return NULL;
}

void beside_compare(struct conf *ours, const struct conf *theirs, const char *file, pid_t pid)
{
	const struct conf_instance *one;

	TAILQ_FOREACH(one, &ours->instances, entry)
	{
		const struct conf_instance *other = same_router(theirs, one);
		if (other == NULL)
			continue;
		conf_finding_add(&ours->findings, CONF_ERROR, &one->vrid_place,
			"keepalived (pid %d) runs virtual_router_id %u on interface '%s' already "
			"(%s, vrrp_instance '%s'), and both would hold the addresses: stop it "
			"with `systemctl disable --now keepalived`, or choose another "
			"virtual_router_id",
			(int)pid, one->vrid, one->ifname, file, other->name);
		ours->errors++;
	}
}

bool beside_clash(const struct conf *ours, const char *file, char *why, size_t size)
{
	static const struct conf_options how = {.lenient = true};
	const struct conf_instance *one, *other = NULL;

	if (file[0] == '\0')
		file = THEIR_FILE;
	struct conf *theirs = conf_load(file, &how, NULL);
	TAILQ_FOREACH(one, &ours->instances, entry)
	{
		if ((other = same_router(theirs, one)) != NULL)
			break;
	}
	if (other != NULL)
		snprintf(why, size,
			"Holdfast runs virtual_router_id %u on interface '%s' already "
			"(vrrp_instance '%s'), and keepalived would with vrrp_instance '%s' of "
			"%s, so that both would hold the addresses: stop Holdfast with `systemctl "
			"disable --now holdfast`, or choose another virtual_router_id",
			one->vrid, one->ifname, one->name, other->name, file);
	conf_free(theirs);
	return other != NULL;
}

/* Whether it has one of our routers cannot be said. */
static void unreadable(struct conf *ours, const char *file, pid_t pid, int error)
{
	const struct conf_place *place = &TAILQ_FIRST(&ours->instances)->vrid_place;

	if (error != EACCES) {
		conf_warning(ours, place,
			"keepalived (pid %d) runs here, and what it runs cannot be seen (%s: %s): "
			"see to it that it has another virtual_router_id",
			(int)pid, file, strerror(error));
		return;
	}
	conf_finding_add(&ours->findings, CONF_ERROR, place,
		"keepalived (pid %d) runs here, and its configuration must be read to see that it "
		"has another virtual_router_id: stop it with `systemctl disable --now keepalived`, "
		"or run `chgrp holdfast-parent %s && chmod 640 %s`",
		(int)pid, file, file);
	ours->errors++;
}

bool beside_shares(const struct conf *ours, const struct beside_command *command, pid_t pid,
	char *text, size_t size)
{
	const struct conf_options how = {.lenient = true,
		.config_id = command->config_id[0] != '\0' ? command->config_id : NULL};
	const struct conf_instance *one;

	if (command->file[0] != '/' || access(command->file, R_OK) == -1)
		return false;
	struct conf *theirs = conf_load(command->file, &how, NULL);
	TAILQ_FOREACH(one, &ours->instances, entry)
	{
		if (same_router(theirs, one) != NULL)
			break;
	}
	if (one != NULL)
		snprintf(text, size,
			"keepalived (pid %d) runs virtual_router_id %u on interface '%s' as %s "
			"does here, and both hold the addresses: stop it with `systemctl disable "
			"--now keepalived`, or choose another virtual_router_id in %s",
			(int)pid, one->vrid, one->ifname, one->name, command->file);
	conf_free(theirs);
	return one != NULL;
}

void beside_judge(struct conf *ours, const struct beside_command *command, pid_t pid)
{
	const struct conf_options how = {.lenient = true,
		.config_id = command->config_id[0] != '\0' ? command->config_id : NULL};
	/* one that is named from a folder of its own is not to be found */
	int error = command->file[0] != '/'             ? ENOENT
		    : access(command->file, R_OK) == -1 ? errno
							: 0;

	if (error != 0) {
		unreadable(ours, command->file, pid, error);
		return;
	}
	struct conf *theirs = conf_load(command->file, &how, NULL);
	if (theirs->unreadable)
		unreadable(ours, command->file, pid, EACCES);
	else
		beside_compare(ours, theirs, command->file, pid);
	conf_free(theirs);
}
