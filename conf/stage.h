/* The stages behind conf_load, each a function of the model alone. */
#ifndef HOLDFAST_CONF_STAGE_H
#define HOLDFAST_CONF_STAGE_H

#include "conf/conf.h"

/* Completes what was not written, with keepalived's defaults and inheritance. Says nothing. */
void conf_default(struct conf *conf);

/* Judges the completed model; host may be NULL. With --lenient it also takes out what cannot be
 * run, so that the rest can. */
void conf_validate(struct conf *conf, const struct conf_host *host);

/* Parts of conf_validate: each instance by itself, instances among themselves, in groups (which
 * also takes from the members the trackers that a group does not leave them), what they track,
 * their place on this host, and the virtual servers. */
void conf_validate_instance(struct conf *conf, struct conf_instance *instance, bool *runnable);
void conf_validate_duplicates(struct conf *conf);
void conf_validate_groups(struct conf *conf);
void conf_validate_tracking(struct conf *conf);
void conf_validate_tracked(struct conf *conf);
void conf_say_untracked(struct conf *conf);
void conf_validate_host(struct conf *conf, const struct conf_host *host);
void conf_validate_mail(struct conf *conf);
void conf_validate_services(struct conf *conf);

/* Is it meant to be the master, so that nopreempt and preempt_delay mean nothing? Strict mode has
 * no masters but owners of the addresses (priority 255). */
bool conf_instance_is_master(const struct conf_instance *instance);

/* Priority while a tracker of this weight is healthy, and while it fails. */
unsigned conf_priority_healthy(unsigned priority, int weight, bool reverse);
unsigned conf_priority_failed(unsigned priority, int weight, bool reverse);

/* The script that an entry of track_script names, or NULL; and its weight after all overriding. */
const struct conf_script *conf_script_find(const struct conf *conf, const char *name);
int conf_track_weight(
	const struct conf_track *track, const struct conf_script *script, bool *reverse);

/* Gives the members of all groups what the groups track. */
void conf_spread_tracks(struct conf *conf);

/* The same of track_file and track_process. */
const struct conf_track_file *conf_track_file_find(const struct conf *conf, const char *name);
const struct conf_track_process *conf_track_process_find(const struct conf *conf, const char *name);
int conf_track_weight_or(const struct conf_track *track, int weight, bool otherwise, bool *reverse);

/* Of whatever an entry names. */
int conf_weight_of(const struct conf *conf, const struct conf_track *track, bool *reverse);

/* Says what is tracked twice. Bounded: little is tracked in one place, and each line of a longer
 * list is judged against the first few only. */
void conf_validate_repeated(struct conf *conf, const struct conf_tracks *tracks);

/* Takes a script out, and out of all that track it: these run without it, as in keepalived. Says
 * so.
 */
void conf_drop_script(struct conf *conf, struct conf_script *script);

/* Says which priorities of the other nodes this tracker can lose to. */
void conf_validate_weight(struct conf *conf, const struct conf_instance *instance,
	const struct conf_track *track, int weight, bool reverse);

/* Does this checker connect to an address and port of its own? */
bool conf_checker_connects(enum conf_checker_type type);

/* conf_compare's parts: the instance of the same virtual router on another node, or NULL; and what
 * is to be said about the sync groups of two. */
const struct conf_instance *conf_partner(
	const struct conf *conf, const struct conf_instance *instance);
void conf_compare_groups(
	const struct conf *a, const struct conf *b, struct conf_findings *findings);
void conf_compare_ipvs(const struct conf *a, const struct conf *b, struct conf_findings *findings);

/* conf_print's parts. */
void conf_print_tracks(const char *keyword, const struct conf_tracks *tracks, FILE *out);
void conf_print_command(const char *keyword, const struct conf_command *command, FILE *out);
void conf_print_group(const struct conf_group *group, FILE *out);
void conf_print_track_file(const struct conf_track_file *file, FILE *out);
void conf_print_track_process(const struct conf_track_process *process, FILE *out);
void conf_print_service(const struct conf_virtual_server *server, FILE *out);
void conf_print_ipvs_global(const struct conf_global *global, FILE *out);
void conf_print_checker(const struct conf_checker *checker, FILE *out);
void conf_print_server_group(const struct conf_server_group *group, FILE *out);
/* KEYWORD "LINE" [USER [GROUP]]; nothing without a command. */
void conf_print_indented(
	FILE *out, const char *indent, const char *keyword, const struct conf_command *command);

/* conf_default's and conf_validate's parts for them. */
void conf_default_service(struct conf *conf, struct conf_virtual_server *server);
void conf_validate_checker(struct conf *conf, const struct conf_real_server *real,
	struct conf_checker *checker, bool *runnable);
void conf_validate_server_groups(struct conf *conf);
void conf_validate_ipvs(struct conf *conf, struct conf_virtual_server *server);
void conf_validate_forwarding(struct conf *conf, struct conf_virtual_server *server);
void conf_validate_overlap(struct conf *conf);
void conf_validate_sync_daemon(struct conf *conf);

/* The instance whose state the sync daemon follows, or NULL. */
const struct conf_instance *conf_sync_instance(const struct conf *conf);

/* A checker of which nothing is given. */
struct parser;
struct statement;
struct conf_checker *conf_checker_new(
	struct parser *parser, const struct statement *statement, enum conf_checker_type type);

/* "SOA"; NULL for a type that nobody can ask for. */
const char *conf_dns_type_name(unsigned number);

/* The options of regular expressions from 0 on; NULL behind the last. */
const char *conf_regex_option(size_t number, uint32_t *option);

#endif
