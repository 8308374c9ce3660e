/* The model as a configuration that means the same, every default written out. */
#include <inttypes.h>

#include "conf/stage.h"
#include "conf/value.h"

static void print_word(FILE *out, const char *keyword, const char *word)
{
	if (word != NULL)
		fprintf(out, "\t%s \"%s\"\n", keyword, word);
}

static void print_number(FILE *out, const char *keyword, uint32_t number)
{
	if (number != CONF_UNSET_U32)
		fprintf(out, "\t%s %" PRIu32 "\n", keyword, number);
}

static void print_seconds(FILE *out, const char *keyword, uint64_t microseconds)
{
	char text[VALUE_SECONDS_LEN];
	fprintf(out, "\t%s %s\n", keyword, value_seconds_text(microseconds, text));
}

static void print_flag(FILE *out, const char *keyword, bool set)
{
	if (set)
		fprintf(out, "\t%s\n", keyword);
}

static void print_tristate(FILE *out, const char *keyword, enum conf_tristate value)
{
	if (value != CONF_UNSET)
		fprintf(out, "\t%s %s\n", keyword, value == CONF_ON ? "on" : "off");
}

static void print_address(FILE *out, const char *keyword, const struct proto_addr *address)
{
	char text[VALUE_ADDRESS_LEN];
	if (address->family != 0)
		fprintf(out, "\t%s %s\n", keyword, value_address_text(address, text));
}

void conf_print_indented(
	FILE *out, const char *indent, const char *keyword, const struct conf_command *command)
{
	if (command->line == NULL)
		return;
	fprintf(out, "%s%s \"%s\"", indent, keyword, command->line);
	if (command->user != NULL)
		fprintf(out, " \"%s\"", command->user);
	if (command->group != NULL)
		fprintf(out, " \"%s\"", command->group);
	fputc('\n', out);
}

void conf_print_command(const char *keyword, const struct conf_command *command, FILE *out)
{
	conf_print_indented(out, "\t", keyword, command);
}

static void print_user(FILE *out, const char *keyword, const char *user, const char *group)
{
	if (user != NULL)
		fprintf(out, "\t%s \"%s\"%s%s%s\n", keyword, user, group != NULL ? " \"" : "",
			group != NULL ? group : "", group != NULL ? "\"" : "");
}

static void print_mail(const struct conf_global *global, FILE *out)
{
	const struct conf_word *word;
	if (!TAILQ_EMPTY(&global->notification_emails)) {
		fputs("\tnotification_email {\n", out);
		TAILQ_FOREACH(word, &global->notification_emails, entry)
		fprintf(out, "\t\t\"%s\"\n", word->text);
		fputs("\t}\n", out);
	}
	print_word(out, "notification_email_from", global->notification_email_from);
	if (global->smtp_server != NULL) {
		fprintf(out, "\tsmtp_server \"%s\" %u\n", global->smtp_server, global->smtp_port);
		print_number(out, "smtp_connect_timeout", global->smtp_connect_timeout_s);
	}
	print_word(out, "smtp_helo_name", global->smtp_helo_name);
	print_tristate(out, "smtp_alert", global->smtp_alert);
	print_tristate(out, "smtp_alert_vrrp", global->smtp_alert_vrrp);
	print_tristate(out, "smtp_alert_checker", global->smtp_alert_checker);
	print_flag(out, "no_email_faults", global->no_email_faults);
	print_flag(out, "no_checker_emails", global->no_checker_emails);
}

static void print_notify(const struct conf_global *global, FILE *out)
{
	static const char *const names[CONF_FIFOS][2] = {
		[CONF_FIFO_VRRP] = {"vrrp_notify_fifo", "vrrp_notify_fifo_script"},
		[CONF_FIFO_LVS] = {"lvs_notify_fifo", "lvs_notify_fifo_script"},
		[CONF_FIFO_ALL] = {"notify_fifo", "notify_fifo_script"},
	};

	print_flag(out, "vrrp_notify_priority_changes", global->notify_priority_changes);
	for (int i = 0; i < CONF_FIFOS; i++) {
		conf_print_command(names[i][0], &global->fifos[i].path, out);
		conf_print_command(names[i][1], &global->fifos[i].reader, out);
	}
	print_flag(out, "fifo_write_vrrp_states_on_reload", global->fifo_states_on_reload);
}

