#include "checkerd/mail_queue.h"

#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "common/log.h"

#define RETRY_FIRST_NS NSEC_PER_SEC
#define RETRY_LAST_NS  (NSEC_PER_SEC * 5 * 60)
#define GIVE_UP_NS     (NSEC_PER_SEC * 4 * 3600)

static void take_out(struct mail_queue *queue, size_t index)
{
	queue->count--;
	memmove(&queue->list[index], &queue->list[index + 1],
		(queue->count - index) * sizeof(struct mail *));
}

/* The one under way is nearly done, and freeing it would pull it from under its session. */
static struct mail *make_room(struct mail_queue *queue)
{
	size_t index = queue->list[0] == queue->under_way ? 1 : 0;
	struct mail *oldest = queue->list[index];

	take_out(queue, index);
	queue->dropped++;
	return oldest;
}

struct mail *mail_queue_add(
	struct mail_queue *queue, const struct check_mail *what, uint64_t wanted, uint64_t now_ns)
{
	struct mail *mail = calloc(1, sizeof(*mail));
	struct mail *oldest = NULL;

	if (mail == NULL)
		fatal("mail");
	if (queue->count == MAIL_QUEUE_MAX)
		oldest = make_room(queue);
	mail->what = *what;
	mail->wanted = wanted;
	mail->due_ns = now_ns;
	mail->give_up_ns = now_ns + GIVE_UP_NS;
	queue->list[queue->count++] = mail;
	return oldest;
}

struct mail *mail_queue_start(struct mail_queue *queue, uint64_t now_ns)
{
	if (queue->under_way != NULL || now_ns < queue->open_ns)
		return NULL;
	for (size_t i = 0; i < queue->count; i++) {
		if (queue->list[i]->due_ns > now_ns)
			continue;
		queue->under_way = queue->list[i];
		return queue->under_way;
	}
	return NULL;
}

uint64_t mail_queue_deadline(const struct mail_queue *queue)
{
	uint64_t earliest_ns = UINT64_MAX;

	if (queue->under_way != NULL)
		return UINT64_MAX;
	for (size_t i = 0; i < queue->count; i++) {
		if (queue->list[i]->due_ns < earliest_ns)
			earliest_ns = queue->list[i]->due_ns;
	}
	return earliest_ns < queue->open_ns ? queue->open_ns : earliest_ns;
}

/* After so many failures in a row. */
static uint64_t pause_ns(unsigned failures)
{
	uint64_t pause = RETRY_FIRST_NS;

	for (unsigned i = 1; i < failures && pause < RETRY_LAST_NS; i++)
		pause *= 2;
	return pause < RETRY_LAST_NS ? pause : RETRY_LAST_NS;
}

static enum mail_fate leave(struct mail_queue *queue, struct mail *mail, enum mail_fate fate)
{
	size_t index = 0;

	while (queue->list[index] != mail)
		index++;
	take_out(queue, index);
	return fate;
}

enum mail_fate mail_queue_ended(struct mail_queue *queue, enum mail_outcome outcome,
	const struct mail_client *client, uint64_t now_ns)
{
	struct mail *mail = queue->under_way;

	queue->under_way = NULL;
	if (outcome == MAIL_CLOSED) {
		queue->failures++;
		queue->open_ns = now_ns + pause_ns(queue->failures);
	} else {
		queue->failures = 0;
		mail->failures++;
		mail->due_ns = now_ns + pause_ns(mail->failures);
		mail->wanted &= ~client->refused;
	}
	if (outcome == MAIL_SENT)
		mail->wanted &= ~client->taken;
	if (outcome == MAIL_SENT && mail->wanted == 0)
		return leave(queue, mail, MAIL_DONE);
	if (outcome == MAIL_NEVER || now_ns >= mail->give_up_ns)
		return leave(queue, mail, MAIL_GIVEN_UP);
	return MAIL_WAITS;
}

void mail_queue_restart(struct mail_queue *queue, uint64_t wanted, uint64_t now_ns)
{
	queue->under_way = NULL;
	queue->open_ns = 0;
	queue->failures = 0;
	for (size_t i = 0; i < queue->count; i++) {
		queue->list[i]->wanted = wanted;
		queue->list[i]->due_ns = now_ns;
		queue->list[i]->failures = 0;
	}
}

size_t mail_queue_clear(struct mail_queue *queue)
{
	size_t lost = queue->count;

	for (size_t i = 0; i < lost; i++)
		free(queue->list[i]);
	queue->count = 0;
	queue->under_way = NULL;
	return lost;
}
