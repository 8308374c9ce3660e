/* What the launcher tells parentd beyond what it tells every process. */
#ifndef HOLDFAST_PARENT_OPTIONS_H
#define HOLDFAST_PARENT_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct parent_options {
	const char *config;
	const char *runtime_dir;
	const char *config_id; /* NULL: the host name */
	gid_t operator_group;  /* whose members may ask for the status */
	uint32_t generation;   /* that the parentd before had in force */
	uint32_t restarts;     /* of parentd itself */
	bool replacement;      /* others run already */
	bool lenient;
	bool allow_root_scripts;
	bool only_vrrp;
	bool only_check;
	bool keep_ipvs;     /* a stop leaves virtual servers in the kernel */
	bool stderr_is_log; /* what is said there is where the log goes, too */
};

/* Fatal on anything unexpected: the launcher made these. */
void parent_options_parse(int argc, char **argv, struct parent_options *options);

#endif
