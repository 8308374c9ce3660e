#include "parentd/config_test.h"

#include <errno.h>
#include <getopt.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "conf/command.h"
#include "conf/conf.h"

#define SUBNETS_MAX   1024
#define STATUS_ERRORS 5 /* as conf_exit_status() has it */

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

static int report(const struct conf *conf, const char *file)
{
	conf_report(conf, stderr, isatty(STDERR_FILENO) == 1);
	if (conf->unreadable)
		explain_permission(file);
	return conf_exit_status(conf);
}

/* What only shows side by side: the files are those of the nodes of one cluster. */
static int compare(const struct conf *const *nodes, size_t count)
{
	struct conf_findings findings = TAILQ_HEAD_INITIALIZER(findings);
	unsigned errors = conf_compare(nodes, count, &findings);

	conf_findings_print(&findings, stderr, isatty(STDERR_FILENO) == 1);
	if (TAILQ_EMPTY(&findings))
		fprintf(stderr, "the %zu nodes agree\n", count);
	conf_findings_free(&findings);
	return errors > 0 ? STATUS_ERRORS : 0;
}

static int test_nodes(char *const files[], size_t count, const struct conf_options *how,
	const struct conf_host *host, bool allow_root)
{
	struct conf **nodes = calloc(count, sizeof(struct conf *));
	int worst = 0;

	if (nodes == NULL) {
		fprintf(stderr, "memory is short\n");
		return 1;
	}
	for (size_t i = 0; i < count; i++) {
		nodes[i] = conf_load(files[i], how, host);
		/* only this host's own file can be held against this host's users */
		if (count == 1)
			conf_validate_commands(nodes[i], allow_root, true);
		int status = report(nodes[i], files[i]);
		if (worst == 0)
			worst = status;
	}
	if (count > 1) {
		int status = compare((const struct conf *const *)nodes, count);
		if (worst == 0)
			worst = status;
	}
	for (size_t i = 0; i < count; i++)
		conf_free(nodes[i]);
	free(nodes);
	return worst;
}

int config_test_run(int argc, char **argv)
{
	static const struct option names[] = {
		{"config-test", no_argument, NULL, 't'},
		{"lenient", no_argument, NULL, 'L'},
		{"allow-root-scripts", no_argument, NULL, 'a'},
		{"config-id", required_argument, NULL, 'i'},
		{NULL, 0, NULL, 0},
	};
	static struct conf_subnet subnets[SUBNETS_MAX];
	struct conf_options how = {0};
	struct conf_host host = {.subnets = subnets};
	bool allow_root = false;
	int code;

	while ((code = getopt_long(argc, argv, "+", names, NULL)) != -1) {
		if (code == 'L')
			how.lenient = true;
		else if (code == 'a')
			allow_root = true;
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
	return test_nodes(argv + optind, (size_t)(argc - optind), &how, &host, allow_root);
}
