"""Sync groups: instances on two links that change their states together."""

import re
import time

import pytest
from conf import FAST, FAST_SECONDS, block, instance
from harness import wait_for
from test_freeze import Frozen
from test_notify import Recorder
from vrrp import skew

OUTSIDE, INSIDE = "10.77.0.50", "10.78.0.50"
BOTH = (OUTSIDE, INSIDE)


def group(*members, name="G1", extra=""):
    return block(f"vrrp_sync_group {name}", block("group", *members), *([extra] if extra else []))


def members(priority, **options):
    options = {**FAST, **options}
    return (instance(priority=priority, **options) +
            instance(name="VI_2", ifname="eth1", vrid=52, vips=(INSIDE + "/24",), priority=priority, **options))


def grouped(priority, **options):
    return group("VI_1", "VI_2") + members(priority, **options)


def two_links(lab):
    net = lab()
    for node, last in ((net.a, 1), (net.b, 2)):
        node.add_link("eth1", f"10.78.0.{last}/24", bridge="br1")
    return net


def start(lab, kinds=(None, None), **options):
    net = two_links(lab)
    net.b.start(grouped(100, **options), kind=kinds[1])
    net.a.start(grouped(150, **options), kind=kinds[0])
    net.wait_master(net.a, *BOTH)
    net.wait_adverts(net.a, 2, vrid=52)
    return net


def states(node):
    return {name: shown["state"] for name, shown in node.vrrp().items()}


def became(net, node, since):
    """When the node said first of each that it is master."""
    def said(vrid):
        return [p.time for p in net.sniffer.adverts(node.name, vrid, since) if p.priority > 0]
    wait_for(lambda: said(51) and said(52), f"{node.name} advertises both")
    return said(51)[0], said(52)[0]


@pytest.mark.parametrize("kinds", [(None, None), (None, "keepalived")], ids=["holdfast", "keepalived"])
def test_one_link_moves_both(lab, kinds):
    net = start(lab, kinds)
    since = time.time()
    net.a.unplug("eth0")
    net.wait_master(net.b, *BOTH)
    assert states(net.a) == {"VI_1": "FAULT", "VI_2": "FAULT"}
    reason = net.a.vrrp("VI_2")["last_change"]["reason"]
    assert reason == "sync group G1: VI_1 (eth0): interface down"
    assert net.a.logged(r"sync group G1: MASTER -> FAULT: VI_1 \(eth0\): interface down")
    assert [p.priority for p in net.sniffer.adverts("a", 52, since)][-1] == 0, "the other member was not released"
    assert re.search(r"^VI_2 +FAULT .* ago +G1 +eth1 ", net.a.ctl("vrrp", check=False), re.M)
    if kinds[1] is None:
        one, other = became(net, net.b, since)
        assert abs(one - other) < FAST_SECONDS / 2, "one member took over long before the other"

    since = time.time()
    net.a.plug("eth0")
    net.wait_master(net.a, *BOTH)
    one, other = became(net, net.a, since)
    assert abs(one - other) < FAST_SECONDS / 2, "one member preempted long before the other"
    assert net.a.logged("VI_2: FAULT -> BACKUP: no longer: fault in its sync group")


def test_follows_a_group_of_keepalived(lab):
    net = start(lab, ("keepalived", None))
    for here, act in ((net.b, net.a.unplug), (net.a, net.a.plug)):
        since = time.time()
        act("eth0")
        net.wait_master(here, *BOTH)
        if here is net.b:
            one, other = became(net, net.b, since)
            assert abs(one - other) < FAST_SECONDS / 2, "one member took over long before the other"
    assert states(net.b) == {"VI_1": "BACKUP", "VI_2": "BACKUP"}


def test_peer_takes_no_part_of_a_group(lab):
    """One path between the nodes is cut, though no link is: the group stays where it is."""
    net = start(lab)
    net.b.isolate("eth0")
    since = time.time()
    wait_for(lambda: time.time() - since > 8 * FAST_SECONDS, "longer than b would wait")
    net.b.rejoin("eth0")
    assert net.holders(OUTSIDE) == net.holders(INSIDE) == ["a"]
    assert not net.sniffer.adverts("b", since=since)


