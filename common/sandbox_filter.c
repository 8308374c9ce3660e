/* From rule tables to a filter in the kernel. */
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <malloc.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "common/sandbox_tables.h"
#include "proto/proto.h"

static void tables_add(
	struct sandbox_tables *tables, const struct sandbox_rule *rules, size_t count)
{
	if (tables->count == SANDBOX_TABLES_MAX)
		abort();
	tables->list[tables->count++] = (struct sandbox_table){rules, count};
}

void sandbox_tables_own(struct sandbox_tables *tables, const struct sandbox_profile *profile)
{
	size_t count;
	const struct sandbox_rule *rules;
	tables->count = 0;
	tables_add(tables, profile->rules, profile->rules_count);
	if (!profile->complete) {
		rules = sandbox_common_rules(&count);
		tables_add(tables, rules, count);
	}
	rules = sandbox_build_rules(&count);
	tables_add(tables, rules, count);
}

void sandbox_tables_envelope(struct sandbox_tables *tables, const struct sandbox_profile *own,
	const struct sandbox_profile *const children[], size_t count)
{
	size_t rules_count;
	sandbox_tables_own(tables, own);
	const struct sandbox_rule *rules = sandbox_common_rules(&rules_count);
	tables_add(tables, rules, rules_count);
	rules = sandbox_startup_rules(&rules_count);
	tables_add(tables, rules, rules_count);
	rules = sandbox_build_startup_rules(&rules_count);
	tables_add(tables, rules, rules_count);
	tables_add(tables, own->startup, own->startup_count);
	for (size_t i = 0; i < count; i++) {
		tables_add(tables, children[i]->rules, children[i]->rules_count);
		tables_add(tables, children[i]->startup, children[i]->startup_count);
	}
}

static const struct sandbox_rule *rule_at(const struct sandbox_tables *tables, size_t place)
{
	for (size_t i = 0; i < tables->count; i++) {
		if (place < tables->list[i].count)
			return &tables->list[i].rules[place];
		place -= tables->list[i].count;
	}
	return NULL;
}

const struct sandbox_rule *sandbox_rule_at(const struct sandbox_profile *profile, size_t place)
{
	struct sandbox_tables tables;

	sandbox_tables_own(&tables, profile);
	return rule_at(&tables, place);
}

const struct sandbox_rule *sandbox_startup_rule_at(size_t place)
{
	struct sandbox_tables tables = {.count = 0};
	size_t count;
	const struct sandbox_rule *rules = sandbox_startup_rules(&count);

	tables_add(&tables, rules, count);
	rules = sandbox_build_startup_rules(&count);
	tables_add(&tables, rules, count);
	return rule_at(&tables, place);
}

/* Field by field: what lies between them is nothing. */
static uint32_t rule_sum(uint32_t sum, const struct sandbox_rule *rule)
{
	const uint64_t head[] = {(uint64_t)rule->call, rule->verdict, rule->args_count};

	sum = proto_checksum(sum, head, sizeof(head));
	for (unsigned i = 0; i < rule->args_count; i++) {
		const struct sandbox_arg *arg = &rule->args[i];
		const uint64_t words[] = {arg->index, arg->mask, arg->value};
		sum = proto_checksum(sum, words, sizeof(words));
	}
	return sum;
}

uint32_t sandbox_tables_sum(const struct sandbox_tables *tables, enum sandbox_mode mode)
{
	const uint64_t word = mode;
	uint32_t sum = proto_checksum(0, &word, sizeof(word));

	for (size_t i = 0; i < tables->count; i++) {
		for (size_t j = 0; j < tables->list[i].count; j++)
			sum = rule_sum(sum, &tables->list[i].rules[j]);
	}
	return sum != 0 ? sum : 1;
}

static bool allowed_somewhere(const struct sandbox_tables *tables, int call)
{
	for (size_t i = 0; i < tables->count; i++) {
		const struct sandbox_table *table = &tables->list[i];
		for (size_t j = 0; j < table->count; j++) {
			if (table->rules[j].call == call &&
				table->rules[j].verdict == SANDBOX_ALLOW)
				return true;
		}
	}
	return false;
}

