/* What metrics are made of, as it was at one moment: it lives longer than the configuration. */
#ifndef HOLDFAST_METRICS_SNAPSHOT_H
#define HOLDFAST_METRICS_SNAPSHOT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "parentd/ipvs_tally.h"
#include "proto/proto.h"
#include "proto/state_tally.h"

#define METRICS_PROCESSES (PROTO_PROCESS_END - PROTO_LAUNCHER)
#define METRICS_TIMERS    2

struct metrics_process {
	const char *name;
	char user[PROTO_USER_LEN]; /* of a runner */
	bool up, working;
	bool counted; /* ended says why it was replaced */
	uint32_t ended[ENDED_CAUSES];
	/* while it is up */
	uint64_t rss, anon, file, shmem; /* bytes */
	uint64_t cpu_us;
	int64_t started_wall_s;
};

struct metrics_instance {
	char name[PROTO_NAME_LEN];
	char ifname[PROTO_IFNAME_LEN];
	char group[PROTO_NAME_LEN];
	uint8_t family, vrid, priority;
	bool known; /* what follows is */
	uint8_t state, effective_priority;
	int64_t changed_wall_s;
	uint64_t counters[VRRP_COUNTERS];
	uint64_t causes[TALLY_WORDS];
};

struct metrics_script {
	char name[PROTO_NAME_LEN];
	uint32_t verdict;
};

struct metrics_virtual {
	char name[PROTO_NAME_LEN];
	bool up;
	uint64_t weight_up;
	uint32_t quorum;
};

struct metrics_real {
	char name[PROTO_NAME_LEN];
	size_t virtual_server;
	bool up;
	int64_t weight;
};

struct metrics_checker {
	size_t real;
	size_t number; /* of those of its real server, from 0 */
	const char *type;
	uint32_t verdict;
	bool known; /* what follows is */
	uint64_t attempts, failures, latency_us;
};

struct metrics_check_type {
	const char *name; /* NULL: nothing of it was ever tried */
	uint64_t latency[TALLY_WORDS];
	uint64_t results[TALLY_WORDS];
};

struct metrics_snapshot {
	uint32_t generation; /* of the configuration in force; 0: none */
	int64_t conf_wall_s;
	bool reload_failed; /* the last one */
	uint64_t mails;
	struct metrics_process processes[METRICS_PROCESSES];
	size_t processes_count;
	uint64_t lateness[METRICS_TIMERS][TALLY_WORDS]; /* groups of vrrpd's page */
	struct metrics_check_type check_types[TALLY_CHECK_TYPES];
	struct metrics_instance *instances;
	size_t instances_count;
	struct metrics_script *scripts;
	size_t scripts_count;
	struct metrics_virtual *virtuals;
	size_t virtuals_count;
	struct metrics_real *reals;
	size_t reals_count;
	struct metrics_checker *checkers;
	size_t checkers_count;
	bool ipvs_wanted;        /* the configuration has something for ipvsd */
	struct ipvs_tally *ipvs; /* NULL: ipvsd could not be asked, or has nothing to do */
};

struct parent;

/* All but ipvs. Returns NULL without memory. */
struct metrics_snapshot *metrics_snapshot_take(struct parent *parent);
void metrics_snapshot_free(struct metrics_snapshot *snapshot);

#endif
