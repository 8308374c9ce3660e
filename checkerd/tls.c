#include "checkerd/tls.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>

#define AUTHORITIES_MAX ((size_t)4 * 1024 * 1024)

struct tls {
	SSL_CTX *trusting;
	SSL_CTX *verifying;   /* made when it is first needed */
	BIO *authorities;     /* as PEM, until then; NULL: none were found */
	const char *why_none; /* there are no authorities */
};

/* Where systems keep all authorities in one file; OpenSSL's own default is looked at first. */
static const char *const bundles[] = {
	"/etc/ssl/certs/ca-certificates.crt",
	"/etc/pki/tls/certs/ca-bundle.crt",
	"/etc/ssl/cert.pem",
};

/* ---- what is read from files ---- */

/* The whole file, or NULL. */
static BIO *read_file(const char *path)
{
	char part[BUFSIZ];
	size_t total = 0;
	size_t count;
	FILE *file = fopen(path, "re");
	BIO *memory = BIO_new(BIO_s_mem());

	while (file != NULL && memory != NULL && (count = fread(part, 1, sizeof(part), file)) > 0) {
		total += count;
		if (total > AUTHORITIES_MAX || BIO_write(memory, part, (int)count) != (int)count)
			break;
	}
	bool whole = file != NULL && memory != NULL && total > 0 && feof(file) && !ferror(file);
	if (file != NULL)
		fclose(file);
	if (whole)
		return memory;
	BIO_free(memory);
	return NULL;
}

/* Kept as text: making certificates of it takes 30 ms and some megabytes, and few need them. */
static void read_authorities(struct tls *tls, const char *path)
{
	tls->why_none = "no file of certificate authorities could be read at the start: install "
			"ca-certificates and restart checkerd";
	if (path != NULL) {
		tls->authorities = read_file(path);
		return;
	}
	tls->authorities = read_file(X509_get_default_cert_file());
	for (size_t i = 0; tls->authorities == NULL && i < sizeof(bundles) / sizeof(bundles[0]);
		i++)
		tls->authorities = read_file(bundles[i]);
}

/* What is fetched, seeded or looked up at first use is used now. */
static bool warm_up(void)
{
	unsigned char byte;

	if (OPENSSL_init_ssl(OPENSSL_INIT_LOAD_CONFIG | OPENSSL_INIT_LOAD_SSL_STRINGS |
				     OPENSSL_INIT_LOAD_CRYPTO_STRINGS,
		    NULL) != 1)
		return false;
	return RAND_bytes(&byte, sizeof(byte)) == 1;
}

/* ---- contexts ---- */

static SSL_CTX *context_new(void)
{
	SSL_CTX *context = SSL_CTX_new(TLS_client_method());

	if (context == NULL)
		return NULL;
	/* A server that ends without close_notify is common, and the reply's own length is known.
	 * Renegotiation and tickets are of no use to one request. */
	SSL_CTX_set_options(context, SSL_OP_IGNORE_UNEXPECTED_EOF | SSL_OP_NO_RENEGOTIATION |
					     SSL_OP_NO_TICKET | SSL_OP_NO_COMPRESSION);
	/* Without AUTO_RETRY one call reads one record: a server that sends nothing but tickets or
	 * key updates does not hold the loop. */
	SSL_CTX_clear_mode(context, SSL_MODE_AUTO_RETRY);
	SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS);
	SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
	SSL_CTX_set_verify(context, SSL_VERIFY_NONE, NULL);
	return context;
}

static void add_authorities(SSL_CTX *context, BIO *pem)
{
	X509_STORE *store = SSL_CTX_get_cert_store(context);
	X509 *authority;

	while ((authority = PEM_read_bio_X509_AUX(pem, NULL, NULL, NULL)) != NULL) {
		X509_STORE_add_cert(store, authority);
		X509_free(authority);
	}
	ERR_clear_error(); /* the end of the text is one */
}

