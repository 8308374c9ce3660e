/* sd_notify(3)'s protocol, without its library: one datagram to $NOTIFY_SOCKET. */
#ifndef HOLDFAST_LAUNCHER_NOTIFY_H
#define HOLDFAST_LAUNCHER_NOTIFY_H

/* Opens the socket that the service manager named in the environment; -1 when it named none. */
int notify_open(void);

/* Sends assignments such as "READY=1"; fd -1: nothing happens. */
void notify_send(int fd, const char *assignments);

/* The same, with a descriptor (-1: none). Returns 0, or -1 with errno. */
int notify_send_fd(int fd, const char *assignments, int send_fd);

/* RELOADING=1 with the time that the service manager asks for beside it. */
void notify_reloading(int fd);

#endif
