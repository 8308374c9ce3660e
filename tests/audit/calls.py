#!/usr/bin/python3
"""Runs tests and says which rows of the suite's system call tables they needed:

    calls.py [--report FILE] [--whole] COMMAND…
    calls.py --numbers

Every row (a call, with what it asks of the arguments) that allows something must have been used by a process
that had entered its own filter, or be marked as spare in its table, with the reason. Calls that no row allows are
named as well: the kernel killed who made them, or only logged it. Which test used what stands in FILE.

The exit status is the command's, but not 0 when a call was made that no row allows; or when a row was not used and
--whole says that these were all tests. Where the kernel cannot count system calls the command is run all the same, and that is said.
"""

import argparse
import collections
import json
import os
import pathlib
import subprocess
import sys
import tempfile

import bpf

TOP = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("HOLDFAST_BUILD", TOP / "build"))
SHOWN_TESTS = 6


def tables():
    done = subprocess.run([str(BUILD / "holdfastctl"), "seccomp", "--tables", "--json"], capture_output=True,
                          text=True, check=True)
    return {process["name"]: process for process in json.loads(done.stdout)["processes"]
            if process["list"] == "allowed"}


def masks_of(processes):
    """What of the arguments has to be kept to tell the rows apart."""
    masks = collections.defaultdict(lambda: [0] * bpf.ARGUMENTS)
    for process in processes.values():
        for rule in process["rules"]:
            for compared in rule["compared"]:
                masks[rule["number"]][compared["index"]] |= compared["mask"]
    return masks


def matches(rule, number, arguments):
    return rule["number"] == number and all(
        arguments[c["index"]] & c["mask"] == c["value"] for c in rule["compared"])


class Groups:
    """Control groups, one for each test file, which enters its own (tests/net/fixtures.py)."""

    def __init__(self):
        mounts = [line.split() for line in pathlib.Path("/proc/mounts").read_text().splitlines()]
        places = [place for _, place, kind, *_ in mounts if kind == "cgroup2"]
        if not places:
            raise OSError("no control groups (cgroup2) are mounted")
        self.root = pathlib.Path(tempfile.mkdtemp(prefix="holdfast-calls-", dir=places[0]))

    def names(self):
        return {path.stat().st_ino: path.name for path in self.root.iterdir() if path.is_dir()}

    def remove(self):
        for path in [*(p for p in self.root.iterdir() if p.is_dir()), self.root]:
            try:
                path.rmdir()
            except OSError:
                pass  # something still runs there


class Usage:
    def __init__(self, processes):
        self.processes = processes
        self.used = collections.defaultdict(collections.Counter)  # (process, row) -> test -> how often
        self.outside = collections.defaultdict(set)  # (process, call number, arguments) -> tests

    def add(self, process, number, arguments, test, count):
        rules = self.processes[process]["rules"]
        rows = [row for row, rule in enumerate(rules) if matches(rule, number, arguments)]
        for row in rows:
            self.used[process, row][test] += count
        if not rows:
            self.outside[process, number, arguments].add(test)

    def unused(self):
        for name, process in self.processes.items():
            for row, rule in enumerate(process["rules"]):
                if rule["allowed"] and not rule["spare"] and not self.used[name, row]:
                    yield f"{name}: {text_of(rule)}"

    def complaints(self, whole):
        for (name, number, arguments), tests in self.outside.items():
            yield f"{name}: call {number} {arguments} is in no list; made in {', '.join(sorted(tests))}"
        if whole:
            yield from (f"{text} is allowed, and no test needs it" for text in self.unused())

    def lines(self):
        for name, process in self.processes.items():
            yield f"{name}: {process['calls']} calls allowed"
            for row, rule in enumerate(process["rules"]):
                tests = self.used[name, row]
                shown = ", ".join(test for test, _ in tests.most_common(SHOWN_TESTS))
                more = f" and {len(tests) - SHOWN_TESTS} more" if len(tests) > SHOWN_TESTS else ""
                needed = shown + more if tests else f"spare: {rule['spare']}" if rule["spare"] else "-"
                yield (f"  {'' if rule['allowed'] else 'not '}allowed  {text_of(rule)}: {sum(tests.values())} times: "
                       f"{needed}")


def numbers():
    """How many calls each process may make, in one line."""
    done = subprocess.run([str(BUILD / "holdfastctl"), "seccomp", "--tables", "--json"], capture_output=True,
                          text=True, check=True)
    words = []
    for process in json.loads(done.stdout)["processes"]:
        more = f" ({process['envelope_calls']} with what it hands on)" if "envelope_calls" in process else ""
        words.append(f"{process['name']} {'all but ' if process['list'] == 'denied' else ''}{process['calls']}{more}")
    return ", ".join(words)


def text_of(rule):
    return f"{rule['call']} ({rule['arguments']})" if rule["arguments"] else rule["call"]


def run(command, groups=None):
    environment = dict(os.environ)
    if groups:
        environment["HOLDFAST_CALLS"] = str(groups.root)
    return subprocess.run(command, env=environment).returncode


def count(command, processes):
    """Returns the command's exit status and what it used, or why this kernel cannot count that."""
    try:
        groups = Groups()
        counter = bpf.Counter(processes, masks_of(processes))
    except OSError as error:
        print(f"system calls are not counted: {error}")
        return run(command), str(error)
    try:
        status = run(command, groups)
        tests = groups.names()
        usage = Usage(processes)
        for name, own, number, arguments, group, times in counter.counts():
            if own and group in tests:
                usage.add(name, number, arguments, tests[group], times)
    finally:
        groups.remove()
    return status, usage


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--report", type=pathlib.Path)
    parser.add_argument("--whole", action="store_true")
    parser.add_argument("--numbers", action="store_true")
    parser.add_argument("command", nargs=argparse.REMAINDER)
    arguments = parser.parse_args()
    if arguments.numbers:
        print(numbers())
        return 0
    status, usage = count(arguments.command, tables())
    if not isinstance(usage, Usage):
        if arguments.report:
            arguments.report.write_text(f"SKIPPED system calls are not counted: {usage}\n")
        return status
    complaints = list(usage.complaints(arguments.whole))
    for text in complaints:
        print(f"system calls: {text}")
    if arguments.report:
        lines = [*usage.lines(), *(f"WRONG {text}" for text in complaints)]
        arguments.report.write_text("".join(line + "\n" for line in lines))
    return status or (1 if complaints else 0)


if __name__ == "__main__":
    sys.exit(main())
