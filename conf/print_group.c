/* conf_print's part for a sync group. */
#include "conf/stage.h"

static void print_flag(FILE *out, const char *keyword, enum conf_tristate value)
{
	if (value != CONF_UNSET)
		fprintf(out, "\t%s %s\n", keyword, value == CONF_ON ? "on" : "off");
}

void conf_print_group(const struct conf_group *group, FILE *out)
{
	const struct conf_member *member;
	fprintf(out, "\nvrrp_sync_group \"%s\" {\n\tgroup {\n", group->name);
	TAILQ_FOREACH(member, &group->members, entry)
	fprintf(out, "\t\t\"%s\"\n", member->name);
	fputs("\t}\n", out);
	conf_print_tracks("track_interface", &group->track_interfaces, out);
	conf_print_tracks("track_script", &group->track_scripts, out);
	conf_print_tracks("track_file", &group->track_files, out);
	conf_print_tracks("track_process", &group->track_processes, out);
	if (group->tracking_weight)
		fputs("\tsync_group_tracking_weight\n", out);
	conf_print_command("notify_master", &group->notify_master, out);
	conf_print_command("notify_backup", &group->notify_backup, out);
	conf_print_command("notify_fault", &group->notify_fault, out);
	conf_print_command("notify_stop", &group->notify_stop, out);
	conf_print_command("notify", &group->notify, out);
	print_flag(out, "smtp_alert", group->smtp_alert);
	print_flag(out, "notify_priority_changes", group->notify_priority_changes);
	fputs("}\n", out);
}
