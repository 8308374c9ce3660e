/* A configuration of virtual servers, real servers and checkers as parentd sends it: collected,
 * judged as a whole, and each given the key by which it is known again. */
#ifndef HOLDFAST_CHECKERD_CHECK_CONF_H
#define HOLDFAST_CHECKERD_CHECK_CONF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "checkerd/kind.h"
#include "proto/proto.h"

struct key_table;

/* What is done more often than this leaves time for nothing else; and 10 years, so that sums of
 * times fit. Of scripts as well. */
#define CHECK_DELAY_MIN_US 1000
#define CHECK_TIME_MAX_US  UINT64_C(315360000000000)

/* An array that grows. */
struct check_items {
	void *items;
	size_t count;
	size_t room;
};

/* Numbered as in the messages. */
struct check_conf {
	struct check_items virtuals; /* struct conf_check_virtual */
	struct check_items reals;    /* struct conf_check_real */
	struct check_items checkers; /* struct conf_check_checker */
	struct check_items urls;     /* struct conf_check_url, of all checkers */
	struct check_items bytes;    /* struct conf_check_bytes, of all checkers */
	/* since check_conf_commit() */
	uint64_t *virtual_keys;
	uint64_t *real_keys;
	uint64_t *checker_keys;
	struct key_table *servers_by_key; /* virtual ones, then (behind these) real ones */
	struct key_table *checkers_by_key;
	uint32_t *first_url; /* by checker */
	uint32_t *first_bytes;
	void **prepared; /* by checker: what its kind made; NULL where nothing was, or it was taken
			  */
};

/* Is the message one of these? */
bool check_conf_takes(enum proto_type type);

/* One message. Returns 0, or -1 with a sentence in reason. */
int check_conf_add(
	struct check_conf *conf, enum proto_type type, const void *body, char *reason, size_t size);

/* They are complete: what belongs together is there, and numbers are in range. commands is how many
 * vrrp_scripts come before the commands of MISC_CHECKs. Finds the keys. Returns 0, or -1 with a
 * sentence in reason. */
int check_conf_commit(struct check_conf *conf, size_t commands, char *reason, size_t size);

/* Has the kinds make what they need, except for the checkers whose key has() knows. Returns 0, or
 * -1 with a sentence in reason. */
int check_conf_prepare(struct check_conf *conf, const struct kind_tools *tools,
	bool (*has)(uint64_t key, const void *arg), const void *arg, char *reason, size_t size);

/* Frees all that it holds and empties it. */
void check_conf_clear(struct check_conf *conf);

const struct conf_check_virtual *check_conf_virtual(const struct check_conf *conf, size_t number);
const struct conf_check_real *check_conf_real(const struct check_conf *conf, size_t number);
const struct conf_check_checker *check_conf_checker(const struct check_conf *conf, size_t number);

#endif
