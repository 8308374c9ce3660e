#include <stdlib.h>
#include <string.h>

#include "conf/arena.h"
#include "conf/finding.h"
#include "conf/mail.h"
#include "conf/parser.h"
#include "conf/stage.h"

static struct conf *conf_new(const char *name, const struct conf_options *options)
{
	struct conf_arena *arena = conf_arena_new();
	struct conf *conf = conf_arena_alloc(arena, sizeof(*conf));
	struct conf_global *global = &conf->global;
	conf->arena = arena;
	conf->name = conf_arena_copy(arena, name, strlen(name));
	conf->lenient = options != NULL && options->lenient;
	TAILQ_INIT(&conf->scripts);
	TAILQ_INIT(&conf->track_files);
	TAILQ_INIT(&conf->track_processes);
	TAILQ_INIT(&conf->instances);
	TAILQ_INIT(&conf->groups);
	TAILQ_INIT(&conf->virtual_servers);
	TAILQ_INIT(&conf->server_groups);
	TAILQ_INIT(&conf->findings);
	TAILQ_INIT(&global->notification_emails);
	global->log_stdout = global->log_syslog = CONF_UNSET;
	global->debug_netlink = global->debug_mcast = CONF_UNSET;
	global->smtp_alert = global->smtp_alert_vrrp = global->smtp_alert_checker = CONF_UNSET;
	global->smtp_port = 25;
	global->smtp_connect_timeout_s = 30;
	global->garp_delay_s = global->garp_repeat = CONF_UNSET_U32;
	global->garp_refresh_s = global->garp_refresh_repeat = CONF_UNSET_U32;
	global->garp_lower_prio_delay_s = global->garp_lower_prio_repeat = CONF_UNSET_U32;
	return conf;
}

static struct conf *load(struct conf *conf, struct lexer *lexer, const struct conf_host *host)
{
	parser_run(conf, lexer);
	lexer_close(lexer);
	conf_default(conf);
	conf_validate(conf, host);
	conf_findings_sort(&conf->findings);
	return conf;
}

struct conf *conf_load(
	const char *file, const struct conf_options *options, const struct conf_host *host)
{
	struct conf *conf = conf_new(file, options);
	return load(conf, lexer_open_file(conf, file, options), host);
}

struct conf *conf_load_text(const char *name, const char *text, size_t length,
	const struct conf_options *options, const struct conf_host *host)
{
	struct conf *conf = conf_new(name, options);
	return load(conf, lexer_open_text(conf, name, text, length, options), host);
}

void conf_free(struct conf *conf)
{
	if (conf == NULL)
		return;
	conf_findings_free(&conf->findings);
	conf_arena_free(conf->arena);
}

int conf_exit_status(const struct conf *conf)
{
	if (conf->unreadable)
		return 4;
	if (conf->errors > conf->security_errors)
		return 5;
	return conf->security_errors > 0 ? 6 : 0;
}

static bool has_runnable_instance(const struct conf *conf)
{
	const struct conf_instance *instance;
	TAILQ_FOREACH(instance, &conf->instances, entry)
	if (!instance->not_implemented)
		return true;
	return false;
}

static bool has_check(const struct conf *conf)
{
	const struct conf_instance *instance;
	if (!TAILQ_EMPTY(&conf->virtual_servers))
		return true;
	TAILQ_FOREACH(instance, &conf->instances, entry)
	if (!TAILQ_EMPTY(&instance->track_scripts))
		return true;
	return conf_mail_is_sent(conf); /* it sends that too */
}

bool conf_needs(const struct conf *conf, enum proto_process process)
{
	switch (process) {
	case PROTO_LAUNCHER:
	case PROTO_PARENT:
		return true;
	case PROTO_VRRP:
		return has_runnable_instance(conf);
	case PROTO_CHECK:
		return has_check(conf);
	case PROTO_IPVS:
		return !TAILQ_EMPTY(&conf->virtual_servers) || conf->global.sync_daemon.given;
	case PROTO_RUNNER:
		break; /* wanted per user, see parentd */
	}
	return false;
}
