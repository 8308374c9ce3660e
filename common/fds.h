/* Descriptors that a process of the suite finds open when it is executed. The launcher puts them
 * there; one that does not apply is absent. Everything else is closed. */
#ifndef HOLDFAST_FDS_H
#define HOLDFAST_FDS_H

enum inherited_fd {
	FD_LAUNCHER =
		3, /* SOCK_SEQPACKET to the launcher; its end of file means "give up and exit" */
	FD_STATE_PAGE = 4,    /* children: memfd of the state page, read-write */
	FD_SYSLOG = 5,        /* connected /dev/log datagram socket */
	FD_CONTROL = 6,       /* parentd: the listening control socket */
	FD_CONFIGURATION = 7, /* parentd: memfd with the text of the configuration in force */
	FD_JOURNAL = 8,       /* connected datagram socket of the journal */
	FD_INHERITED_END = 9,
};

#endif
