/* conf_print's part for track_file and vrrp_track_process. */
#include <inttypes.h>
#include <string.h>

#include "conf/stage.h"
#include "conf/value.h"

static void print_seconds(FILE *out, const char *keyword, uint64_t microseconds)
{
	char text[VALUE_SECONDS_LEN];
	if (microseconds != 0)
		fprintf(out, "\t%s %s\n", keyword, value_seconds_text(microseconds, text));
}

static void print_weight(FILE *out, int weight, bool reverse)
{
	fprintf(out, "\tweight %d%s\n", weight, reverse ? " reverse" : "");
}

void conf_print_track_file(const struct conf_track_file *file, FILE *out)
{
	fprintf(out, "\ntrack_file \"%s\" {\n", file->name);
	if (file->file != NULL)
		fprintf(out, "\tfile \"%s\"\n", file->file);
	print_weight(out, file->weight, file->reverse);
	if (file->init)
		fprintf(out, "\tinit_file %" PRId64 "%s\n", file->init_value,
			file->init_overwrite ? " overwrite" : "");
	fputs("}\n", out);
}

static void print_process_line(const struct conf_track_process *process, FILE *out)
{
	if (process->process == NULL)
		return;
	fprintf(out, "\tprocess \"%s\"", process->process);
	for (size_t at = 0; at < process->params_length; at += strlen(process->params + at) + 1)
		fprintf(out, " \"%s\"", process->params + at);
	fputc('\n', out);
}

void conf_print_track_process(const struct conf_track_process *process, FILE *out)
{
	static const char *const words[] = {
		[CONF_MATCH_EXACT] = "",
		[CONF_MATCH_PARTIAL] = " partial",
		[CONF_MATCH_INITIAL] = " initial",
	};
	fprintf(out, "\nvrrp_track_process \"%s\" {\n", process->name);
	print_process_line(process, out);
	if (process->match_given)
		fprintf(out, "\tparam_match%s\n", words[process->match]);
	if (process->full_command)
		fputs("\tfull_command\n", out);
	print_weight(out, process->weight, process->reverse);
	/* 0 cannot be written: it follows from quorum_max */
	if (process->quorum != 0)
		fprintf(out, "\tquorum %" PRIu32 "\n", process->quorum);
	if (process->quorum_max != CONF_UNSET_U32)
		fprintf(out, "\tquorum_max %" PRIu32 "\n", process->quorum_max);
	print_seconds(out, "terminate_delay", process->terminate_delay_us);
	print_seconds(out, "fork_delay", process->fork_delay_us);
	fputs("}\n", out);
}