def test_killed_vrrpd_moves_nothing(lab):
    net = start(lab)
    monitors = [net.monitor(node) for node in (net.a, net.b)]
    known = {node.name: {n: s["last_change"]["at"] for n, s in node.vrrp().items()} for node in (net.a, net.b)}
    since = time.time()
    for node in (net.a, net.b):
        old = node.kill("vrrpd")[0]
        node.restarts["vrrpd"] = 1
        wait_for(lambda: node.pid("vrrpd") not in (None, old), "a new vrrpd")
        net.wait_adverts(net.a, 3, vrid=52)
    assert {node.name: {n: s["last_change"]["at"] for n, s in node.vrrp().items()}
            for node in (net.a, net.b)} == known
    assert not net.sniffer.adverts("b", since=since) and not any(monitor.seen for monitor in monitors)

    net.a.unplug("eth1")  # the groups still work
    net.wait_master(net.b, *BOTH)
    old = net.a.kill("vrrpd")[0]  # and a FAULT of another member is resumed
    net.a.restarts["vrrpd"] = 2
    wait_for(lambda: net.a.pid("vrrpd") not in (None, old), "a new vrrpd")
    wait_for(lambda: net.a.shows(lambda status: all(p["working"] for p in status["processes"])), "it works")
    assert states(net.a) == {"VI_1": "FAULT", "VI_2": "FAULT"}
    assert net.a.vrrp("VI_1")["last_change"]["reason"].startswith("sync group G1: VI_2 (eth1)")
    assert not net.a.logged("FAULT -> BACKUP"), "it did not know at once why it is in FAULT"


def test_reload_makes_and_unmakes_a_group(lab):
    net = two_links(lab)
    for node, priority in ((net.b, 100), (net.a, 150)):
        node.start(members(priority))
    net.wait_master(net.a, *BOTH)
    net.wait_adverts(net.a, 2, vrid=52)
    monitor = net.monitor(net.a)
    for node, priority in ((net.a, 150), (net.b, 100)):
        node.configure(grouped(priority))
        node.ctl("reload")
        wait_for(lambda: node.vrrp("VI_1")["sync_group"] == "G1", "the group")
    net.wait_adverts(net.a, 3, vrid=52)
    assert not monitor.seen and net.holders(OUTSIDE) == net.holders(INSIDE) == ["a"]

    net.a.unplug("eth1")
    net.wait_master(net.b, *BOTH)
    for node, priority in ((net.a, 150), (net.b, 100)):
        node.configure(members(priority))
        node.ctl("reload")
    net.wait_master(net.a, OUTSIDE)  # nothing is wrong with it
    net.wait_master(net.b, INSIDE)


def test_members_that_were_apart_come_together(lab):
    """Each node has one of the addresses when the group comes."""
    net = two_links(lab)

    def conf(one, other):
        return (instance(priority=one, **FAST) +
                instance(name="VI_2", ifname="eth1", vrid=52, vips=(INSIDE + "/24",), priority=other, **FAST))
    net.a.start(conf(150, 100))
    net.b.start(conf(100, 150))
    net.wait_master(net.a, OUTSIDE)
    net.wait_master(net.b, INSIDE)
    net.a.configure(grouped(150))
    net.b.configure(grouped(100))
    for node in (net.b, net.a):
        node.ctl("reload")
    net.wait_master(net.a, *BOTH)


def test_a_script_of_the_group(lab):
    net = two_links(lab)
    flag = net.a.dir / "fails"
    script = block("vrrp_script chk", f'script "/usr/bin/test ! -e {flag}"', "interval 0.2", "user nobody", "weight -60")
    net.b.start(grouped(100))
    net.a.start(script + group("VI_1", "VI_2", extra=block("track_script", "chk")) + members(150))
    net.wait_master(net.a, *BOTH)
    flag.touch()
    net.wait_master(net.b, *BOTH)
    assert net.a.logged(r"VI_1: priority is now 90: 150 - 60 \(chk down\)")
    assert net.a.logged("VI_2: priority is now 90")
    flag.unlink()
    net.wait_master(net.a, *BOTH)


