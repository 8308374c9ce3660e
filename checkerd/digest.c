#include "checkerd/digest.h"

#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <netdb.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <event2/event.h>
#include <openssl/http.h>

#include "checkerd/probe_http.h"
#include "checkerd/tls.h"
#include "common/loop.h"

#define TIMEOUT_DEFAULT_US 5000000
#define TIMEOUT_MAX_S      4294
#define USEC_PER_SEC       1e6

enum exit_status { DONE, NO_DIGEST, WRONG_ARGUMENTS };

static const char usage_text[] =
	"usage: holdfastctl digest [OPTION…] URL\n"
	"\n"
	"Prints the MD5 of a page, as digest in a url block of HTTP_GET or SSL_GET wants it.\n"
	"URL is http://HOST[:PORT][/PATH] or https://…; HOST is a name, 192.0.2.1 or "
	"[2001:db8::1].\n"
	"\n"
	"      --virtualhost=NAME   the Host of the request; default: as in URL\n"
	"      --sni                with https: say that name in the TLS handshake (enable_sni)\n"
	"      --http=1.0|1.0C|1.1  version of HTTP, C with Connection: close (default 1.0)\n"
	"      --timeout=SECONDS    for each step; four of them for the whole (default 5)\n"
	"      --verify             with https: verify the certificate\n"
	"      --ca-file=FILE       by the authorities in FILE (PEM) instead of the system's\n"
	"      --help               print this\n"
	"\n"
	"Exit status: 0 the digest was printed, 1 there is none, 2 wrong arguments\n";

struct page {
	const char *program;
	const char *ca_file;
	bool help;
	struct conf_check_checker checker;
	struct conf_check_url url;
	/* of the URL, to be freed with OPENSSL_free() */
	char *host, *port;
};

/* ---- arguments ---- */

static int wrong(const struct page *page, const char *what, const char *why)
{
	fprintf(stderr, "%s: %s: %s; --help says what there is\n", page->program, what, why);
	return WRONG_ARGUMENTS;
}

static int take_version(struct page *page, const char *text)
{
	if (strcmp(text, "1.1") == 0)
		page->checker.flags |= CHECKER_HTTP_1_1;
	else if (strcasecmp(text, "1.0C") == 0)
		page->checker.flags |= CHECKER_HTTP_CLOSE;
	else if (strcmp(text, "1.0") != 0)
		return wrong(page, text, "not 1.0, 1.0C or 1.1");
	return DONE;
}

static int take_timeout(struct page *page, const char *text)
{
	char *end;
	double seconds = strtod(text, &end);

	if (end == text || *end != '\0' || !(seconds > 0 && seconds <= TIMEOUT_MAX_S))
		return wrong(page, text, "not a number of seconds from 0.001 to 4294");
	page->checker.timeout_us = (uint64_t)(seconds * USEC_PER_SEC);
	return DONE;
}

static int take_host(struct page *page, const char *text)
{
	if (strlcpy(page->url.host, text, sizeof(page->url.host)) < sizeof(page->url.host))
		return DONE;
	return wrong(page, text, "too long");
}

static int take_option(struct page *page, int code)
{
	switch (code) {
	case 'V':
		return take_host(page, optarg);
	case 'I':
		page->checker.flags |= CHECKER_SNI;
		return DONE;
	case 'P':
		return take_version(page, optarg);
	case 't':
		return take_timeout(page, optarg);
	case 'y':
		page->checker.flags |= CHECKER_VERIFY;
		return DONE;
	case 'c':
		page->ca_file = optarg;
		page->checker.flags |= CHECKER_VERIFY;
		return DONE;
	case 'h':
		page->help = true;
		return DONE;
	default:
		fprintf(stderr, "%s", usage_text);
		return WRONG_ARGUMENTS;
	}
}

/* The Host of a name is what the URL says; that of an address is the check's own default. */
static int take_url_host(struct page *page, bool standard_port)
{
	struct addrinfo *literal;
	const struct addrinfo hints = {.ai_flags = AI_NUMERICHOST};
	char host[PROTO_HOST_LEN + 8];

	if (page->url.host[0] != '\0')
		return DONE;
	if (getaddrinfo(page->host, NULL, &hints, &literal) == 0) {
		freeaddrinfo(literal);
		return DONE;
	}
	snprintf(host, sizeof(host), standard_port ? "%.*s" : "%.*s:%s", PROTO_HOST_LEN, page->host,
		page->port);
	return take_host(page, host);
}

/* "[2001:db8::1]" is what OpenSSL makes of it. */
static void strip_brackets(char *host)
{
	size_t length = strlen(host);

	if (length < 2 || host[0] != '[' || host[length - 1] != ']')
		return;
	memmove(host, host + 1, length - 2);
	host[length - 2] = '\0';
}

static int take_url(struct page *page, const char *text)
{
	char *path = NULL;
	char *query = NULL;
	int tls = 0;
	int port = 0;

	if (OSSL_HTTP_parse_url(
		    text, &tls, NULL, &page->host, &page->port, &port, &path, &query, NULL) != 1 ||
		port <= 0)
		return wrong(page, text, "not http://HOST[:PORT][/PATH] or https://…");
	int length = snprintf(page->url.path, sizeof(page->url.path), "%s%s%s", path,
		query == NULL ? "" : "?", query == NULL ? "" : query);
	OPENSSL_free(path);
	OPENSSL_free(query);
	if (length < 0 || (size_t)length >= sizeof(page->url.path))
		return wrong(page, text, "the path is too long");
	strip_brackets(page->host);
	page->checker.type = tls != 0 ? CHECK_SSL : CHECK_HTTP;
	page->checker.port = (uint16_t)port;
	return take_url_host(page, port == (tls != 0 ? 443 : 80));
}

