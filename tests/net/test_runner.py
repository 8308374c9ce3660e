"""Scripts: who runs them with which rights, how they end, and what becomes of them when something dies."""

import contextlib
import errno
import os
import pathlib
import re
import signal
import time

import pytest
from harness import BUILD, wait_for
from scripts import (EXITED, NOT_RUN, NOT_STARTED, SIGNALED, TIMED_OUT, Scripts, alive, children_of, group_is_gone,
                     open_files, status_of)

ALPHA, BETA = (12001, 12101, "alpha"), (12002, 12102, "beta")
SETGID, SETUID = 1 << 6, 1 << 7


@pytest.fixture
def suite(lab):
    """A function that starts a suite; its node is net.a."""
    net = lab(a="10.77.0.1/24", sniff=False)

    def start(*arguments):
        return Scripts(net.a, arguments)
    return start


# ---- rights ----

def rights(pid):
    status = status_of(pid)
    return {which: int(status[which], 16) for which in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb")}


def test_rights_of_nursery_runner_and_script(suite):
    import pwd
    scripts = suite()
    slot, = scripts.want_up(ALPHA)
    wait_for(lambda: len(scripts.nurseries()) == 2, "nursery and twin")
    for pid in scripts.nurseries():
        status = status_of(pid)
        assert set(status["Uid"].split()) == {str(pwd.getpwnam("holdfast").pw_uid)}
        assert status["Groups"].strip() == ""
        assert rights(pid) == {"CapInh": 0, "CapPrm": SETUID | SETGID, "CapEff": SETUID | SETGID, "CapBnd": 0,
                               "CapAmb": 0}
        assert (status["NoNewPrivs"], status["Seccomp"]) == ("1", "2")
    runner = scripts.pid(slot)
    place = scripts.place()
    script = scripts.script(f"echo $$ > {place}/pid; exec sleep 30")
    run = scripts.order(slot, script, timeout_ms=20000)
    wait_for(lambda: (place / "pid").exists() and (place / "pid").read_text().strip(), "the script runs")
    pid = int((place / "pid").read_text())
    for which in (runner, pid):
        status = status_of(which)
        assert set(status["Uid"].split()) == {"12001"} and set(status["Gid"].split()) == {"12101"}
        assert status["Groups"].split() == ["12101"]
        assert set(rights(which).values()) == {0}
        assert (status["NoNewPrivs"], status["Seccomp"]) == ("1", "2")
    status = status_of(pid)
    assert {int(status[which], 16) for which in ("SigBlk", "SigIgn", "SigCgt")} == {0}, "default signals"
    assert sorted(os.listdir(f"/proc/{pid}/fd")) == ["0", "1", "2"], "no descriptor but its own"
    assert os.readlink(f"/proc/{pid}/cwd") == "/"
    assert os.getpgid(pid) == pid
    scripts.say("end", slot, run)
    assert scripts.done(run).outcome == SIGNALED


def test_environment_is_clean(suite, monkeypatch):
    monkeypatch.setenv("LD_PRELOAD_NOT", "1")
    scripts = suite()
    slot, = scripts.want_up(ALPHA)
    done = scripts.run(slot, "/usr/bin/env")
    assert done.outcome == EXITED and done.status == 0
    assert sorted(done.output.splitlines()) == ["HOME=/", "LANG=C", "LOGNAME=alpha", "PATH=/usr/sbin:/usr/bin:/sbin:/bin",
                                                "SHELL=/bin/sh", "USER=alpha"]
    assert scripts.run(slot, "/bin/sh", "-c", "umask; cat; pwd").output == "0022\n/\n"


def test_scripts_have_no_priority_of_the_service(suite):
    """Neither on a processor nor, where this host lets us try that, when memory runs out."""
    spared = pathlib.Path("/proc/self/oom_score_adj")
    before = spared.read_text()
    os.nice(-5)
    try:
        with contextlib.suppress(PermissionError):
            spared.write_text("-500")
        scripts = suite()
    finally:
        os.nice(5)
        spared.write_text(before)
    slot, = scripts.want_up(ALPHA)
    assert scripts.run(slot, "/bin/sh", "-c", "nice; cat /proc/self/oom_score_adj").output == "0\n0\n"


@pytest.mark.parametrize("call", ["ptrace", "pidfd_getfd", "unshare", "mount", "bpf", "keyctl", "io_uring"])
def test_what_no_script_may_do(suite, call):
    """With EPERM and not by a signal, and neither for want of a capability alone."""
    scripts = suite()
    slot, = scripts.want_up(ALPHA)
    numbers = {"ptrace": "101, 0, 0, 0, 0", "pidfd_getfd": "438, -1, 0, 0", "unshare": "272, 0x10000000",
               "mount": "165, 0, 0, 0, 0, 0", "bpf": "321, 0, 0, 0", "keyctl": "250, 0, -3, 0", "io_uring": "425, 1, 0"}
    done = scripts.run(slot, "/usr/bin/python3", "-c",
                       "import ctypes; l = ctypes.CDLL(None, use_errno=True); "
                       f"print(l.syscall({numbers[call]}), ctypes.get_errno())")
    assert (done.outcome, done.output) == (EXITED, "-1 1\n")


def test_threads_and_subprocesses_work(suite):
    """clone3 is said not to exist; everybody then uses clone."""
    scripts = suite()
    slot, = scripts.want_up(ALPHA)
    done = scripts.run(slot, scripts.script(
        "import threading, subprocess\n"
        "t = threading.Thread(target=lambda: print('thread', flush=True)); t.start(); t.join()\n"
        "print(subprocess.check_output(['id', '-u'], text=True))", interpreter="#!/usr/bin/python3\n"))
    assert done.output == "thread\n12001\n", done


@pytest.mark.parametrize("user", [(0, 12101, "root"), (12001, 0, "half"), (0, 0, "root")])
def test_root_is_refused(suite, user):
    scripts = suite()
    scripts.want(user)
    wait_for(lambda: scripts.node.logged("--allow-root-scripts"), "refused, and how it can be allowed")
    assert all(s["pid"] == 0 for s in scripts.info())


def test_users_of_the_suite_are_refused(suite):
    import pwd
    scripts = suite("--allow-root-scripts")
    scripts.want((pwd.getpwnam("holdfast-vrrp").pw_uid, 12101, "holdfast-vrrp"))
    wait_for(lambda: scripts.node.logged("a user of the suite"), "refused")
    assert all(s["pid"] == 0 for s in scripts.info())


def test_root_when_allowed(suite):
    scripts = suite("--allow-root-scripts")
    root, other = scripts.want_up((0, 0, "root"), ALPHA)
    assert scripts.run(root, "/usr/bin/id", "-u").output == "0\n"
    done = scripts.run(root, "/bin/sh", "-c", "ip link add dummy9 type veth && ip link del dummy9 && echo fine")
    assert done.output == "fine\n", "what root may do"
    assert rights(scripts.pid(other)) == dict.fromkeys(rights(os.getpid()), 0), "others have nothing"
    assert scripts.run(other, "/usr/bin/id", "-u").output == "12001\n"


# ---- how scripts end ----

def test_outcomes(suite):
    scripts = suite()
    slot, = scripts.want_up(ALPHA)
    done = scripts.run(slot, scripts.script("echo out; echo err >&2; exit 3"))
    assert (done.outcome, done.status, done.output) == (EXITED, 3, "out\nerr\n")
    done = scripts.run(slot, scripts.script("kill -USR1 $$"))
    assert (done.outcome, done.status) == (SIGNALED, signal.SIGUSR1)
    done = scripts.run(slot, "/nowhere/at/all")
    assert (done.outcome, done.status) == (NOT_STARTED, 2)
    done = scripts.run(slot, scripts.script("echo $1 $2", interpreter=""), "one", "two words")
    assert (done.outcome, done.output) == (EXITED, "one two words\n"), "without an interpreter: the shell"
    secret = pathlib.Path(scripts.script("exit 0"))
    secret.chmod(0o700)
    done = scripts.run(slot, str(secret))
    assert (done.outcome, done.status) == (NOT_STARTED, 13)
    scripts.say("run", slot, 900, 0, 0, "/bin/true", "x" * 2000)
    assert scripts.said("error", 900)[0][2] == "7", "too long for a message"


def test_what_the_host_lacks_is_no_failure(suite):
    """No further process, or a file that is just being written: nobody knows what the script would say."""
    scripts = suite()
    slot, = scripts.want_up(ALPHA)
    script = scripts.script("exit 0")
    with open(script, "a"):
        done = scripts.run(slot, script)
        assert (done.outcome, done.status) == (NOT_RUN, errno.ETXTBSY)
    assert scripts.run(slot, script).outcome == EXITED
    assert scripts.run(slot, "/bin/sh", "-c", "exec prlimit --pid $PPID --nproc=1:").status == 0
    done = scripts.run(slot, script)
    assert (done.outcome, done.status) == (NOT_RUN, errno.EAGAIN)


def test_timeout_ends_the_whole_group(suite):
    scripts = suite()
    slot, = scripts.want_up(ALPHA)
    place = scripts.place()
    done = scripts.run(slot, scripts.script(f"sleep 60 & echo $! > {place}/child; echo started; wait"), timeout_ms=300)
    assert (done.outcome, done.status, done.output) == (TIMED_OUT, signal.SIGTERM, "started\n")
    assert done.duration_us < 2e6, "SIGTERM was enough"
    child = int((place / "child").read_text())
    assert not alive(child)


def test_timeout_kills_what_ignores_sigterm(suite):
    scripts = suite()
    slot, = scripts.want_up(ALPHA)
    place = scripts.place()
    stubborn = scripts.script(f"trap '' TERM; (trap '' TERM; sleep 60) & echo $! > {place}/child; sleep 60; sleep 60")
    done = scripts.run(slot, stubborn, timeout_ms=200)
    assert (done.outcome, done.status) == (TIMED_OUT, signal.SIGKILL)
    assert 2e6 < done.duration_us < 4e6
    child = int((place / "child").read_text())
    wait_for(lambda: not alive(child), "its child is dead as well")
    # The process itself goes at once, one of its children does not: the answer waits for the group.
    done = scripts.run(slot, scripts.script("(trap '' TERM; echo x; sleep 60; sleep 60) & sleep 60"), timeout_ms=200)
    assert done.outcome == TIMED_OUT and done.duration_us > 2e6


def test_timeout_ends_a_process_that_left_its_group(suite):
    scripts = suite()
    slot, = scripts.want_up(ALPHA)
    place = scripts.place()
    done = scripts.run(slot, scripts.script(
        f"import os, time; open('{place}/pid', 'w').write(str(os.getpid()))\n"
        "os.setpgid(0, os.getpgid(os.getppid())); time.sleep(60)\n", interpreter="#!/usr/bin/python3\n"), timeout_ms=500)
    assert (done.outcome, done.status) == (TIMED_OUT, signal.SIGTERM)
    assert not alive(int((place / "pid").read_text()))


def test_a_daemon_that_a_script_starts_stays(suite):
    scripts = suite()
    slot, = scripts.want_up(ALPHA)
    place = scripts.place()
    daemon = scripts.script(f"setsid sh -c 'echo $$ > {place}/pid; while :; do echo noise; sleep 0.01; done' &\n"
                            f"while ! test -s {place}/pid; do sleep 0.01; done; exit 0")
    done = scripts.run(slot, daemon, timeout_ms=5000)
    assert done.outcome == EXITED, "it ended when the process ended, though its output is still held open"
    pid = int((place / "pid").read_text())
    assert alive(pid)
    scripts.run(slot, "/bin/sleep", "0.3")
    assert alive(pid), "what it writes is read away"
    os.killpg(pid, signal.SIGKILL)
    wait_for(lambda: group_is_gone(pid), "and nothing of it is a zombie in the end")


def test_a_daemon_may_write_though_its_runner_has_gone(suite):
    """More than a pipe holds: neither is it killed by a closed pipe, nor does it hang at a full one."""
    scripts = suite()
    slot, = scripts.want_up(ALPHA)
    place, old = scripts.place(), scripts.pid(slot)
    scripts.run(slot, scripts.script(f"(echo $$; while :; do printf '%9999s\\n' x; echo >>{place}/turns; sleep 0.01; done) &\n"
                                     f"echo $! >{place}/pid"))
    pid = int((place / "pid").read_text())
    scripts.say("restart", 6)
    wait_for(lambda: scripts.pid(slot) not in (0, old), "another runner")
    since = (place / "turns").stat().st_size
    wait_for(lambda: (place / "turns").stat().st_size > since + 20, "it goes on")
    keeper, = [other for other in scripts.node.pids_of("runner") if status_of(other)["Name"].strip() == "script-output"]
    assert len(os.listdir(f"/proc/{keeper}/fd")) == 1, "it holds nothing else"
    group = os.getpgid(pid)
    os.killpg(group, signal.SIGKILL)
    wait_for(lambda: not status_of(keeper) and group_is_gone(group), "both are gone, and no zombies")


def test_output_flood_is_cut_and_blocks_nobody(suite):
    scripts = suite()
    slot, = scripts.want_up(ALPHA)
    flood = scripts.order(slot, "/bin/sh", "-c", "yes flood | head -c 300000000; echo the end")
    assert scripts.run(slot, "/bin/echo", "meanwhile").output == "meanwhile\n"
    done = scripts.done(flood)
    assert done.outcome == EXITED and done.output.endswith("flood\nthe end\n")
    assert len(done.output) < 480 and set(done.output.splitlines()[:-1]) == {"flood"}, "whole lines"
    rss = int(status_of(scripts.pid(slot))["VmRSS"].split()[0])
    assert rss < (20000 if "asan" not in str(BUILD) else 400000), "in bounds"
    done = scripts.run(slot, "/usr/bin/printf", r"\033[2Jevil\r\nK\303\266nig\000x\n")
    assert done.output == "?[2Jevil\nK??nig?x\n"


def test_queues_keep_the_order(suite):
    scripts = suite()
    slot, = scripts.want_up(ALPHA)
    place = scripts.place()
    script = scripts.script(f"echo begin $1 >> {place}/log; sleep 0.0$2; echo end $1 >> {place}/log")
    runs = [scripts.order(slot, script, str(i), str(9 - i), queue=7) for i in range(8)]
    at_once = scripts.order(slot, "/bin/true")
    other = scripts.order(slot, "/bin/true", queue=8)
    for run in runs + [at_once, other]:
        assert scripts.done(run).outcome == EXITED
    assert (place / "log").read_text().split("\n")[:-1] == [
        f"{what} {i}" for i in range(8) for what in ("begin", "end")], "in order, and never two at a time"
    ended = [line[2] for line in scripts.lines if line[0] == "done"]
    assert ended.index(str(at_once)) < ended.index(str(runs[-1]))
    assert ended.index(str(other)) < ended.index(str(runs[-1])), "queues do not wait for each other"


def test_too_many_are_not_run(suite):
    scripts = suite()
    slot, = scripts.want_up(ALPHA)
    runs = [scripts.order(slot, "/bin/sleep", "60") for _ in range(140)]
    refused = wait_for(lambda: (n := [line for line in scripts.hear() if line[0] == "done"]) and len(n) >= 12 and n,
                       "what is too much is answered at once")
    assert {line[3] for line in refused} == {str(NOT_RUN)} and len(refused) == 12
    for run in runs:
        scripts.say("end", slot, run)
    assert all(scripts.done(run).outcome in (SIGNALED, NOT_RUN) for run in runs)
    assert scripts.run(slot, "/bin/true").outcome == EXITED
    first = scripts.order(slot, "/bin/sleep", "60", queue=1)
    waiting = [scripts.order(slot, "/bin/true", queue=1) for _ in range(300)]
    assert scripts.done(waiting[-1]).outcome == NOT_RUN
    scripts.say("end", slot, waiting[5])
    assert scripts.done(waiting[5]).outcome == NOT_RUN, "ended while it waited"
    scripts.say("end", slot, first)
    outcomes = [scripts.done(run).outcome for run in waiting]
    assert outcomes.count(EXITED) == 255 and outcomes.count(NOT_RUN) == 45


def test_a_thousand_runs_leave_nothing_behind(suite):
    scripts = suite()
    slot, = scripts.want_up(ALPHA)
    runner = scripts.pid(slot)
    script = scripts.script("sleep 0.01 & echo $1")

    def fifty():
        runs = [scripts.order(slot, script, str(i), timeout_ms=10000) for i in range(50)]
        assert all(scripts.done(run).outcome == EXITED for run in runs)

    fifty()
    wait_for(lambda: not children_of(runner), "no zombies")
    wait_for(lambda: open_files(runner) < 20, "descriptors are given back")
    before, rss = open_files(runner), int(status_of(runner)["VmRSS"].split()[0])
    for _ in range(20):
        fifty()
    wait_for(lambda: not children_of(runner), "no zombies")
    wait_for(lambda: open_files(runner) == before, "no descriptor leaks")
    assert int(status_of(runner)["VmRSS"].split()[0]) < rss * (1.3 if "asan" not in str(BUILD) else 3)
    assert scripts.pid(slot) == runner


# ---- when something dies ----

def test_killed_runner_is_replaced_and_its_scripts_end(suite):
    scripts = suite()
    slot, = scripts.want_up(ALPHA)
    place = scripts.place()
    script = scripts.script(f"sleep 60 & echo $! > {place}/child; echo $$ > {place}/pid; wait; echo never")
    scripts.order(slot, script)
    wait_for(lambda: (place / "pid").exists() and (place / "pid").read_text().strip(), "the script runs")
    old = scripts.pid(slot)
    os.kill(old, signal.SIGKILL)
    scripts.said("lost", slot)
    scripts.said("up", slot, count=2)
    assert scripts.pid(slot) not in (0, old)
    for name in ("pid", "child"):
        pid = int((place / name).read_text())
        wait_for(lambda: not status_of(pid), f"{name} is dead, and reaped")
    assert scripts.run(slot, "/bin/true").outcome == EXITED


def test_hung_runner_is_replaced(suite):
    scripts = suite()
    slot, = scripts.want_up(ALPHA)
    old = scripts.pid(slot)
    os.kill(old, signal.SIGSTOP)
    wait_for(lambda: scripts.pid(slot) not in (0, old), "a new one", timeout=20)
    scripts.said("up", slot, count=2)
    assert scripts.run(slot, "/bin/true").outcome == EXITED


def test_killed_nurseries(suite):
    """Each in turn, many times: there always is a spare one, and the runners go on."""
    scripts = suite()
    slot, = scripts.want_up(ALPHA)
    runner = scripts.pid(slot)
    for _ in range(5):
        for which in (min, max):
            both = wait_for(lambda: len(found := scripts.nurseries()) == 2 and found, "two nurseries")
            os.kill(which(both), signal.SIGKILL)
            wait_for(lambda: len(now := scripts.nurseries()) == 2 and set(now) != set(both), "two again")
    assert scripts.pid(slot) == runner and scripts.run(slot, "/bin/true").outcome == EXITED
    assert status_of(runner)["PPid"] == str(scripts.node.pid("holdfast")), "its end is still known"
    os.kill(runner, signal.SIGKILL)
    wait_for(lambda: scripts.pid(slot) not in (0, runner), "replaced")
    wait_for(lambda: not status_of(runner), "and no zombie")
    other = scripts.want_up(ALPHA, BETA)[1]
    assert scripts.run(other, "/usr/bin/id", "-u").output == "12002\n"


def test_hung_nursery_is_replaced(suite):
    scripts = suite()
    scripts.want_up(ALPHA)
    first = wait_for(lambda: len(found := scripts.nurseries()) == 2 and found, "two nurseries")
    used = next(pid for pid in first if children_of(pid))
    os.kill(used, signal.SIGSTOP)
    scripts.want(ALPHA, BETA)
    wait_for(lambda: not alive(used), "killed", timeout=15)
    slot = scripts.want_up(ALPHA, BETA)[1]
    assert scripts.run(slot, "/bin/true").outcome == EXITED


def test_killed_nursery_and_runner_at_once(suite):
    scripts = suite()
    slot, = scripts.want_up(ALPHA)
    both = wait_for(lambda: len(found := scripts.nurseries()) == 2 and found, "two nurseries")
    used = next(pid for pid in both if children_of(pid))
    runner = scripts.pid(slot)
    for pid in (used, runner):
        os.kill(pid, signal.SIGSTOP)
    for pid in (used, runner):
        os.kill(pid, signal.SIGKILL)
    wait_for(lambda: scripts.pid(slot) not in (0, runner), "a new runner from the twin")
    scripts.said("up", slot, count=2)
    assert scripts.run(slot, "/bin/true").outcome == EXITED


def test_without_any_nursery_the_rest_goes_on(suite):
    scripts = suite()
    slot, = scripts.want_up(ALPHA)
    both = wait_for(lambda: len(found := scripts.nurseries()) == 2 and found, "two nurseries")
    for pid in both:
        os.kill(pid, signal.SIGSTOP)
    for pid in both:
        os.kill(pid, signal.SIGKILL)
    wait_for(lambda: scripts.node.logged("no nursery is left"), "it is said")
    assert scripts.run(slot, "/bin/true").outcome == EXITED
    place = scripts.place()
    scripts.order(slot, scripts.script(f"echo $$ > {place}/pid; exec sleep 60"))
    pid = int(wait_for(lambda: (place / "pid").exists() and (place / "pid").read_text().strip(), "the script runs"))
    os.kill(scripts.pid(slot), signal.SIGKILL)
    scripts.said("lost", slot)
    wait_for(lambda: not status_of(pid), "no script without its runner, though there will be no other one")
    assert scripts.pid(slot) == 0


def test_killed_parentd_gets_the_answers_later(suite):
    scripts = suite()
    slot, = scripts.want_up(ALPHA)
    runner = scripts.pid(slot)
    place = scripts.place()
    run = scripts.order(slot, scripts.script(
        f"echo > {place}/begun; while ! test -e {place}/go; do sleep 0.01; done; echo late"))
    wait_for(lambda: (place / "begun").exists(), "the script runs")
    os.kill(scripts.node.pid("parentd"), signal.SIGKILL)
    (place / "go").touch()
    scripts.listen()
    done = scripts.done(run)
    assert (done.outcome, done.output) == (EXITED, "late\n")
    assert scripts.want_up(BETA, ALPHA)[1] == slot, "who has a slot keeps it"
    assert scripts.pid(slot) == runner


def test_killed_launcher_ends_everything(suite):
    scripts = suite()
    slot, = scripts.want_up(ALPHA)
    place = scripts.place()
    scripts.order(slot, scripts.script(f"trap '' TERM; echo $$ > {place}/pid; while :; do sleep 1; done"))
    wait_for(lambda: (place / "pid").exists() and (place / "pid").read_text().strip(), "the script runs")
    scripts.node.strict = False
    scripts.node.kill("holdfast")
    pid = int((place / "pid").read_text())
    wait_for(lambda: not alive(pid), "the script is killed in the end")
    wait_for(lambda: not scripts.node.pids_of("runner"), "runner, nursery and twin end")


# ---- coming and going ----

def test_users_come_and_go(suite):
    scripts = suite()
    users = [(12001 + i, 12101 + i, f"user{i}") for i in range(8)]
    slots = scripts.want_up(*users)
    assert sorted(slots) == list(range(8))
    for (uid, gid, name), slot in zip(users, slots):
        assert scripts.run(slot, "/bin/sh", "-c", "id -u; id -G; echo $USER").output == f"{uid}\n{gid}\n{name}\n"
    pids = {s["slot"]: s["pid"] for s in scripts.info()}
    scripts.want(*users, (12050, 12150, "ninth"))
    scripts.said("too many")
    newcomer = (12050, 12150, "ninth")
    place = scripts.want_up(*users[3:], newcomer)[-1]
    assert place not in slots[3:] and scripts.run(place, "/usr/bin/id", "-u").output == "12050\n"
    wait_for(lambda: sum(s["pid"] != 0 for s in scripts.info()) == 6, "the others were ended")
    assert all(s["pid"] == pids[s["slot"]] for s in scripts.info() if s["slot"] in slots[3:])
    scripts.want()
    wait_for(lambda: all(s["pid"] == 0 for s in scripts.info()), "none is needed")
    assert len(scripts.node.pids_of("runner")) == 2, "but the nurseries"


def test_stop_lets_no_script_live_on(suite):
    scripts = suite()
    slot, = scripts.want_up(ALPHA)
    place = scripts.place()
    gentle = scripts.script(f"trap 'echo bye > {place}/bye; exit 0' TERM; echo $$ > {place}/pid1; while :; do sleep 0.1; done")
    stubborn = scripts.script(f"trap '' TERM; echo $$ > {place}/pid2; while :; do sleep 0.1; done")
    scripts.order(slot, gentle)
    scripts.order(slot, stubborn)
    pids = [wait_for(lambda: (place / n).exists() and (place / n).read_text().strip(), n) for n in ("pid1", "pid2")]
    since = time.monotonic()
    assert scripts.node.stop() == 0
    assert time.monotonic() - since < 4
    assert (place / "bye").exists()
    assert not any(alive(int(pid)) for pid in pids)
    assert not scripts.node.pids_of("runner")


def test_restart_of_the_runners(suite):
    scripts = suite()
    slots = scripts.want_up(ALPHA, BETA)
    before = [scripts.pid(slot) for slot in slots]
    run = scripts.order(slots[0], scripts.script("trap 'echo told; exit 7' TERM; while :; do sleep 0.05; done"))
    scripts.run(slots[0], "/bin/sleep", "0.2")
    scripts.say("restart", 6)
    done = scripts.done(run)
    assert (done.outcome, done.status) == (EXITED, 7), "it had the time to end"
    wait_for(lambda: all(scripts.pid(slot) not in (0, old) for slot, old in zip(slots, before)), "all were replaced")
    for slot in slots:
        scripts.said("up", slot, count=2)
        assert scripts.run(slot, "/bin/true").outcome == EXITED


def test_many_restarts_leak_no_descriptor(suite):
    scripts = suite()
    slots = scripts.want_up(ALPHA, BETA)
    who = [scripts.node.pid("holdfast"), *wait_for(lambda: len(found := scripts.nurseries()) == 2 and found, "two")]

    def restart(times):
        for _ in range(times):
            before = [scripts.pid(slot) for slot in slots]
            scripts.say("restart", 6)
            wait_for(lambda: all(s["up"] and s["pid"] not in before for s in scripts.info() if s["slot"] in slots),
                     "replaced")

    restart(2)
    before = [open_files(pid) for pid in who]
    restart(20)
    wait_for(lambda: [open_files(pid) for pid in who] == before, "as many descriptors as before")
    assert all(not status_of(pid)["State"].startswith("Z") for nursery in who[1:] for pid in children_of(nursery))


def test_upgrade(suite):
    """New programs on disk: the runners and the launcher run them, the nurseries stay."""
    import shutil
    scripts = suite()
    slots = scripts.want_up(ALPHA, BETA)
    both = wait_for(lambda: len(found := scripts.nurseries()) == 2 and found, "two nurseries")
    before = [scripts.pid(slot) for slot in slots]
    for round_ in (1, 2):
        for name in ("runner", "vrrpd", "checkerd", "ipvsd", "parentd"):
            new = scripts.libexec / f"{name}.new"
            shutil.copy(scripts.libexec / name, new)
            new.rename(scripts.libexec / name)
        launcher = scripts.node.pid("holdfast")
        scripts.say("upgrade")
        wait_for(lambda: scripts.node.log().count("upgraded: every process") == round_, "upgraded", timeout=30)
        scripts.listen()
        assert scripts.node.pid("holdfast") == launcher
        assert set(scripts.nurseries()) == set(both), "they stay"
        scripts.want(ALPHA, BETA)
        wait_for(lambda: all(s["up"] for s in scripts.info() if s["slot"] in slots), "up")
        after = [scripts.pid(slot) for slot in slots]
        assert not set(before) & set(after)
        on_disk = (scripts.libexec / "runner").stat().st_ino
        for pid in after:
            assert os.stat(f"/proc/{pid}/exe").st_ino == on_disk
        assert scripts.run(slots[0], "/usr/bin/id", "-u").output == "12001\n"
        before = after
    # The launcher of the new program still has its nurseries and knows its runners.
    os.kill(both[0], signal.SIGKILL)
    wait_for(lambda: len(now := scripts.nurseries()) == 2 and set(now) != set(both), "two again")
    os.kill(before[0], signal.SIGKILL)
    wait_for(lambda: scripts.pid(slots[0]) not in (0, before[0]), "replaced")


def test_upgrade_refuses_a_runner_that_cannot_start(suite):
    import shutil
    scripts = suite()
    slot, = scripts.want_up(ALPHA)
    before = scripts.pid(slot)
    new = scripts.libexec / "new"
    shutil.copy("/bin/false", new)
    new.rename(scripts.libexec / "runner")
    scripts.say("upgrade")
    refused = wait_for(lambda: next((line for line in scripts.hear() if line[:2] == ["upgrade", "3"]), None), "refused")
    assert re.search("runner", refused[3])
    assert scripts.pid(slot) == before and scripts.run(slot, "/bin/true").outcome == EXITED
