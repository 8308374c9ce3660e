/* Text that anybody may have written. */
#ifndef HOLDFAST_UTF8_H
#define HOLDFAST_UTF8_H

#include <stddef.h>

/* Length in bytes of the character that the terminated text begins with, in UTF-8 as RFC 3629 has
 * it; 0 when it is none, or a control character (C0, DEL, C1). */
size_t utf8_printable(const unsigned char *text);

#endif
