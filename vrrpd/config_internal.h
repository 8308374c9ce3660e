/* What the parts of config.c share. */
#ifndef HOLDFAST_VRRPD_CONFIG_INTERNAL_H
#define HOLDFAST_VRRPD_CONFIG_INTERNAL_H

#include <stddef.h>

#include "vrrpd/config.h"

/* Writes the sentence; always -1. */
int config_refuse(char *reason, size_t size, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* config_group.c; results as of config_add() and config_check(). */
int config_add_group(
	struct config *config, const struct conf_vrrp_group *body, char *reason, size_t size);
int config_add_member(
	struct config *config, const struct conf_vrrp_member *body, char *reason, size_t size);
int config_check_groups(const struct config *config, char *reason, size_t size);
void config_groups_free(struct config *config);

#endif
