/* For tests that look at what is sent and receive nothing. */
#ifndef HOLDFAST_IGNORE_CHANNEL_H
#define HOLDFAST_IGNORE_CHANNEL_H

#include "common/channel.h"

extern const struct channel_handlers ignore_channel;

#endif
