/* The stages behind conf_load, each a function of the model alone. */
#ifndef HOLDFAST_CONF_STAGE_H
#define HOLDFAST_CONF_STAGE_H

#include "conf/conf.h"

/* Completes what was not written, with keepalived's defaults and inheritance. Says nothing. */
void conf_default(struct conf *conf);

/* Judges the completed model; host may be NULL. With --lenient it also takes out what cannot be
 * run, and runs without. */
void conf_validate(struct conf *conf, const struct conf_host *host);

/* Parts of conf_validate. */
void conf_validate_instances(struct conf *conf, const struct conf_host *host);
void conf_validate_tracking(struct conf *conf, const struct conf_host *host);
void conf_validate_services(struct conf *conf);

#endif
