/* TLS probes against a server of this process that does what it should not. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <event2/event.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "checkerd/tls.h"
#include "common/loop.h"
#include "http_server.h"

/* Of this run alone. */
static char certificate_file[64];

static SSL_CTX *server_context;

/* ---- ways to serve ---- */

static SSL *accept_tls(int fd)
{
	SSL *ssl = SSL_new(server_context);

	SSL_set_fd(ssl, fd);
	if (SSL_accept(ssl) == 1)
		return ssl;
	SSL_free(ssl);
	return NULL;
}

static void say_tls(int fd, void *arg)
{
	const char *text = arg;
	SSL *ssl = accept_tls(fd);
	char request[2048];

	if (ssl == NULL)
		return;
	if (SSL_read(ssl, request, sizeof(request)) > 0)
		SSL_write(ssl, text, (int)strlen(text));
	SSL_free(ssl); /* without close_notify */
}

/* Says what server name was sent, and whether the client ended with close_notify. */
static void tell_tls(int fd, void *arg)
{
	char *seen = arg;
	SSL *ssl = accept_tls(fd);
	char request[2048];
	char reply[256];

	if (ssl == NULL)
		return;
	const char *name = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
	int length = snprintf(reply, sizeof(reply),
		"HTTP/1.0 200 OK\r\nContent-Length: 300\r\n\r\n<%s>", name == NULL ? "" : name);
	if (SSL_read(ssl, request, sizeof(request)) > 0) {
		SSL_write(ssl, reply, length);
		for (; length < 400; length++)
			SSL_write(ssl, ".", 1);
		while (SSL_read(ssl, request, sizeof(request)) > 0)
			;
		strcpy(seen,
			(SSL_get_shutdown(ssl) & SSL_RECEIVED_SHUTDOWN) != 0 ? "notified" : "");
	}
	SSL_free(ssl);
}

static void flood_tls(int fd, void *arg)
{
	static char bytes[16384];
	SSL *ssl = accept_tls(fd);

	(void)arg;
	if (ssl == NULL)
		return;
	memset(bytes, 'x', sizeof(bytes));
	SSL_write(ssl, "HTTP/1.0 200 OK\r\n\r\n", 19);
	while (SSL_write(ssl, bytes, sizeof(bytes)) > 0)
		;
	SSL_free(ssl);
}

/* Nothing but messages of TLS itself, of which the application never hears. */
static void update_keys(int fd, void *arg)
{
	SSL *ssl = accept_tls(fd);

	(void)arg;
	if (ssl == NULL)
		return;
	while (SSL_key_update(ssl, SSL_KEY_UPDATE_NOT_REQUESTED) == 1 && SSL_do_handshake(ssl) == 1)
		;
	SSL_free(ssl);
}

static void send_tickets(int fd, void *arg)
{
	SSL *ssl = accept_tls(fd);

	(void)arg;
	if (ssl == NULL)
		return;
	while (http_still_there(fd, 0) && SSL_new_session_ticket(ssl) == 1 &&
		SSL_do_handshake(ssl) == 1)
		;
	SSL_free(ssl);
}

/* ---- tests ---- */

static void check_tls(void (*serve)(int, void *), const char *text, bool good, const char *reason)
{
	http_check_reason(CHECK_SSL, serve, text, good, reason);
}

static void test_tls(void **state)
{
	struct http_request digest = http_request_of(CHECK_SSL);

	(void)state;
	check_tls(say_tls, HTTP_OK "\r\nbody", true, "status 200");
	check_tls(say_tls, HTTP_OK "Content-Length: 4\r\n\r\nbody", true, "status 200");
	check_tls(say_tls, "HTTP/1.1 500 x\r\n\r\n", false, "status 500 (wanted 200-299)");
	check_tls(say_tls, "x", false,
		"the server closed the connection within the head of the reply");
	digest.url.flags = URL_DIGEST;
	assert_string_equal(http_ask(&digest, say_tls, HTTP_OK "\r\nBody").reason,
		"digest ac101b32dda4448cf13a93fe283dddd8 (wanted "
		"00000000000000000000000000000000)");
}

static void test_wrong_tls(void **state)
{
	long before = http_peak_kib();

	(void)state;
	check_tls(http_say, "HTTP/1.1 400 Bad Request\r\n\r\n", false,
		"TLS handshake failed: wrong version number");
	check_tls(http_say_and_wait, "", false, "the TLS handshake did not end within 0.15 s");
	check_tls(http_say, "", false, "the server closed the connection during the TLS handshake");
	check_tls(http_say_and_reset, "", false, "connection reset during the TLS handshake");
	check_tls(http_trickle, "|\x16\x03\x03\x40\x01\x02", false,
		"the TLS handshake did not end within 0.15 s");
	/* plain HTTP to a port of TLS */
	http_check_reason(
		CHECK_HTTP, say_tls, "x", false, "connection reset before the reply was complete");
	check_tls(flood_tls, NULL, false, "the reply did not end within 1.2 s");
	assert_in_range(http_peak_kib() - before, 0, HTTP_GROWTH_KIB_MAX);
}

static void test_endless_handshakes(void **state)
{
	long before = http_peak_kib();

	(void)state;
	check_tls(update_keys, NULL, false, "no answer for 0.15 s");
	check_tls(send_tickets, NULL, false, "no answer for 0.15 s");
	assert_in_range(http_peak_kib() - before, 0, HTTP_GROWTH_KIB_MAX);
}

