"""Gratuitous ARP: how many, when, and in which form."""

import time

from conf import FAST, global_defs, instance
from harness import wait_for

VIPS = ("10.77.0.50/24", "10.77.0.51/24")
ADDRESSES = ("10.77.0.50", "10.77.0.51")


def settled(net, count, address, timeout=10.0):
    wait_for(lambda: len(net.sniffer.garps("a", address)) >= count, f"{count} gratuitous ARP for {address}",
             timeout)


def test_five_at_once_in_keepalived_form(lab):
    net = lab(a="10.77.0.1/24")
    net.a.start(instance(vips=VIPS, **FAST))
    net.wait_master(net.a, *ADDRESSES)
    first = net.wait_adverts(net.a, 2)[0]
    for address in ADDRESSES:
        garps = net.sniffer.garps("a", address)
        assert len(garps) == 5, f"{len(garps)} of {address}"
        assert all(g.operation == 1 and g.target == g.sender for g in garps)
        assert all(bytes.fromhex(g.sender_mac.replace(":", "")) == g.raw[6:12] for g in garps)
        assert garps[-1].time - garps[0].time < 1.0
    assert first.raw[6:12] == net.sniffer.garps("a")[0].raw[6:12]


def test_counts_and_delay_follow_the_configuration(lab):
    net = lab(a="10.77.0.1/24")
    net.a.start(instance(vips=VIPS, **FAST, extra="garp_master_delay 1\ngarp_master_repeat 3"))
    net.wait_master(net.a, *ADDRESSES)
    for address in ADDRESSES:
        settled(net, 6, address)
    net.wait_adverts(net.a, 8)
    for address in ADDRESSES:
        garps = net.sniffer.garps("a", address)
        assert len(garps) == 6
        assert garps[2].time - garps[0].time < 0.5
        assert 0.95 <= garps[3].time - garps[0].time < 2.0


def test_delay_zero_means_no_second_burst(lab):
    net = lab(a="10.77.0.1/24")
    net.a.start(instance(**FAST, extra="garp_master_delay 0\ngarp_master_repeat 2"))
    net.wait_master(net.a, "10.77.0.50")
    net.wait_adverts(net.a, 10)
    assert len(net.sniffer.garps("a")) == 2


def test_refresh_repeats_for_ever(lab):
    net = lab(a="10.77.0.1/24")
    net.a.start(instance(**FAST, extra="garp_master_delay 1\ngarp_master_repeat 1\n"
                                       "garp_master_refresh 1\ngarp_master_refresh_repeat 2"))
    net.wait_master(net.a, "10.77.0.50")
    settled(net, 1 + 1 + 3 * 2, "10.77.0.50")
    times = [g.time for g in net.sniffer.garps("a")]
    refreshes = times[2::2]
    assert all(0.8 < later - earlier < 1.8 for earlier, later in zip(refreshes, refreshes[1:]))


def test_least_gap_between_two(lab):
    net = lab(a="10.77.0.1/24")
    net.a.start(global_defs("vrrp_garp_interval 0.05") + instance(vips=VIPS, **FAST))
    net.wait_master(net.a, *ADDRESSES)
    wait_for(lambda: len(net.sniffer.garps("a")) >= 10, "all of the burst")
    times = [g.time for g in net.sniffer.garps("a")]
    gaps = [later - earlier for earlier, later in zip(times, times[1:])]
    assert min(gaps) > 0.05 * 0.8, gaps


def test_interval_zero_is_none(lab):
    net = lab(a="10.77.0.1/24")
    net.a.start(global_defs("vrrp_garp_interval 0", "vrrp_gna_interval 0") + instance(**FAST))
    net.wait_master(net.a, "10.77.0.50")
    settled(net, 5, "10.77.0.50")


def test_caches_are_told_again_after_a_lower_master(lab):
    """A lower priority master was heard: who believed it must be corrected."""
    net = lab()
    net.b.isolate()
    for node, priority in ((net.a, 150), (net.b, 100)):
        node.start(instance(priority=priority, **FAST))
    net.wait_master(net.a, "10.77.0.50", alone=False)
    net.wait_master(net.b, "10.77.0.50", alone=False)
    settled(net, 5, "10.77.0.50")
    since = time.time()
    net.b.rejoin()
    net.wait_master(net.a, "10.77.0.50")
    wait_for(lambda: net.sniffer.garps("a", since=since), "gratuitous ARP after the reunion")
