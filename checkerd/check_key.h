/* Keys by which servers and checkers are known again in another configuration and by a successor:
 * 64-bit hashes, never 0. */
#ifndef HOLDFAST_CHECKERD_CHECK_KEY_H
#define HOLDFAST_CHECKERD_CHECK_KEY_H

#include <stdint.h>

#include "checkerd/kind.h"
#include "proto/proto.h"

uint64_t check_key_virtual(const struct conf_check_virtual *virtual_server);

/* virtual_key is that of its virtual server. */
uint64_t check_key_real(uint64_t virtual_key, const struct conf_check_real *real);

/* Of what is checked and how: times, retries and what is logged may change, and the verdict still
 * holds. So may the numbers of this configuration; a command is known by its text. */
uint64_t check_key_checker(uint64_t real_key, const struct check_spec *spec);

/* Another key, for the next one that is the same. */
uint64_t check_key_next(uint64_t key);

#endif
