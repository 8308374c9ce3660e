/* The words of debug topics. */
#include <stdio.h>
#include <string.h>

#include "common/log_format.h"

static const char *const names[LOG_TOPICS] = {
	"packets", "timers", "state", "netlink", "checks", "scripts", "messages", "control"};

const char *log_topic_name(enum log_topic topic)
{
	for (unsigned i = 0; i < LOG_TOPICS; i++) {
		if (topic == 1U << i)
			return names[i];
	}
	return "?";
}

static void append(char *text, size_t size, const char *word)
{
	const char *separator = text[0] != '\0' ? "," : "";
	size_t length = strlen(text);

	if (size - length > strlen(separator) + strlen(word))
		snprintf(text + length, size - length, "%s%s", separator, word);
}

void log_topics_text(uint32_t topics, char *text, size_t size)
{
	text[0] = '\0';
	for (unsigned i = 0; i < LOG_TOPICS; i++) {
		if ((topics & 1U << i) != 0)
			append(text, size, names[i]);
	}
	if (text[0] == '\0')
		append(text, size, "none");
}

/* The bits of one word; -1: it is none. */
static int parse_word(const char *word, size_t length, uint32_t *topics)
{
	if (length == 4 && memcmp(word, "none", 4) == 0) {
		*topics = 0;
		return 0;
	}
	if (length == 3 && memcmp(word, "all", 3) == 0) {
		*topics = LOG_TOPICS_ALL;
		return 0;
	}
	for (unsigned i = 0; i < LOG_TOPICS; i++) {
		if (length == strlen(names[i]) && memcmp(word, names[i], length) == 0) {
			*topics |= 1U << i;
			return 0;
		}
	}
	return -1;
}

int log_topics_parse(const char *text, uint32_t *topics, const char **unknown)
{
	*topics = 0;
	for (text += strspn(text, ", "); *text != '\0'; text += strspn(text, ", ")) {
		size_t length = strcspn(text, ", ");
		if (parse_word(text, length, topics) == -1) {
			*unknown = text;
			return -1;
		}
		text += length;
	}
	return 0;
}
