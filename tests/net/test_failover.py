"""The address moves when its master stops, is cut off or dies, and comes back."""

import time

import pytest
from conf import FAST, FAST_SECONDS, instance
from harness import wait_for
from vrrp import master_down, skew

VIP = "10.77.0.50"


def pair(lab, high=150, low=100, **more):
    """Node a is the better one and master."""
    net = lab()
    net.a.start(instance(priority=high, **FAST, **more))
    net.b.start(instance(priority=low, **FAST, **more))
    net.wait_master(net.a, VIP)
    return net


def down_time(priority):
    return master_down(priority, FAST_SECONDS, 3)


def test_stop_hands_over_within_the_skew_time(lab):
    net = pair(lab)
    ping = net.client.ping(VIP)
    since = time.time()
    assert net.a.stop() == 0
    net.wait_master(net.b, VIP)
    net.wait_adverts(net.b, 2)
    ping.stop()
    release = [p for p in net.sniffer.adverts("a", since=since) if p.priority == 0]
    assert release, "no advertisement with priority 0"
    first = net.sniffer.adverts("b", since=release[0].time)[0]
    assert first.time - release[0].time >= skew(100, FAST_SECONDS, 3) * 0.9
    assert first.time - release[0].time < down_time(100) * 0.75, "waited as for a dead master"
    assert ping.longest() < down_time(100) * 0.75
    assert not net.a.holds(VIP)


def test_pulled_cable_hands_over_and_plugging_returns(lab):
    net = pair(lab)
    ping = net.client.ping(VIP)
    net.a.unplug()
    net.wait_master(net.b, VIP)
    wait_for(lambda: not net.a.holds(VIP), "a gave the address up")
    net.wait_adverts(net.b, 2)
    net.a.plug()
    net.wait_master(net.a, VIP)
    net.wait_adverts(net.a, 2)
    ping.stop()
    assert ping.longest() < down_time(100) * 2


def test_dead_host_is_replaced_after_the_master_down_interval(lab):
    net = pair(lab)
    net.a.strict = False
    net.wait_adverts(net.a, 2)
    net.a.isolate()
    net.a.kill()
    net.wait_master(net.b, VIP, alone=False)
    wait_for(lambda: net.sniffer.adverts("b", since=net.sniffer.adverts("a")[-1].time), "b advertises")
    last = net.sniffer.adverts("a")[-1].time
    first = net.sniffer.adverts("b", since=last)[0].time
    assert first - last >= down_time(100) * 0.95
    assert first - last < down_time(100) + 2 * FAST_SECONDS


def test_better_node_comes_back(lab):
    net = pair(lab)
    net.a.stop()
    net.wait_master(net.b, VIP)
    ping = net.client.ping(VIP)
    net.a.start()
    net.wait_master(net.a, VIP)
    net.wait_adverts(net.a, 2)
    ping.stop()
    assert ping.longest() < FAST_SECONDS, "the return must not wait for a timer"


def test_nopreempt_leaves_the_address_where_it_is(lab):
    net = lab()
    net.a.start(instance(priority=150, **FAST, extra="nopreempt"))
    net.wait_master(net.a, VIP)
    net.b.start(instance(priority=100, **FAST, extra="nopreempt"))
    net.a.stop()
    net.wait_master(net.b, VIP)
    monitor = net.monitor(net.b)
    net.a.start()
    wait_for(lambda: net.a.logged(r"BACKUP"), "a is backup")
    net.wait_adverts(net.b, 8)  # two master-down times of a
    assert net.holders(VIP) == ["b"]
    assert not net.sniffer.adverts("a", since=net.sniffer.adverts("b")[-6].time)
    assert not monitor.seen
    # It is no veto: when the master goes, the better node takes over.
    net.b.stop()
    net.wait_master(net.a, VIP)


def test_preempt_delay_holds_the_return_back(lab):
    net = lab()
    net.b.start(instance(priority=100, **FAST))
    net.wait_master(net.b, VIP)
    heard = time.time()
    net.a.start(instance(priority=150, **FAST, extra="preempt_delay 2"))
    net.wait_master(net.a, VIP)
    first = net.sniffer.adverts("a")[0].time
    assert first - heard >= 2.0
    assert first - heard < 2.0 + 3 * down_time(150)


def test_preempt_delay_does_not_hold_back_from_a_dead_master(lab):
    net = lab()
    net.b.start(instance(priority=100, **FAST))
    net.wait_master(net.b, VIP)
    net.a.start(instance(priority=150, **FAST, extra="preempt_delay 1000"))
    wait_for(lambda: net.a.logged(r"BACKUP"), "a is backup")
    net.wait_adverts(net.b, 3)
    net.b.stop()
    net.wait_master(net.a, VIP)


@pytest.mark.parametrize("order", ["ab", "ba"])
def test_equal_priorities_are_decided_by_the_address(lab, order):
    net = lab()
    for name in order:
        node = getattr(net, name)
        node.isolate()
        node.start(instance(priority=100, **FAST))
    for node in net.nodes:  # both are master, each in a world of its own
        wait_for(lambda: node.holds(VIP), f"{node.name} is master while cut off")
    for name in order:
        getattr(net, name).rejoin()
    net.wait_master(net.b, VIP)
    net.wait_adverts(net.b, 3)
    assert net.holders(VIP) == ["b"], "10.77.0.2 is above 10.77.0.1"


def test_equal_backup_does_not_take_over(lab):
    net = lab()
    net.a.start(instance(priority=100, **FAST))
    net.wait_master(net.a, VIP)
    net.b.start(instance(priority=100, **FAST))
    wait_for(lambda: net.b.logged(r"BACKUP"), "b is backup")
    net.wait_adverts(net.a, 8)
    assert net.holders(VIP) == ["a"]


def test_owner_is_master_at_once_and_wins(lab):
    net = lab()
    net.b.start(instance(priority=254, **FAST))
    net.wait_master(net.b, VIP)
    since = time.time()
    net.a.start(instance(priority=255, **FAST))
    net.wait_master(net.a, VIP)
    adverts = net.sniffer.adverts("a", since=since)
    assert adverts[0].priority == 255
    net.a.stop()
    net.wait_master(net.b, VIP)


def test_three_nodes_elect_in_order(lab):
    net = lab(a="10.77.0.1/24", b="10.77.0.2/24", c="10.77.0.3/24")
    for node, priority in zip(net.nodes, (150, 100, 50)):
        node.start(instance(priority=priority, **FAST))
    net.wait_master(net.a, VIP)
    net.a.stop()
    net.wait_master(net.b, VIP)
    net.b.stop()
    net.wait_master(net.c, VIP)
    net.a.start()
    net.wait_master(net.a, VIP)