static void print_global(const struct conf_global *global, FILE *out)
{
	fputs("global_defs {\n", out);
	print_word(out, "router_id", global->router_id);
	print_mail(global, out);
	print_flag(out, "vrrp_skip_check_adv_addr", global->skip_check_adv_addr);
	print_flag(out, "vrrp_strict", global->strict);
	print_seconds(out, "vrrp_garp_interval", global->garp_interval_us);
	print_seconds(out, "vrrp_gna_interval", global->gna_interval_us);
	print_user(out, "script_user", global->script_user, global->script_group);
	print_flag(out, "enable_script_security", global->enable_script_security);
	print_flag(out, "checker_log_all_failures", global->log_all_failures);
	print_flag(out, "checker_share_identical", global->share_identical);
	print_flag(out, "rs_init_notifies", global->rs_init_notifies);
	print_word(out, "log_file", global->log_file);
	print_tristate(out, "log_stdout", global->log_stdout);
	print_tristate(out, "log_syslog", global->log_syslog);
	print_tristate(out, "debug_netlink", global->debug_netlink);
	print_tristate(out, "debug_mcast", global->debug_mcast);
	print_flag(out, "dynamic_interfaces", global->dynamic_interfaces);
	if (global->default_interface[0] != '\0')
		print_word(out, "default_interface", global->default_interface);
	print_address(out, "vrrp_mcast_group4", &global->mcast_group4);
	print_number(out, "vrrp_version", global->vrrp_version);
	print_number(out, "vrrp_garp_master_delay", global->garp_delay_s);
	print_number(out, "vrrp_garp_master_repeat", global->garp_repeat);
	print_number(out, "vrrp_garp_master_refresh", global->garp_refresh_s);
	print_number(out, "vrrp_garp_master_refresh_repeat", global->garp_refresh_repeat);
	print_number(out, "vrrp_garp_lower_prio_delay", global->garp_lower_prio_delay_s);
	print_number(out, "vrrp_garp_lower_prio_repeat", global->garp_lower_prio_repeat);
	print_flag(out, "vrrp_min_garp", global->min_garp);
	print_number(out, "vrrp_down_timer_adverts", global->down_timer_adverts);
	print_flag(out, "vrrp_lower_prio_no_advert", global->lower_prio_no_advert);
	print_flag(out, "vrrp_higher_prio_send_advert", global->higher_prio_send_advert);
	print_flag(out, "vrrp_check_unicast_src", global->check_unicast_src);
	print_flag(out, "v3_checksum_as_v2", global->checksum_as_v2);
	if (global->startup_delay_us != 0)
		print_seconds(out, "vrrp_startup_delay", global->startup_delay_us);
	conf_print_ipvs_global(global, out);
	print_notify(global, out);
	fputs("}\n", out);
}

static void print_script(const struct conf_script *script, FILE *out)
{
	const struct conf_command command = {.line = script->script.line};
	fprintf(out, "\nvrrp_script \"%s\" {\n", script->name);
	conf_print_command("script", &command, out);
	print_seconds(out, "interval", script->interval_us);
	print_seconds(out, "timeout", script->timeout_us);
	fprintf(out, "\tweight %d%s\n", script->weight, script->reverse ? " reverse" : "");
	print_number(out, "rise", script->rise);
	print_number(out, "fall", script->fall);
	print_flag(out, "init_fail", script->init_fail);
	print_user(out, "user", script->script.user, script->script.group);
	fputs("}\n", out);
}

