/* What the text of a script gives away about it. */
#ifndef HOLDFAST_CONF_COMMAND_TEXT_H
#define HOLDFAST_CONF_COMMAND_TEXT_H

#include <stddef.h>

/* The number of the first line of a shell script that ends keepalived ("killall keepalived",
 * "service keepalived stop"), as tutorials have it; 0: there is none. Pure. */
unsigned conf_text_ends_keepalived(const char *text, size_t length);

/* The same of a file; 0 as well when it is no script that may be read. Never waits. */
unsigned conf_script_ends_keepalived(const char *path);

#endif
