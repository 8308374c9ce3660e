#include "checkerd/check_key.h"

#include <string.h>

#define BEGIN UINT64_C(0xcbf29ce484222325)

/* FNV-1a, and at the end a finisher: the table takes the low bits. */
static uint64_t add(uint64_t hash, const void *bytes, size_t length)
{
	const uint8_t *at = bytes;

	for (size_t i = 0; i < length; i++)
		hash = (hash ^ at[i]) * UINT64_C(0x100000001b3);
	return hash;
}

static uint64_t finish(uint64_t hash)
{
	hash ^= hash >> 32;
	hash *= UINT64_C(0x9e3779b97f4a7c15);
	hash ^= hash >> 29;
	return hash == 0 ? 1 : hash;
}

/* Strings are zero behind their end; only that much of them counts that is used. */
static uint64_t add_string(uint64_t hash, const char *text, size_t size)
{
	return add(hash, text, strnlen(text, size - 1) + 1);
}

uint64_t check_key_next(uint64_t key)
{
	return finish(add(key, "next", 4));
}

uint64_t check_key_virtual(const struct conf_check_virtual *virtual_server)
{
	return finish(add_string(BEGIN, virtual_server->name, sizeof(virtual_server->name)));
}

uint64_t check_key_real(uint64_t virtual_key, const struct conf_check_real *real)
{
	return finish(add_string(virtual_key, real->name, sizeof(real->name)));
}

static uint64_t add_url(uint64_t hash, const struct conf_check_url *url)
{
	struct conf_check_url plain;
	size_t strings = offsetof(struct conf_check_url, path);

	memcpy(&plain, url, strings);
	plain.checker = 0;
	hash = add(hash, &plain, strings);
	hash = add_string(hash, url->path, sizeof(url->path));
	return add_string(hash, url->host, sizeof(url->host));
}

uint64_t check_key_checker(uint64_t real_key, const struct check_spec *spec)
{
	struct conf_check_checker plain = *spec->checker;
	uint64_t hash;

	plain.real = 0;
	plain.same_as = 0;
	plain.command = 0;
	plain.flags &=
		~(uint32_t)(CHECKER_ALPHA | CHECKER_LOG_ALL_FAILURES | CHECKER_FAST_RECOVERY);
	plain.retry = 0;
	plain.delay_loop_us = 0;
	plain.delay_before_retry_us = 0;
	plain.warmup_us = 0;
	plain.timeout_us = 0;
	hash = add(real_key, &plain, offsetof(struct conf_check_checker, text));
	hash = add_string(hash, plain.text, sizeof(plain.text));
	for (size_t i = 0; i < plain.urls; i++)
		hash = add_url(hash, &spec->urls[i]);
	for (size_t i = 0; i < plain.bytes; i++) {
		hash = add(hash, &spec->bytes[i].what, sizeof(spec->bytes[i].what));
		hash = add(hash, spec->bytes[i].bytes, spec->bytes[i].length);
	}
	return finish(hash);
}
