/* TLS as a client of real servers. checkerd takes a certificate on trust unless it is told to
 * verify it, as checks of the servers behind an address usually must. */
#ifndef HOLDFAST_CHECKERD_TLS_H
#define HOLDFAST_CHECKERD_TLS_H

#include <openssl/ssl.h>
#include <stdbool.h>
#include <stddef.h>

#include "proto/proto.h"

struct tls;

/* Reads all that OpenSSL ever wants from files: its configuration, and the certificates of
 * authorities in the file authorities (PEM; NULL: the system's). To be called before the sandbox is
 * entered, after which there are no files. NULL with a sentence in reason; authorities that cannot
 * be read make only verification fail. */
struct tls *tls_new(const char *authorities, char *reason, size_t size);
void tls_free(struct tls *tls);

struct tls_peer {
	const char *server_name; /* sent as such (SNI); NULL: none */
	bool verify;
	const char *verify_name;          /* the certificate has to be for; NULL: for address */
	const struct proto_addr *address; /* with verify */
};

/* A connection to come, to be freed with SSL_free(). NULL with a sentence in reason. */
SSL *tls_connection(struct tls *tls, const struct tls_peer *peer, char *reason, size_t size);

/* What OpenSSL's error and the connection say, as the end of a sentence: "wrong version number".
 * error 0: the connection just ended. Returns text. */
const char *tls_error(const SSL *ssl, unsigned long error, char *text, size_t size);

#endif
