#include "ipvsd/ipvs_protocol.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define ELSEWHERE SIZE_MAX /* in a line that begins otherwise */

int ipvs_protocol_open(void)
{
	return open("/proc/net/ip_vs", O_RDONLY | O_CLOEXEC | O_NOCTTY);
}

bool ipvs_protocol_find(const char *text, size_t length, uint16_t protocol, size_t *place)
{
	char number[16];

	snprintf(number, sizeof(number), "IP_%u ", protocol);
	for (size_t i = 0; i < length; i++) {
		if (text[i] == '\n')
			*place = 0;
		else if (*place != ELSEWHERE)
			*place = text[i] == number[*place] ? *place + 1 : ELSEWHERE;
		if (*place != ELSEWHERE && *place > 0 && number[*place] == '\0')
			return true;
	}
	return false;
}

enum ipvs_protocol_answer ipvs_protocol_ask(int fd, uint16_t protocol)
{
	char piece[4096];
	size_t place = 0;
	off_t offset = 0;
	ssize_t length;

	if (fd == -1)
		return IPVS_PROTOCOL_NO_ANSWER;
	do {
		length = pread(fd, piece, sizeof(piece), offset);
		if (length > 0 && ipvs_protocol_find(piece, (size_t)length, protocol, &place))
			return IPVS_PROTOCOL_UNKNOWN;
		offset += length > 0 ? length : 0;
	} while (length > 0 || (length == -1 && errno == EINTR));
	return length == 0 && offset > 0 ? IPVS_PROTOCOL_KNOWN : IPVS_PROTOCOL_NO_ANSWER;
}