static void print_addresses(const struct conf_instance *instance, bool excluded, FILE *out)
{
	const struct conf_address *address;
	char text[VALUE_ADDRESS_LEN];
	bool any = false;
	TAILQ_FOREACH(address, &instance->addresses, entry)
	{
		if (address->excluded != excluded)
			continue;
		if (!any)
			fprintf(out, "\tvirtual_ipaddress%s {\n", excluded ? "_excluded" : "");
		any = true;
		fprintf(out, "\t\t%s/%u", value_address_text(&address->address, text),
			address->prefixlen);
		if (address->ifname[0] != '\0')
			fprintf(out, " dev \"%s\"", address->ifname);
		if (address->label[0] != '\0')
			fprintf(out, " label \"%s\"", address->label);
		if (address->broadcast.family != 0)
			fprintf(out, " brd %s", value_address_text(&address->broadcast, text));
		fprintf(out, " scope %u%s\n", address->scope, address->no_track ? " no_track" : "");
	}
	if (any)
		fputs("\t}\n", out);
}

/* What a sync group tracks comes last in the lists of its members, and is printed with the group.
 */
void conf_print_tracks(const char *keyword, const struct conf_tracks *tracks, FILE *out)
{
	const struct conf_track *track;
	if (TAILQ_EMPTY(tracks) || TAILQ_FIRST(tracks)->of_group)
		return;
	fprintf(out, "\t%s {\n", keyword);
	TAILQ_FOREACH(track, tracks, entry)
	{
		if (track->of_group)
			break;
		fprintf(out, "\t\t\"%s\"", track->name);
		if (track->weight_given)
			fprintf(out, " weight %d", track->weight);
		if (track->reverse_given)
			fputs(track->reverse ? " reverse" : " noreverse", out);
		fputc('\n', out);
	}
	fputs("\t}\n", out);
}

static void print_peers(const struct conf_peers *peers, FILE *out)
{
	const struct conf_peer *peer;
	char text[VALUE_ADDRESS_LEN];
	if (TAILQ_EMPTY(peers))
		return;
	fputs("\tunicast_peer {\n", out);
	TAILQ_FOREACH(peer, peers, entry)
	{
		fprintf(out, "\t\t%s", value_address_text(&peer->address, text));
		if (peer->ttl_given)
			fprintf(out, " min_ttl %u max_ttl %u", peer->min_ttl, peer->max_ttl);
		fputc('\n', out);
	}
	fputs("\t}\n", out);
}

static void print_authentication(const struct conf_instance *instance, FILE *out)
{
	if (instance->auth_type == 0)
		return;
	fprintf(out, "\tauthentication {\n\t\tauth_type %s\n\t\tauth_pass \"%.8s\"\n\t}\n",
		instance->auth_type == 1 ? "PASS" : "AH", (const char *)instance->auth_data);
}

static void print_protocol(const struct conf_instance *instance, FILE *out)
{
	print_number(out, "version", instance->version);
	print_tristate(out, "strict_mode", instance->strict);
	print_flag(out, "accept", instance->accept == CONF_ON);
	print_tristate(out, "skip_check_adv_addr", instance->skip_check_adv_addr);
	print_tristate(out, "v3_checksum_as_v2", instance->checksum_as_v2);
	print_tristate(out, "lower_prio_no_advert", instance->lower_prio_no_advert);
	print_tristate(out, "higher_prio_send_advert", instance->higher_prio_send_advert);
	print_number(out, "down_timer_adverts", instance->down_timer_adverts);
	print_number(out, "garp_master_delay", instance->garp_delay_s);
	print_number(out, "garp_master_repeat", instance->garp_repeat);
	print_number(out, "garp_master_refresh", instance->garp_refresh_s);
	print_number(out, "garp_master_refresh_repeat", instance->garp_refresh_repeat);
	print_number(out, "garp_lower_prio_delay", instance->garp_lower_prio_delay_s);
	print_number(out, "garp_lower_prio_repeat", instance->garp_lower_prio_repeat);
}