static int add_rule(scmp_filter_ctx filter, const struct sandbox_tables *tables,
	const struct sandbox_rule *rule)
{
	struct scmp_arg_cmp compare[sizeof(rule->args) / sizeof(rule->args[0])];
	uint32_t action = SCMP_ACT_ALLOW;
	if (rule->verdict == SANDBOX_DENY) {
		if (allowed_somewhere(tables, rule->call))
			return 0;
		action = SCMP_ACT_ERRNO(EACCES);
	}
	for (unsigned i = 0; i < rule->args_count; i++) {
		const struct sandbox_arg *arg = &rule->args[i];
		compare[i] = (struct scmp_arg_cmp){
			.arg = arg->index,
			.op = SCMP_CMP_MASKED_EQ,
			.datum_a = arg->mask,
			.datum_b = arg->value,
		};
	}
	int result = seccomp_rule_add_array(filter, action, rule->call, rule->args_count, compare);
	/* Two tables may hold the same row. */
	return result == -EEXIST ? 0 : result;
}

static int fill(scmp_filter_ctx filter, const struct sandbox_tables *tables)
{
	int result = seccomp_attr_set(filter, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS);
	for (size_t i = 0; i < tables->count && result == 0; i++) {
		const struct sandbox_table *table = &tables->list[i];
		for (size_t j = 0; j < table->count && result == 0; j++)
			result = add_rule(filter, tables, &table->rules[j]);
	}
	return result;
}

/* NULL with errno. */
static scmp_filter_ctx filter_new(const struct sandbox_tables *tables, enum sandbox_mode mode)
{
	scmp_filter_ctx filter =
		seccomp_init(mode == SANDBOX_LOG ? SCMP_ACT_LOG : SCMP_ACT_KILL_PROCESS);
	if (filter == NULL) {
		errno = ENOMEM;
		return NULL;
	}
	int result = fill(filter, tables);
	if (result != 0) {
		seccomp_release(filter);
		errno = -result;
		return NULL;
	}
	return filter;
}

static int export(const struct sandbox_tables *tables, enum sandbox_mode mode, int fd)
{
	scmp_filter_ctx filter = filter_new(tables, mode);
	if (filter == NULL)
		return -1;
	int result = seccomp_export_bpf(filter, fd);
	seccomp_release(filter);
	if (result != 0) {
		errno = -result;
		return -1;
	}
	return 0;
}

/* The program as the kernel takes it. Returns the number of its instructions, or -1 with errno. */
static ssize_t build(const struct sandbox_tables *tables, enum sandbox_mode mode,
	struct sock_filter *program, size_t size)
{
	int fd = memfd_create("filter", MFD_CLOEXEC);

	if (fd == -1)
		return -1;
	ssize_t length = -1;
	if (export(tables, mode, fd) == 0)
		length = pread(fd, program, size, 0);
	int saved = errno;
	close(fd);
	/* Building it took some hundred kilobytes that are never needed again. */
	malloc_trim(0);
	errno = saved;
	return length == -1 ? -1 : length / (ssize_t)sizeof(*program);
}

int sandbox_filter_load(const struct sandbox_tables *tables, enum sandbox_mode mode)
{
	static struct sock_filter program[BPF_MAXINSNS];
	ssize_t count = build(tables, mode, program, sizeof(program));

	if (count == -1)
		return -1;
	const struct sock_fprog loaded = {.len = (unsigned short)count, .filter = program};
	/* Last of all: what building and tidying up need is not what the process needs later. */
	return syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0U, &loaded) == -1 ? -1 : 0;
}

int sandbox_export(const struct sandbox_profile *profile, enum sandbox_mode mode, int fd)
{
	struct sandbox_tables tables;

	sandbox_tables_own(&tables, profile);
	return export(&tables, mode, fd);
}

int sandbox_export_envelope(const struct sandbox_profile *own,
	const struct sandbox_profile *const children[], size_t count, enum sandbox_mode mode,
	int fd)
{
	struct sandbox_tables tables;

	sandbox_tables_envelope(&tables, own, children, count);
	return export(&tables, mode, fd);
}
