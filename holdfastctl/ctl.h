/* The operator's tool: asks a running suite over its control socket and shows the answer. */
#ifndef HOLDFAST_CTL_H
#define HOLDFAST_CTL_H

/* Exit statuses, for scripts. */
enum ctl_exit {
	CTL_FINE = 0,
	CTL_WRONG = 1,       /* something is wrong with what was asked about, or it was refused */
	CTL_UNREACHABLE = 2, /* the daemon cannot be asked, or the command line is wrong */
};

/* The whole program. Returns its exit status. */
int ctl_main(int argc, char **argv);

#endif