static void print_notify_more(
	const struct conf_instance *instance, const struct conf_global *global, FILE *out)
{
	print_flag(out, "notify_deleted",
		instance->notify_deleted_given && instance->notify_deleted.line == NULL);
	conf_print_command("notify_deleted", &instance->notify_deleted, out);
	conf_print_command(
		"notify_master_rx_lower_pri", &instance->notify_master_rx_lower_pri, out);
	if ((instance->notify_priority_changes == CONF_ON) != global->notify_priority_changes)
		print_tristate(out, "notify_priority_changes", instance->notify_priority_changes);
}

static void print_instance(
	const struct conf_instance *instance, const struct conf_global *global, FILE *out)
{
	bool unicast = instance->unicast_src_place.file != NULL;
	fprintf(out, "\nvrrp_instance \"%s\" {\n", instance->name);
	fprintf(out, "\tstate %s\n", instance->state_master ? "MASTER" : "BACKUP");
	if (instance->ifname[0] != '\0')
		print_word(out, "interface", instance->ifname);
	print_number(out, "virtual_router_id", instance->vrid);
	print_number(out, "priority", instance->priority);
	print_seconds(out, "advert_int", instance->advert_int_us);
	print_flag(out, "nopreempt", instance->nopreempt);
	if (instance->preempt_delay_us != 0)
		print_seconds(out, "preempt_delay", instance->preempt_delay_us);
	print_authentication(instance, out);
	print_address(out, unicast ? "unicast_src_ip" : "mcast_src_ip", &instance->source);
	print_address(out, "mcast_dst_ip", &instance->mcast_dst);
	print_peers(&instance->peers, out);
	print_flag(out, "check_unicast_src", instance->check_unicast_src);
	print_number(out, "unicast_ttl", instance->unicast_ttl);
	print_flag(out, "native_ipv6", instance->native_ipv6);
	print_protocol(instance, out);
	print_addresses(instance, false, out);
	print_addresses(instance, true, out);
	print_flag(out, "no_virtual_ipaddress", instance->no_virtual_ipaddress);
	conf_print_tracks("track_interface", &instance->track_interfaces, out);
	conf_print_tracks("track_script", &instance->track_scripts, out);
	conf_print_tracks("track_file", &instance->track_files, out);
	conf_print_tracks("track_process", &instance->track_processes, out);
	print_flag(out, "dont_track_primary", instance->dont_track_primary);
	print_flag(out, "track_src_ip", instance->track_src_ip);
	print_tristate(out, "smtp_alert", instance->smtp_alert);
	conf_print_command("notify_master", &instance->notify_master, out);
	conf_print_command("notify_backup", &instance->notify_backup, out);
	conf_print_command("notify_fault", &instance->notify_fault, out);
	conf_print_command("notify_stop", &instance->notify_stop, out);
	conf_print_command("notify", &instance->notify, out);
	print_notify_more(instance, global, out);
	fputs("}\n", out);
}

void conf_print(const struct conf *conf, FILE *out)
{
	const struct conf_script *script;
	const struct conf_track_file *file;
	const struct conf_track_process *process;
	const struct conf_instance *instance;
	const struct conf_group *group;
	const struct conf_virtual_server *server;
	const struct conf_server_group *servers;
	print_global(&conf->global, out);
	TAILQ_FOREACH(script, &conf->scripts, entry)
	print_script(script, out);
	TAILQ_FOREACH(file, &conf->track_files, entry)
	conf_print_track_file(file, out);
	TAILQ_FOREACH(process, &conf->track_processes, entry)
	conf_print_track_process(process, out);
	TAILQ_FOREACH(instance, &conf->instances, entry)
	print_instance(instance, &conf->global, out);
	TAILQ_FOREACH(group, &conf->groups, entry)
	conf_print_group(group, out);
	TAILQ_FOREACH(servers, &conf->server_groups, entry)
	conf_print_server_group(servers, out);
	TAILQ_FOREACH(server, &conf->virtual_servers, entry)
	conf_print_service(server, out);
}