static void test_cancelled(void **state)
{
	struct http_request request = http_request_of(CHECK_SSL);
	struct http_server server = {.serve = say_tls, .arg = (char[]){"x"}};
	struct outcome outcome = {0};

	(void)state;
	http_listen(&server, &request.checker.port);
	const struct probe_target target = {.address = request.checker.address,
		.port = request.checker.port,
		.timeout_us = request.checker.timeout_us};
	struct http_check *check = http_check_of(&request);
	struct probe *probe = probe_http_start(probe_base, &target, check, outcome_take, &outcome);
	assert_non_null(probe);
	for (int rounds = 0; rounds < 3; rounds++)
		event_base_loop(probe_base, EVLOOP_ONCE);
	probe_cancel(probe);
	http_check_free(check);
	event_base_loop(probe_base, EVLOOP_NONBLOCK);
	assert_int_equal(pthread_join(server.thread, NULL), 0);
	assert_int_equal(event_base_dispatch(probe_base), 1);
	assert_int_equal(outcome.ends, 0);
	close(server.listener);
}

static void check_told(uint32_t checker_flags, uint32_t url_flags, const char *host,
	const char *name, const char *ended)
{
	struct http_request request = http_request_of(CHECK_SSL);
	char seen[16] = "";

	request.checker.flags = checker_flags;
	request.url.flags = url_flags;
	strcpy(request.url.host, host);
	request.pattern = name;
	struct outcome outcome = http_ask(&request, tell_tls, seen);
	assert_string_equal(outcome.reason, "status 200");
	assert_string_equal(seen, ended);
}

static void test_name_and_end(void **state)
{
	(void)state;
	check_told(0, 0, "www.example.org", "<>", "");
	check_told(CHECKER_SNI, 0, "www.example.org", "<www.example.org>", "");
	check_told(CHECKER_SNI, 0, "www.example.org:81", "<www.example.org>", "");
	check_told(CHECKER_SNI, 0, "", "<>", "");
	check_told(CHECKER_SNI, 0, "10.0.0.1", "<>", "");
	check_told(0, URL_TLS_COMPLIANT, "", "<>", "notified");
}

static void check_verified(struct tls *which, const char *host, const char *reason)
{
	struct http_request request = http_request_of(CHECK_SSL);

	request.tls = which;
	request.checker.flags = CHECKER_VERIFY;
	strcpy(request.url.host, host);
	struct outcome outcome = http_ask(&request, say_tls, HTTP_OK "\r\nbody");
	assert_string_equal(outcome.reason, reason);
}

static void test_verification(void **state)
{
	char why[PROTO_REASON_LEN];
	struct tls *knowing = tls_new(certificate_file, why, sizeof(why));
	struct tls *ignorant = tls_new("/nowhere", why, sizeof(why));

	(void)state;
	assert_non_null(knowing);
	assert_non_null(ignorant);
	check_verified(knowing, "www.example.org", "status 200");
	check_verified(knowing, "www.example.org:443", "status 200");
	check_verified(knowing, "", "status 200"); /* by its address */
	check_verified(
		knowing, "example.com", "TLS handshake failed: certificate: hostname mismatch");
	check_verified(http_tls, "www.example.org",
		"TLS handshake failed: certificate: self-signed certificate");
	check_verified(ignorant, "www.example.org",
		"no file of certificate authorities could be read at the start: install "
		"ca-certificates and restart checkerd");
	tls_free(ignorant);
	tls_free(knowing);
}

/* ---- start ---- */

static void add_extension(X509 *certificate, int which, const char *value)
{
	X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, NULL, which, value);

	assert_non_null(extension);
	assert_int_equal(X509_add_ext(certificate, extension, -1), 1);
	X509_EXTENSION_free(extension);
}

static X509 *make_certificate(EVP_PKEY *key)
{
	X509 *certificate = X509_new();
	X509_NAME *name = X509_get_subject_name(certificate);

	X509_set_version(certificate, X509_VERSION_3);
	ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1);
	X509_gmtime_adj(X509_getm_notBefore(certificate), -3600);
	X509_gmtime_adj(X509_getm_notAfter(certificate), 3600);
	X509_set_pubkey(certificate, key);
	X509_NAME_add_entry_by_txt(
		name, "CN", MBSTRING_ASC, (const unsigned char *)"test", -1, -1, 0);
	X509_set_issuer_name(certificate, name);
	add_extension(certificate, NID_basic_constraints, "CA:TRUE");
	add_extension(certificate, NID_subject_alt_name, "DNS:www.example.org, IP:127.0.0.1");
	assert_true(X509_sign(certificate, key, EVP_sha256()) > 0);
	return certificate;
}

static int set_up(void **state)
{
	char reason[PROTO_REASON_LEN];
	EVP_PKEY *key = EVP_EC_gen("P-256");
	X509 *certificate = make_certificate(key);

	(void)state;
	snprintf(
		certificate_file, sizeof(certificate_file), "probe-tls-test-%d.pem", (int)getpid());
	FILE *file = fopen(certificate_file, "w");
	signal(SIGPIPE, SIG_IGN);
	assert_non_null(file);
	PEM_write_X509(file, certificate);
	fclose(file);
	server_context = SSL_CTX_new(TLS_server_method());
	SSL_CTX_use_certificate(server_context, certificate);
	SSL_CTX_use_PrivateKey(server_context, key);
	X509_free(certificate);
	EVP_PKEY_free(key);
	http_tls = tls_new(NULL, reason, sizeof(reason));
	probe_base = loop_new();
	return http_tls == NULL ? -1 : 0;
}

static int tear_down(void **state)
{
	(void)state;
	SSL_CTX_free(server_context);
	tls_free(http_tls);
	event_base_free(probe_base);
	return unlink(certificate_file);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_tls),
		cmocka_unit_test(test_wrong_tls),
		cmocka_unit_test(test_endless_handshakes),
		cmocka_unit_test(test_cancelled),
		cmocka_unit_test(test_name_and_end),
		cmocka_unit_test(test_verification),
	};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
