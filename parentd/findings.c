#include "parentd/findings.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "common/log.h"

static int level_of(enum conf_severity severity)
{
	switch (severity) {
	case CONF_NOTE:
		return LOG_INFO;
	case CONF_WARNING:
		return LOG_WARNING;
	case CONF_ERROR:
		return LOG_ERR;
	}
	return LOG_ERR;
}

static const char *word_of(enum conf_severity severity)
{
	switch (severity) {
	case CONF_NOTE:
		return "note";
	case CONF_WARNING:
		return "warning";
	case CONF_ERROR:
		return "error";
	}
	return "error";
}

void findings_log(const struct conf *conf)
{
	const struct conf_finding *finding;

	TAILQ_FOREACH(finding, &conf->findings, entry)
	{
		log_line(level_of(finding->severity), "%s:%u:%u: %s: %s", finding->place.file,
			finding->place.line, finding->place.column, word_of(finding->severity),
			finding->text);
	}
}

void findings_log_permission(const char *file)
{
	if (access(file, R_OK) == 0 || errno != EACCES)
		return;
	log_line(LOG_ERR,
		"%s is read as user holdfast-parent, which may not: run "
		"`chgrp holdfast-parent %s && chmod 640 %s`, and let it enter the folders above",
		file, file, file);
}

void findings_summary(const struct conf *conf, const char *file, char *text, size_t size)
{
	const struct conf_finding *finding;

	TAILQ_FOREACH(finding, &conf->findings, entry)
	{
		if (finding->severity == CONF_ERROR)
			break;
	}
	if (finding == NULL) {
		snprintf(text, size, "%s cannot be used", file);
		return;
	}
	snprintf(text, size, "%u error%s in %s; the first: line %u: %s", conf->errors,
		conf->errors == 1 ? "" : "s", file, finding->place.line, finding->text);
}