static SSL_CTX *verifying(struct tls *tls, char *reason, size_t size)
{
	if (tls->verifying != NULL)
		return tls->verifying;
	if (tls->authorities == NULL) {
		snprintf(reason, size, "%s", tls->why_none);
		return NULL;
	}
	tls->verifying = context_new();
	if (tls->verifying == NULL) {
		snprintf(reason, size, "TLS: out of memory");
		return NULL;
	}
	SSL_CTX_set_verify(tls->verifying, SSL_VERIFY_PEER, NULL);
	add_authorities(tls->verifying, tls->authorities);
	BIO_free(tls->authorities);
	tls->authorities = NULL;
	return tls->verifying;
}

struct tls *tls_new(const char *authorities, char *reason, size_t size)
{
	struct tls *tls = calloc(1, sizeof(*tls));
	char text[PROTO_REASON_LEN];

	if (tls == NULL) {
		snprintf(reason, size, "TLS: %s", strerror(errno));
		return NULL;
	}
	if (warm_up() && (tls->trusting = context_new()) != NULL) {
		read_authorities(tls, authorities);
		return tls;
	}
	snprintf(reason, size, "OpenSSL cannot be set up: %s",
		tls_error(NULL, ERR_get_error(), text, sizeof(text)));
	tls_free(tls);
	return NULL;
}

void tls_free(struct tls *tls)
{
	if (tls == NULL)
		return;
	BIO_free(tls->authorities);
	SSL_CTX_free(tls->verifying);
	SSL_CTX_free(tls->trusting);
	free(tls);
}

/* ---- connections ---- */

static bool expect_name(SSL *ssl, const struct tls_peer *peer)
{
	X509_VERIFY_PARAM *param = SSL_get0_param(ssl);
	const struct proto_addr *address = peer->address;

	if (!peer->verify)
		return true;
	if (peer->verify_name == NULL)
		return X509_VERIFY_PARAM_set1_ip(
			       param, address->bytes, address->family == AF_INET6 ? 16 : 4) == 1;
	X509_VERIFY_PARAM_set_hostflags(param, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
	return X509_VERIFY_PARAM_set1_host(param, peer->verify_name, 0) == 1;
}

/* OpenSSL's macro casts const away. */
static bool say_name(SSL *ssl, const char *name)
{
	char copy[PROTO_HOST_LEN];

	proto_string_set(copy, sizeof(copy), name);
	return SSL_set_tlsext_host_name(ssl, copy) == 1;
}

SSL *tls_connection(struct tls *tls, const struct tls_peer *peer, char *reason, size_t size)
{
	SSL_CTX *context = peer->verify ? verifying(tls, reason, size) : tls->trusting;
	char text[PROTO_REASON_LEN];

	if (context == NULL)
		return NULL;
	ERR_clear_error();
	SSL *ssl = SSL_new(context);
	if (ssl != NULL && expect_name(ssl, peer) &&
		(peer->server_name == NULL || say_name(ssl, peer->server_name)))
		return ssl;
	snprintf(reason, size, "TLS: %s", tls_error(NULL, ERR_get_error(), text, sizeof(text)));
	SSL_free(ssl);
	return NULL;
}

const char *tls_error(const SSL *ssl, unsigned long error, char *text, size_t size)
{
	long verdict = ssl == NULL ? X509_V_OK : SSL_get_verify_result(ssl);
	const char *words = ERR_reason_error_string(error);

	if (ERR_GET_REASON(error) == SSL_R_CERTIFICATE_VERIFY_FAILED && verdict != X509_V_OK)
		snprintf(text, size, "certificate: %s", X509_verify_cert_error_string(verdict));
	else if (error == 0)
		snprintf(text, size, "the connection was closed");
	else if (words != NULL)
		snprintf(text, size, "%s", words);
	else
		snprintf(text, size, "OpenSSL error %lx", error);
	return text;
}