def test_scripts_of_the_group(lab):
    """They are told once of what all members do, also by a parentd that is new; a member that waits for its
    script's first result is no FAULT."""
    net = lab(a="10.77.0.1/24", sniff=False)
    net.a.add_link("eth1", "10.78.0.1/24", bridge="br1")
    told = Recorder(net.a)
    slow = block("vrrp_script slow", 'script "/bin/sleep 0.5"', "interval 1", "timeout 1", "user nobody")

    def said(*states):
        return [call for state in states
                for call in (f"notify_{state.lower()}", f"notify GROUP G1 {state} 0")]
    waiting = instance(name="VI_2", ifname="eth1", vrid=52, vips=(INSIDE + "/24",), **FAST,
                       extra=block("track_script", "slow"))
    net.a.start(slow + group("VI_1", "VI_2", extra=told.lines()) + instance(**FAST) + waiting)
    told.wait(*said("BACKUP", "MASTER"))
    assert net.a.logged(r"VI_1: INIT -> FAULT: sync group G1: VI_2 \(eth1\): waiting for the first result of a script \(slow\)")
    net.a.unplug("eth0")
    told.wait(*said("BACKUP", "MASTER", "FAULT"))
    net.a.kill("parentd")
    net.a.restarts["parentd"] = 1
    wait_for(lambda: net.a.shows(lambda status: all(p["working"] for p in status["processes"])), "a new parentd")
    net.a.plug("eth0")
    told.wait(*said("BACKUP", "MASTER", "FAULT", "BACKUP", "MASTER"))
    net.a.stop()
    assert told.calls("end") == said("BACKUP", "MASTER", "FAULT", "BACKUP", "MASTER", "STOP")
    told.check_order()


def test_nopreempt(lab):
    net = two_links(lab)
    net.start_pair(grouped(150, extra="nopreempt"), grouped(100, extra="nopreempt"), *BOTH)
    net.a.unplug("eth0")
    net.wait_master(net.b, *BOTH)
    net.a.plug("eth0")
    wait_for(lambda: states(net.a) == {"VI_1": "BACKUP", "VI_2": "BACKUP"}, "BACKUP")
    net.wait_adverts(net.b, 6, vrid=51)
    assert net.holders(OUTSIDE) == net.holders(INSIDE) == ["b"]


def test_a_frozen_group_gives_way_as_one(lab):
    """Only the first member's socket holds what the other node has said meanwhile."""
    net = two_links(lab)

    def conf(**options):
        third = instance(name="VI_3", ifname="eth1", vrid=53, vips=("10.78.0.51/24",), **FAST, **options)
        return group("VI_1", "VI_2", "VI_3") + members(**options) + third

    def is_backup(node):
        return node.shows(lambda status: [one["state"] for one in status["vrrp"]] == ["BACKUP"] * 3)
    net.a.start(conf(priority=100))
    net.wait_master(net.a, *BOTH)
    net.b.start(conf(priority=150, extra="nopreempt"))
    wait_for(lambda: is_backup(net.b), "b is backup")
    net.wait_adverts(net.a, 2)
    net.a.isolate("eth1")
    frozen = Frozen(net.a)
    wait_for(lambda: net.b.holds(*BOTH), "b holds both")
    net.wait_adverts(net.b, 5, vrid=51)
    woken = frozen.wake(True)
    wait_for(lambda: is_backup(net.a), "a gave way")
    assert net.holders(OUTSIDE) == net.holders(INSIDE) == ["b"]
    assert not net.sniffer.garps("a", since=woken), "it took the path before it gave way"
    assert {p.priority for p in net.sniffer.adverts("a", 52, woken)} <= {0}
    for name in ("VI_2", "VI_3"):
        assert net.a.vrrp(name)["last_change"]["reason"].startswith("sync group G1: VI_1: 10.77.0.2 has priority 150")
    net.a.rejoin("eth1")


def test_stop_hands_both_over(lab):
    net = start(lab)
    since = time.time()
    net.a.stop()
    net.wait_master(net.b, *BOTH)
    last = [net.sniffer.adverts("a", vrid, since)[-1] for vrid in (51, 52)]
    assert [p.priority for p in last] == [0, 0]
    assert max(became(net, net.b, since)) - last[0].time < skew(100, FAST_SECONDS, 3) + 2 * FAST_SECONDS
