/* Serves metrics over HTTP, to Prometheus: GET /metrics and nothing else. Holds no right but that
 * of asking the suite, and cannot disturb it: one question at a time, whose answer is for all. */
#ifndef HOLDFAST_EXPORTER_H
#define HOLDFAST_EXPORTER_H

struct exporter_options {
	const char *runtime_dir; /* where the suite runs */
	unsigned idle_s;         /* without clients for so long: exit */
	int first_fd, fds;       /* sockets that listen */
};

#define EXPORTER_CLIENTS_MAX   64
#define EXPORTER_HEAD_SECONDS  5    /* for a request's head */
#define EXPORTER_SECONDS       60   /* for all of it */
#define EXPORTER_STUCK_SECONDS 5    /* in which a client reads nothing of its answer */
#define EXPORTER_FRESH_MS      1000 /* so long an answer is good for others */

/* Until it is idle. Returns the exit status. */
int exporter_run(const struct exporter_options *options);

/* The whole program. Returns its exit status. */
int exporter_main(int argc, char **argv);

#endif
