#include "parentd/parent_options.h"

#include <errno.h>
#include <getopt.h>
#include <stdlib.h>

#include "common/log.h"

static uint32_t number(const char *text)
{
	char *end;

	errno = 0;
	unsigned long value = strtoul(text, &end, 10);
	if (errno != 0 || end == text || *end != '\0' || value > UINT32_MAX)
		fatalx("%s: not a number", text);
	return (uint32_t)value;
}

void parent_options_parse(int argc, char **argv, struct parent_options *options)
{
	static const struct option names[] = {
		{"use-file", required_argument, NULL, 'f'},
		{"runtime-dir", required_argument, NULL, 'd'},
		{"operator-group", required_argument, NULL, 'o'},
		{"config-id", required_argument, NULL, 'i'},
		{"generation", required_argument, NULL, 'g'},
		{"restarts", required_argument, NULL, 'r'},
		{"replacement", no_argument, NULL, 'R'},
		{"lenient", no_argument, NULL, 'L'},
		{"allow-root-scripts", no_argument, NULL, 'a'},
		{"vrrp", no_argument, NULL, 'P'},
		{"check", no_argument, NULL, 'C'},
		{"dont-release-ipvs", no_argument, NULL, 'I'},
		{"stderr-is-log", no_argument, NULL, 'E'},
		{NULL, 0, NULL, 0},
	};
	int code;

	*options = (struct parent_options){0};
	optind = 0;
	while ((code = getopt_long(argc, argv, "+", names, NULL)) != -1) {
		switch (code) {
		case 'f':
			options->config = optarg;
			break;
		case 'd':
			options->runtime_dir = optarg;
			break;
		case 'o':
			options->operator_group = number(optarg);
			break;
		case 'i':
			options->config_id = optarg;
			break;
		case 'g':
			options->generation = number(optarg);
			break;
		case 'r':
			options->restarts = number(optarg);
			break;
		case 'R':
			options->replacement = true;
			break;
		case 'L':
			options->lenient = true;
			break;
		case 'a':
			options->allow_root_scripts = true;
			break;
		case 'P':
			options->only_vrrp = true;
			break;
		case 'C':
			options->only_check = true;
			break;
		case 'I':
			options->keep_ipvs = true;
			break;
		case 'E':
			options->stderr_is_log = true;
			break;
		default:
			fatalx("unexpected arguments");
		}
	}
	if (options->config == NULL || options->runtime_dir == NULL || optind != argc)
		fatalx("arguments are missing");
}
