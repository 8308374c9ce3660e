#include "vrrpd/vrrp_socket.h"

#include <errno.h>
#include <linux/filter.h>
#include <netinet/in.h>
#include <netinet/ip.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "vrrpd/vrrp_packet.h"

#define SEND_BUFFER        (4 << 20)
#define RECEIVE_BUFFER_MIN (1 << 20)
#define RECEIVE_BUFFER_PER (16 << 10) /* some twenty packets with the kernel's overhead */

static int set(int fd, int level, int option, int value)
{
	return setsockopt(fd, level, option, &value, sizeof value);
}

static int attach(int fd, struct sock_filter *filter, unsigned short length)
{
	struct sock_fprog program = {.len = length, .filter = filter};

	return setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program);
}

static int attach_nothing(int fd)
{
	struct sock_filter filter[] = {BPF_STMT(BPF_RET | BPF_K, 0)};

	return attach(fd, filter, sizeof filter / sizeof filter[0]);
}

/* The offsets count from the IP header. */
static int attach_candidates(int fd)
{
	struct sock_filter filter[] = {
		BPF_STMT(BPF_LD | BPF_B | BPF_ABS, offsetof(struct iphdr, protocol)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, VRRP_PROTOCOL, 0, 3),
		BPF_STMT(BPF_LD | BPF_H | BPF_ABS, offsetof(struct iphdr, frag_off)),
		BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, IP_MF | IP_OFFMASK, 1, 0),
		BPF_STMT(BPF_RET | BPF_K, UINT32_MAX),
		BPF_STMT(BPF_RET | BPF_K, 0),
	};

	return attach(fd, filter, sizeof filter / sizeof filter[0]);
}

static void discard_waiting(int fd)
{
	char byte;

	while (recv(fd, &byte, sizeof byte, MSG_DONTWAIT | MSG_TRUNC) != -1)
		;
}

static int fail(int fd)
{
	int error = errno;

	close(fd);
	errno = error;
	return -1;
}

int vrrp_socket_open_receive(const char *ifname)
{
	int fd = socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, VRRP_PROTOCOL);

	if (fd == -1)
		return -1;
	if (attach_nothing(fd) == -1)
		return fail(fd);
	if (ifname[0] != '\0' && setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, ifname,
					 (socklen_t)strlen(ifname) + 1) == -1)
		return fail(fd);
	/* without this it would also get the groups that other sockets joined */
	if (set(fd, IPPROTO_IP, IP_MULTICAST_ALL, 0) == -1)
		return fail(fd);
	discard_waiting(fd);
	if (attach_candidates(fd) == -1)
		return fail(fd);
	return fd;
}

void vrrp_socket_receive_buffer(int fd, size_t instances)
{
	size_t bytes = RECEIVE_BUFFER_MIN + instances * RECEIVE_BUFFER_PER;

	(void)set(fd, SOL_SOCKET, SO_RCVBUFFORCE, (int)bytes);
}

int vrrp_socket_membership(int fd, int ifindex, uint32_t group, bool join)
{
	struct ip_mreqn request = {.imr_multiaddr = {.s_addr = group}, .imr_ifindex = ifindex};

	return setsockopt(fd, IPPROTO_IP, join ? IP_ADD_MEMBERSHIP : IP_DROP_MEMBERSHIP, &request,
		sizeof request);
}

int vrrp_socket_open_send(void)
{
	int fd = socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, IPPROTO_RAW);

	if (fd == -1)
		return -1;
	if (set(fd, IPPROTO_IP, IP_MULTICAST_LOOP, 0) == -1)
		return fail(fd);
	(void)set(fd, SOL_SOCKET, SO_SNDBUFFORCE, SEND_BUFFER);
	return fd;
}

int vrrp_socket_open_frames(void)
{
	int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd == -1)
		return -1;
	(void)set(fd, SOL_SOCKET, SO_SNDBUFFORCE, SEND_BUFFER);
	return fd;
}