static int take_arguments(struct page *page, int argc, char **argv)
{
	static const struct option names[] = {
		{"virtualhost", required_argument, NULL, 'V'},
		{"sni", no_argument, NULL, 'I'},
		{"http", required_argument, NULL, 'P'},
		{"timeout", required_argument, NULL, 't'},
		{"verify", no_argument, NULL, 'y'},
		{"ca-file", required_argument, NULL, 'c'},
		{"help", no_argument, NULL, 'h'},
		{NULL, 0, NULL, 0},
	};
	int code;

	while ((code = getopt_long(argc, argv, "h", names, NULL)) != -1) {
		int status = take_option(page, code);
		if (status != DONE || page->help)
			return status;
	}
	if (argc - optind != 1) {
		fprintf(stderr, "%s", usage_text);
		return WRONG_ARGUMENTS;
	}
	return take_url(page, argv[optind]);
}

/* ---- asking ---- */

struct outcome {
	struct event_base *base;
	bool over;
	char reason[PROTO_REASON_LEN];
};

static void done(bool good, const char *reason, void *arg)
{
	struct outcome *outcome = arg;

	(void)good;
	outcome->over = true;
	strlcpy(outcome->reason, reason, sizeof(outcome->reason));
	event_base_loopbreak(outcome->base);
}

static void take_address(struct page *page, const struct sockaddr *name)
{
	const struct sockaddr_in *in4 = (const void *)name;
	const struct sockaddr_in6 *in6 = (const void *)name;

	page->checker.address = (struct proto_addr){.family = (uint8_t)name->sa_family};
	if (name->sa_family == AF_INET)
		memcpy(page->checker.address.bytes, &in4->sin_addr, sizeof(in4->sin_addr));
	else
		memcpy(page->checker.address.bytes, &in6->sin6_addr, sizeof(in6->sin6_addr));
}

/* Asks one address. Returns whether there was an answer, be it none to like; reason says why not.
 */
static bool ask(const struct page *page, struct tls *tls, struct http_answer *answer,
	struct outcome *outcome)
{
	const struct probe_target target = {.address = page->checker.address,
		.port = page->checker.port,
		.timeout_us = page->checker.timeout_us};
	struct http_check *check = http_check_new(
		tls, &page->checker, &page->url, NULL, 0, outcome->reason, sizeof(outcome->reason));

	if (check == NULL)
		return true; /* no other address makes it better */
	outcome->over = false;
	if (probe_http_ask(outcome->base, &target, check, answer, done, outcome) == NULL)
		probe_start_failed(&target, errno, outcome->reason);
	else
		event_base_dispatch(outcome->base);
	http_check_free(check);
	return answer->status != 0;
}

static int print(const struct page *page, const struct http_answer *answer, const char *reason)
{
	if (!answer->whole) {
		fprintf(stderr, "%s: %s\n", page->program, reason);
		return NO_DIGEST;
	}
	if (answer->status < 200 || answer->status > 299)
		fprintf(stderr, "%s: the status is %d: this is the digest of what came with it\n",
			page->program, answer->status);
	if (answer->wanted != HTTP_NO_LENGTH && answer->bytes < answer->wanted)
		fprintf(stderr, "%s: the body was cut off after %" PRIu64 " of %" PRIu64 " bytes\n",
			page->program, answer->bytes, answer->wanted);
	for (size_t i = 0; i < HTTP_DIGEST_LEN; i++)
		printf("%02x", answer->digest[i]);
	printf("\n");
	return DONE;
}

static int run(struct page *page, struct tls *tls)
{
	struct outcome outcome = {.base = loop_new()};
	struct http_answer answer = {0};
	const struct addrinfo hints = {.ai_socktype = SOCK_STREAM};
	struct addrinfo *names;
	int error = getaddrinfo(page->host, NULL, &hints, &names);

	if (error != 0) {
		fprintf(stderr, "%s: %s: %s\n", page->program, page->host, gai_strerror(error));
		return NO_DIGEST;
	}
	for (const struct addrinfo *name = names; name != NULL; name = name->ai_next) {
		take_address(page, name->ai_addr);
		if (ask(page, tls, &answer, &outcome))
			break;
	}
	freeaddrinfo(names);
	event_base_free(outcome.base);
	return print(page, &answer, outcome.reason);
}

int digest_main(int argc, char **argv)
{
	struct page page = {.program = "digest", .checker.timeout_us = TIMEOUT_DEFAULT_US};
	char reason[PROTO_REASON_LEN];
	int status;

	signal(SIGPIPE, SIG_IGN);
	page.url.flags = URL_DIGEST;
	page.url.regex_max = UINT32_MAX;
	memset(page.url.status, 0xff, sizeof(page.url.status));
	if ((status = take_arguments(&page, argc, argv)) != DONE)
		return status;
	if (page.help) {
		printf("%s", usage_text);
		return DONE;
	}
	struct tls *tls = tls_new(page.ca_file, reason, sizeof(reason));
	if (tls == NULL) {
		fprintf(stderr, "%s: %s\n", page.program, reason);
		return NO_DIGEST;
	}
	status = run(&page, tls);
	tls_free(tls);
	OPENSSL_free(page.host);
	OPENSSL_free(page.port);
	return status;
}
