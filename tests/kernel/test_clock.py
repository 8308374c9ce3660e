"""The wall clock is set by a day in either direction: nothing happens, and what is shown stays sensible."""

import datetime
import json
import os
import re
import signal
import time

import pytest
from conf import FAST, FAST_SECONDS, instance
from harness import wait_for

VIP = "10.77.0.50"
DAY = 86400
STAMP = r"^(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d)\.\d+ "


def set_clock(days):
    time.clock_settime(time.CLOCK_REALTIME, time.time() + days * DAY)


def start(lab):
    """Node a is master, b its backup, and both have nothing left to say."""
    net = lab()
    net.a.start(instance(priority=150, **FAST))
    net.wait_master(net.a, VIP)
    net.b.start(instance(priority=100, **FAST))
    wait_for(lambda: net.b.vrrp("VI_1")["master"] == "10.77.0.1", "b hears a")
    return net


def wait_further_adverts(net, count):
    enough = len(net.sniffer.adverts()) + count
    wait_for(lambda: len(net.sniffer.adverts()) >= enough, f"{count} further advertisements")


def gaps(adverts):
    """Seconds between one and the next. Their times are of the wall clock, and that moves by whole days."""
    return [(later.time - earlier.time) % DAY for earlier, later in zip(adverts, adverts[1:])]


def snapshot(net):
    """What must not change while nothing happens."""
    return [(node.log(), {name: (p["pid"], p["restarts"]) for name, p in node.processes().items()},
             [(i["state"], i["master"], i["last_change"]["at"]) for i in node.vrrp().values()])
            for node in net.nodes]


def test_nothing_happens(lab):
    net = start(lab)
    wait_further_adverts(net, 2)
    before, first = snapshot(net), len(net.sniffer.adverts())
    monitors = [net.monitor(node) for node in net.nodes]
    for days in (1, -1, -1, 1):
        set_clock(days)
        wait_further_adverts(net, 8)  # two Master_Down_Intervals, and many heartbeats
    adverts = net.sniffer.adverts()[first - 1:]
    assert {advert.node for advert in adverts} == {"a"}
    assert max(gaps(adverts)) < 1.5 * FAST_SECONDS
    assert not any(monitor.seen for monitor in monitors)
    assert snapshot(net) == before


def test_what_hangs_is_found_as_ever(lab):
    net = start(lab)
    for count, days in enumerate((-1, 1), 1):
        set_clock(days)
        old = net.a.pid("vrrpd")
        os.kill(old, signal.SIGSTOP)
        wait_for(lambda: net.a.pid("vrrpd") not in (None, old), "a new vrrpd")
        net.a.restarts = {"vrrpd": count}
        net.wait_master(net.a, VIP)
    assert all(int(ms) < 5000 for ms in re.findall(r"not answered for (\d+) ms", net.a.log()))


def last_stamp(node):
    stamp = re.findall(STAMP, node.log(), re.M)[-1]
    return datetime.datetime.strptime(stamp, "%Y-%m-%d %H:%M:%S").timestamp()


def changed(node):
    """When the state changed last, by the clock then, and how many seconds ago by now."""
    change = json.loads(node.ctl("history", "--json"))["history"][-1]
    shown = node.vrrp("VI_1")["last_change"]
    assert shown["at"] == change["at"] and abs(shown["ago_s"] - change["ago_s"]) < 5
    return datetime.datetime.strptime(change["at"], "%Y-%m-%dT%H:%M:%S%z").timestamp(), change["ago_s"]


@pytest.mark.parametrize("days", [1, -1])
def test_dates_follow_the_clock_and_ages_do_not(lab, days):
    net = start(lab)
    began, at = time.monotonic(), changed(net.a)[0]
    assert abs(time.time() - at) < 60
    set_clock(days)
    assert changed(net.a)[0] == at, "a date that was noted is not rewritten"
    assert 0 <= changed(net.a)[1] < time.monotonic() - began + 60
    assert re.search(r"BACKUP -> MASTER at \S+ \S+, \d+ s ago$", net.a.ctl("vrrp", "VI_1"), re.M)
    assert all(0 <= process["uptime_s"] < 60 for process in net.a.processes().values())
    net.a.unplug()
    net.wait_master(net.b, VIP)
    wait_for(lambda: net.a.logged("MASTER -> FAULT"), "a notices")
    assert abs(time.time() - last_stamp(net.a)) < 60
    assert abs(time.time() - changed(net.a)[0]) < 60
    states = [change["to"] for change in json.loads(net.a.ctl("history", "--json"))["history"]]
    assert states == ["BACKUP", "MASTER", "FAULT"], "in the order in which it happened"
