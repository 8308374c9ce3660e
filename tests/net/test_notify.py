"""Notify scripts and fifos: who is told what, in which order, and that it survives processes."""

import os
import pwd
import signal

import pytest
from conf import block, global_defs, instance
from harness import wait_for
from vrrp import Advert

VIP = "10.77.0.50"
ADVERT = 0.1
NOBODY = pwd.getpwnam("nobody").pw_uid


class Recorder:
    """Scripts that write down how they were called, when they start and when they end."""

    def __init__(self, node, seconds=0):
        self.node = node
        self.told = node.dir / "told"
        self.told.write_text("")
        os.chown(self.told, NOBODY, -1)
        self.slow = node.dir / "slow"
        self.set_slow(seconds)
        self.path = node.dir / "record.sh"
        self.path.write_text("#!/bin/sh\n"
                             f'echo "start $*" >>{self.told}\n'
                             f'read seconds <{self.slow}\n'
                             'sleep "$seconds"\n'
                             f'echo "end $*" >>{self.told}\n')
        self.path.chmod(0o755)

    def set_slow(self, seconds):
        new = self.slow.with_suffix(".new")
        new.write_text(f"{seconds}\n")
        new.chmod(0o644)
        new.rename(self.slow)

    def line(self, keyword, *words):
        return f'{keyword} "{self.path} {" ".join(words or (keyword,))}" nobody'

    def lines(self, *keywords):
        return "\n".join(self.line(k) for k in keywords or (
            "notify_master", "notify_backup", "notify_fault", "notify_stop", "notify"))

    def calls(self, what="start"):
        found = [line.split(" ", 1) for line in self.told.read_text().splitlines()]
        return [words for kind, words in found if kind == what]

    def wait(self, *calls, what="end"):
        wait_for(lambda: self.calls(what) == list(calls), f"{self.node.name} is told {calls}")

    def check_order(self):
        """One after the other: whoever starts, ends before the next one starts."""
        lines = self.told.read_text().splitlines()
        for start, end in zip(lines[::2], lines[1::2]):
            assert start.replace("start", "end") == end, lines


def two(state, priority=100, keyword=None):
    """What an instance's change of state brings: the specific command, and the general one."""
    return [keyword or f"notify_{state.lower()}", f"notify INSTANCE VI_1 {state} {priority}"]


def start(net, recorder, more="", glob="", **arguments):
    net.a.start(glob + instance(version=3, advert=str(ADVERT), extra=recorder.lines() + "\n" + more, **arguments))
    recorder.wait(*two("BACKUP"), *two("MASTER"))


def flap(net, times):
    """Another router with a higher priority comes and goes; waits for the changes, not for what they bring."""
    for _ in range(times):
        for priority, state in ((254, "BACKUP"), (0, "MASTER")):
            net.client.inject(Advert(version=3, priority=priority, interval_cs=10, source="10.77.0.100").build())
            wait_for(lambda: net.a.vrrp("VI_1")["state"] == state, f"it is {state}")


def test_start_changes_and_stop(lab):
    net = lab(a="10.77.0.1/24", sniff=False)
    told = Recorder(net.a)
    start(net, told)
    flap(net, 1)
    told.wait(*two("BACKUP"), *two("MASTER"), *two("BACKUP"), *two("MASTER"))
    net.a.unplug()
    told.wait(*(two("BACKUP") + two("MASTER")) * 2, *two("FAULT"))
    net.a.plug()
    told.wait(*(two("BACKUP") + two("MASTER")) * 2, *two("FAULT"), *two("BACKUP"), *two("MASTER"))
    shown = net.a.ctl("scripts")
    assert "VI_1" in shown and "MASTER" in shown and "exit status 0" in shown
    assert net.a.stop() == 0
    assert told.calls("end")[-2:] == two("STOP")
    told.check_order()


def test_slow_scripts_stay_in_order_and_end_with_the_latest(lab):
    net = lab(a="10.77.0.1/24", sniff=False)
    told = Recorder(net.a)
    start(net, told)
    told.set_slow(0.4)
    flap(net, 12)
    told.set_slow(0)
    wait_for(lambda: len(told.calls("end")) > 10 and told.calls("end")[-2:] == two("MASTER")
             and len(told.calls()) == len(told.calls("end")), "the last one is told")
    told.check_order()
    assert net.a.logged("VI_1: its scripts are slower than its changes: [0-9]+ notices were left out")
    assert len(told.calls()) < 2 * (2 + 24)
    calls = told.calls()
    assert all(calls[i + 1] == f"notify INSTANCE VI_1 {calls[i][7:].upper()} 100" for i in range(0, len(calls), 2))


@pytest.mark.parametrize("victim", ["vrrpd", "parentd", "runner"])
def test_no_notice_is_lost_or_repeated(lab, victim):
    net = lab(a="10.77.0.1/24", sniff=False)
    told = Recorder(net.a)
    start(net, told)
    expected = two("BACKUP") + two("MASTER")
    # in the quiet: nothing is said again
    net.a.restarts = {victim: 2}
    replace(net, victim)
    flap(net, 1)
    expected += two("BACKUP") + two("MASTER")
    told.wait(*expected)
    # while a script runs and more wait
    told.set_slow(0.3)
    flap(net, 1)
    wait_for(lambda: len(told.calls("start")) > len(expected), "a script runs")
    replace(net, victim)
    told.set_slow(0)
    wait_for(lambda: told.calls("end")[len(expected):][-2:] == two("MASTER"), "the latest state is told")
    starts, ends = told.calls(), told.calls("end")
    if victim == "runner":  # the script that died with it was run again
        assert ends == expected + two("BACKUP") + two("MASTER")
        assert len(starts) == len(ends) + 1
        return
    told.check_order()
    assert starts == ends
    if victim == "vrrpd":
        assert ends == expected + two("BACKUP") + two("MASTER")
    else:  # what waited was left out for the latest
        assert ends[len(expected):] in (two("BACKUP") + two("MASTER"), two("BACKUP")[:1] + two("MASTER"))


def replace(net, name):
    """kill -9 of one process; there is another one that works."""
    def works(before=None):
        return net.a.shows(lambda status: next(
            (p["pid"] for p in status["processes"] if p["name"] == name and p["working"] and p["pid"] != before), None))
    victim = wait_for(works, f"{name} works")
    os.kill(victim, signal.SIGKILL)
    wait_for(lambda: works(victim), f"another {name} works")
