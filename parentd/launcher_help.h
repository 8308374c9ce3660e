/* What `holdfast --help` prints. */
#ifndef HOLDFAST_LAUNCHER_HELP_H
#define HOLDFAST_LAUNCHER_HELP_H

#include <stdio.h>

void launcher_help_print(FILE *out);

#endif
