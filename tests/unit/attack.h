/* What somebody tries who runs code of his own in a process of the suite, and what comes of it. */
#ifndef HOLDFAST_TEST_ATTACK_H
#define HOLDFAST_TEST_ATTACK_H

#include <stddef.h>
#include <sys/types.h>

/* Whom the attacker owns. */
enum world {
	WORLD_LAUNCHER,
	WORLD_PARENT,
	WORLD_VRRP,
	WORLD_CHECK,
	WORLD_IPVS,
	WORLD_NURSERY,
	WORLD_SCRIPT, /* a runner is no better off */
	WORLDS,
};

/* One letter for each world, in this order: K the kernel kills the process, R the call is refused
 * with an error, P it is possible. */
struct attack {
	const char *name;
	const char *outcome;
	long (*function)(void); /* returns -1 when it did not work; NULL: the call below */
	long call;
	long arguments[5];
};

extern const struct attack attacks[];
extern const size_t attacks_count;

/* Who is there to be attacked, made by the test before. */
struct attack_victims {
	pid_t sibling; /* of another user */
	int listener;  /* a socket of the internet, bound */
};
extern struct attack_victims victims;

#endif
