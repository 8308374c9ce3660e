/* What was found in a configuration, for the log and for an operator's screen. */
#ifndef HOLDFAST_FINDINGS_H
#define HOLDFAST_FINDINGS_H

#include "conf/conf.h"

/* One line per finding, FILE:LINE:COLUMN: severity: text, and the offending line with a caret. */
void findings_log(const struct conf *conf);

/* When the file cannot be read for lack of permission, says what to do about it. */
void findings_log_permission(const char *file);

/* The sentence of a failed load: "2 errors in FILE; the first: …", cut to size. */
void findings_summary(const struct conf *conf, const char *file, char *text, size_t size);

#endif
