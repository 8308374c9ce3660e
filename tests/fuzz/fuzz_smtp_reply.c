/* What a mail server says: in one piece and in small ones it means the same, and nothing of it but
 * printable ASCII is shown. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "checkerd/mail_client.h"
#include "checkerd/smtp_reply.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(int condition)
{
	if (!condition)
		abort();
}

static enum smtp_progress read_all(
	struct smtp_reply *reply, const char *bytes, size_t size, size_t piece, size_t *used)
{
	enum smtp_progress progress = SMTP_UNFINISHED;

	*used = 0;
	smtp_reply_begin(reply);
	while (*used < size && progress == SMTP_UNFINISHED) {
		size_t part = size - *used < piece ? size - *used : piece;
		size_t taken;
		progress = smtp_reply_read(reply, bytes + *used, part, &taken);
		require(taken <= part && (taken == part || progress != SMTP_UNFINISHED));
		*used += taken;
	}
	return progress;
}

static void check_text(const char *text, size_t size)
{
	size_t length = strnlen(text, size);

	require(length < size);
	for (size_t i = 0; i < length; i++)
		require(text[i] >= ' ' && text[i] <= '~');
}

/* A whole session with it: whatever is said, it ends after a known number of replies. */
static void deliver(const char *bytes, size_t size)
{
	static const char to[3][PROTO_MAIL_LEN] = {"a@example.com", "b@example.com", "c"};
	const struct mail_envelope envelope = {.helo = "fuzz", .from = "me@example.com", .to = to};
	struct mail_client client;
	struct smtp_reply reply;
	char command[MAIL_COMMAND_LEN];
	size_t used;

	mail_client_begin(&client, 7);
	for (int replies = 0;; bytes += used, size -= used) {
		if (read_all(&reply, bytes, size, size, &used) != SMTP_COMPLETE)
			return;
		enum mail_next next = mail_client_reply(&client, &envelope, &reply, command);
		check_text(client.complaint, sizeof(client.complaint));
		require((client.taken & client.refused) == 0);
		if (next == MAIL_QUIT)
			return;
		require(++replies < 9);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct smtp_reply whole, pieces;
	size_t used_whole, used_pieces;

	if (size < 1)
		return 0;
	const char *bytes = (const char *)data + 1;
	enum smtp_progress progress = read_all(&whole, bytes, size - 1, size, &used_whole);
	require(progress == read_all(&pieces, bytes, size - 1, 1 + data[0] % 9, &used_pieces));
	require(used_whole == used_pieces && memcmp(&whole, &pieces, sizeof(whole)) == 0);
	if (progress == SMTP_COMPLETE)
		require(whole.code >= 200 && whole.code <= 559);
	check_text(whole.text, sizeof(whole.text));
	deliver(bytes, size - 1);
	return 0;
}
