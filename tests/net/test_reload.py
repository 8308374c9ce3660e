"""A reload changes what changed and nothing else; a refused one changes nothing."""

import re

import pytest
from conf import FAST, FAST_SECONDS, global_defs, instance
from harness import wait_for

VIP = "10.77.0.50"
ONE = instance(priority=150, **FAST)


def reload(node, conf, outcome="in force"):
    """Reloads and waits until the daemon has said that it is done."""
    done = {"in force": r"configuration .*in force|reloaded", "refused": r"refused|error"}[outcome]
    before = len(re.findall(done, node.log(), re.I))
    node.configure(conf)
    node.reload()
    wait_for(lambda: len(re.findall(done, node.log(), re.I)) > before, f"reload: {outcome}")


def gaps(adverts):
    return [later.time - earlier.time for earlier, later in zip(adverts, adverts[1:])]


def start(net, conf=ONE):
    net.a.start(conf)
    net.wait_master(net.a, VIP)
    return net.monitor(net.a), net.client.ping(VIP)


def test_nothing_changed_changes_nothing(lab):
    net = lab()
    monitor, ping = start(net)
    seen = net.wait_adverts(net.a, 3)
    garps = len(net.sniffer.garps("a"))
    for _ in range(5):
        reload(net.a, ONE)
        net.wait_adverts(net.a, 2)
    ping.stop()
    assert not monitor.seen
    assert ping.lost() == 0
    assert len(net.sniffer.garps("a")) == garps
    intervals = gaps(net.sniffer.adverts("a", since=seen[0].time))
    assert max(intervals) < 1.9 * FAST_SECONDS, "an advertisement was skipped"
    assert min(intervals) > 0.5 * FAST_SECONDS, "an advertisement too many"


def test_priority_changes_without_a_break(lab):
    net = lab()
    monitor, ping = start(net)
    reload(net.a, instance(priority=120, **FAST))
    wait_for(lambda: net.sniffer.adverts("a")[-1].priority == 120, "new priority advertised")
    ping.stop()
    assert not monitor.seen and ping.lost() == 0
    assert max(gaps(net.sniffer.adverts("a"))) < 1.9 * FAST_SECONDS


def test_lowered_priority_hands_over(lab):
    net = lab()
    net.start_pair(ONE, instance(priority=100, **FAST), VIP)
    ping = net.client.ping(VIP)
    reload(net.a, instance(priority=50, **FAST))
    net.wait_master(net.b, VIP)
    net.wait_adverts(net.b, 2)
    ping.stop()
    assert ping.longest() < FAST_SECONDS


def test_address_added_and_removed(lab):
    net = lab()
    monitor, ping = start(net)
    reload(net.a, instance(priority=150, vips=("10.77.0.50/24", "10.77.0.51/24"), **FAST))
    net.wait_master(net.a, "10.77.0.51")
    wait_for(lambda: net.sniffer.garps("a", "10.77.0.51"), "gratuitous ARP for the new address")
    wait_for(lambda: net.sniffer.adverts("a")[-1].addresses == ("10.77.0.50", "10.77.0.51"), "advertised")
    reload(net.a, ONE)
    wait_for(lambda: not net.a.holds("10.77.0.51"), "removed")
    ping.stop()
    assert monitor.seen == [("add", "10.77.0.51/24"), ("del", "10.77.0.51/24")]
    assert ping.lost() == 0


def test_instance_added_and_removed(lab):
    net = lab()
    monitor, ping = start(net)
    second = instance(name="VI_2", vrid=52, vips=("10.77.0.52/24",), **FAST)
    reload(net.a, ONE + second)
    net.wait_master(net.a, "10.77.0.52")
    reload(net.a, ONE)
    wait_for(lambda: not net.a.holds("10.77.0.52"), "removed")
    wait_for(lambda: net.sniffer.adverts("a", 52)[-1].priority == 0, "released with priority 0")
    ping.stop()
    assert monitor.seen == [("add", "10.77.0.52/24"), ("del", "10.77.0.52/24")]
    assert ping.lost() == 0
    assert max(gaps(net.sniffer.adverts("a", 51))) < 1.9 * FAST_SECONDS


def test_vrid_changes(lab):
    net = lab()
    start(net)
    reload(net.a, instance(priority=150, vrid=77, **FAST))
    net.wait_adverts(net.a, 2, vrid=77)
    net.wait_master(net.a, VIP)


BROKEN = {
    "unknown word": ONE.replace("virtual_router_id", "virtual_ruoter_id"),
    "bad number": ONE.replace("priority 150", "priority 15O"),
    "two of one VRID": ONE + instance(name="VI_2", vips=("10.77.0.52/24",), **FAST),
    "no interface": ONE.replace("interface eth0", ""),
    "cut in the middle": ONE[:ONE.index("virtual_ipaddress")] + "virtual_ipaddress { 10.77.0.",
    "extra brace": ONE + "}\n",
    "not text": "\x00\x01\xfe\xff",
}


@pytest.mark.parametrize("what", BROKEN)
def test_refused_reload_changes_nothing(lab, what):
    net = lab(a="10.77.0.1/24")
    monitor, ping = start(net)
    net.wait_adverts(net.a, 2)
    reload(net.a, BROKEN[what], "refused")
    net.wait_adverts(net.a, 4)
    assert net.a.vrrp("VI_1")["state"] == "MASTER"
    ping.stop()
    assert not monitor.seen and ping.lost() == 0
    assert max(gaps(net.sniffer.adverts("a"))) < 1.9 * FAST_SECONDS
    # And the next good one is taken.
    reload(net.a, instance(priority=160, **FAST))
    wait_for(lambda: net.sniffer.adverts("a")[-1].priority == 160, "new priority advertised")


def test_unreadable_file_is_refused(lab):
    net = lab(a="10.77.0.1/24")
    monitor, _ = start(net)
    net.a.conf.unlink()
    net.a.reload()
    wait_for(lambda: net.a.logged(r"(?i)test\.conf.*(No such file|cannot)"), "said that the file is not there")
    net.wait_adverts(net.a, 3)
    assert not monitor.seen


def test_many_reloads_in_a_row(lab):
    net = lab(a="10.77.0.1/24")
    monitor, ping = start(net)
    for priority in range(101, 131):
        net.a.configure(instance(priority=priority, **FAST))
        net.a.reload()
    wait_for(lambda: net.sniffer.adverts("a")[-1].priority == 130, "the last one is in force")
    ping.stop()
    assert not monitor.seen and ping.lost() == 0


def test_reload_while_backup_keeps_waiting_for_the_same_master(lab):
    net = lab()
    net.a.start(ONE)
    net.wait_master(net.a, VIP)
    low = instance(priority=100, **FAST)
    net.b.start(low)
    wait_for(lambda: net.b.logged("BACKUP"), "b is backup")
    for _ in range(5):
        reload(net.b, low)
        net.wait_adverts(net.a, 1)
    assert not net.sniffer.adverts("b")
    net.a.stop()
    net.wait_master(net.b, VIP)


def test_global_change_alone(lab):
    net = lab(a="10.77.0.1/24")
    monitor, ping = start(net)
    reload(net.a, global_defs("router_id other", "vrrp_garp_interval 0.01") + ONE)
    net.wait_adverts(net.a, 3)
    ping.stop()
    assert not monitor.seen and ping.lost() == 0
