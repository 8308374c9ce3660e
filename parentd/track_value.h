/* The number in a file that is tracked. */
#ifndef HOLDFAST_TRACK_VALUE_H
#define HOLDFAST_TRACK_VALUE_H

#include <stddef.h>
#include <stdint.h>

/* What is read of it. */
#define TRACK_FILE_MAX 4096

enum track_content {
	TRACK_NUMBER,
	TRACK_NOTHING, /* it is not there, or empty: 0 */
	TRACK_UNUSABLE,
};

/* Of a text: white space, sign, digits, whatever else. A number beyond int64 is its nearest. Pure.
 */
enum track_content track_value_parse(const char *text, size_t length, int64_t *value);

/* Reads a plain file, never waiting and following no link at the end of the path. *value is 0
 * unless it is TRACK_NUMBER. TRACK_UNUSABLE: why says what is wrong with it, as the end of a
 * sentence that begins with its name. */
enum track_content track_value_read(const char *path, int64_t *value, const char **why);

#endif
