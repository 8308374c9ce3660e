#include "parentd/config_test.h"

#include <errno.h>
#include <getopt.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "conf/conf.h"

#define SUBNETS_MAX 1024

static const char *const test_option = "--config-test";

bool config_test_wanted(int argc, char **argv)
{
	return argc >= 2 && strcmp(argv[1], test_option) == 0;
}

static void explain_permission(const char *file)
{
	const struct passwd *user = getpwuid(geteuid());

	if (access(file, R_OK) == 0 || errno != EACCES)
		return;
	fprintf(stderr, "%s was read as user %s, which may not.\n", file,
		user != NULL ? user->pw_name : "without a name");
	fprintf(stderr,
		"The daemon reads it as user holdfast-parent: run `chgrp holdfast-parent %s && "
		"chmod 640 %s`, and let it enter the folders above.\n",
		file, file);
}

static int test_one(const char *file, const struct conf_options *how, const struct conf_host *host)
{
	struct conf *conf = conf_load(file, how, host);
	int status = conf_exit_status(conf);

	conf_report(conf, stderr, isatty(STDERR_FILENO) == 1);
	if (conf->unreadable)
		explain_permission(file);
	conf_free(conf);
	return status;
}

int config_test_run(int argc, char **argv)
{
	static const struct option names[] = {
		{"config-test", no_argument, NULL, 't'},
		{"lenient", no_argument, NULL, 'L'},
		{"config-id", required_argument, NULL, 'i'},
		{NULL, 0, NULL, 0},
	};
	static struct conf_subnet subnets[SUBNETS_MAX];
	struct conf_options how = {0};
	struct conf_host host = {.subnets = subnets};
	int code;

	while ((code = getopt_long(argc, argv, "+", names, NULL)) != -1) {
		if (code == 'L')
			how.lenient = true;
		else if (code == 'i')
			how.config_id = optarg;
		else if (code != 't')
			return 1;
	}
	/* Only this host's own file can be held against this host's networks. */
	if (argc - optind == 1) {
		host.subnets_count = conf_host_subnets(subnets, SUBNETS_MAX);
		host.known = host.subnets_count > 0;
	}
	int worst = 0;
	for (int i = optind; i < argc; i++) {
		int status = test_one(argv[i], &how, &host);
		if (status != 0 && (worst == 0 || status < worst))
			worst = status;
	}
	return worst;
}
