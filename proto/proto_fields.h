/* What proto_check looks at inside a body, beyond its length; private to this folder. */
#ifndef HOLDFAST_PROTO_FIELDS_H
#define HOLDFAST_PROTO_FIELDS_H

#include "proto/proto.h"

enum proto_field_kind {
	FIELD_STRING,  /* terminated, zero behind the terminator */
	FIELD_ZERO,    /* reserved */
	FIELD_ADDRESS, /* struct proto_addr: known family, unused bytes zero */
	FIELD_RANGE,   /* uint32_t from low to high */
};

struct proto_field {
	enum proto_field_kind kind;
	uint16_t offset;
	uint16_t size;
	uint32_t low;
	uint32_t high;
};

struct proto_row {
	struct proto_rule rule;
	const struct proto_field *fields;
	size_t fields_count;
};

/* The whole table, for the search and for the tests. */
const struct proto_row *proto_rows(size_t *count);
const struct proto_row *proto_row_find(uint16_t type);

#endif
