#include "exporter/body.h"

#include <event2/buffer.h>
#include <stdlib.h>

struct body {
	unsigned holders;
	struct evbuffer *text;
	unsigned char *bytes;
	size_t length;
};

struct body *body_new(struct evbuffer *text)
{
	struct body *body = calloc(1, sizeof(*body));

	if (body == NULL) {
		evbuffer_free(text);
		return NULL;
	}
	body->holders = 1;
	body->text = text;
	body->length = evbuffer_get_length(text);
	body->bytes = evbuffer_pullup(text, -1);
	if (body->bytes == NULL && body->length > 0) {
		body_drop(body);
		return NULL;
	}
	return body;
}

struct body *body_hold(struct body *body)
{
	body->holders++;
	return body;
}

void body_drop(struct body *body)
{
	if (body == NULL || --body->holders > 0)
		return;
	evbuffer_free(body->text);
	free(body);
}

size_t body_length(const struct body *body)
{
	return body->length;
}

static void sent(const void *data, size_t length, void *arg)
{
	(void)data;
	(void)length;
	body_drop(arg);
}

int body_send(struct body *body, struct evbuffer *to)
{
	if (body->length == 0)
		return 0;
	if (evbuffer_add_reference(to, body->bytes, body->length, sent, body_hold(body)) == 0)
		return 0;
	body_drop(body);
	return -1;
}
