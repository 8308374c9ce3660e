#include "ignore_channel.h"

static void ignore_message(struct channel *channel, const struct proto_header *header,
	const void *body, int fd, void *arg)
{
	(void)channel;
	(void)header;
	(void)body;
	(void)fd;
	(void)arg;
}

static void ignore_closed(struct channel *channel, const char *why, void *arg)
{
	(void)channel;
	(void)why;
	(void)arg;
}

const struct channel_handlers ignore_channel = {ignore_message, ignore_closed};
