/* The version of everything that is told in JSON: "schema" in every reply. It goes up when a member
 * changes its meaning or goes away, not when one is added. docs/JSON.md describes it. */
#ifndef HOLDFAST_JSON_SCHEMA_H
#define HOLDFAST_JSON_SCHEMA_H

#define JSON_SCHEMA 1

#endif
