"""Interfaces that go down, come back, vanish, appear late, change their name or their address."""

import netns
from conf import FAST, instance
from harness import wait_for

VIP = "10.77.0.50"


def state(node, name="VI_1"):
    return node.vrrp(name)["state"]


def start(net):
    net.a.start(instance(priority=150, **FAST))
    net.b.start(instance(priority=100, **FAST))
    net.wait_master(net.a, VIP)


def test_administratively_down_and_up(lab):
    net = lab()
    start(net)
    netns.ip("link", "set", "eth0", "down", ns=net.a.ns)
    wait_for(lambda: state(net.a) == "FAULT", "FAULT")
    assert "down" in net.a.vrrp("VI_1")["last_change"]["reason"]
    wait_for(lambda: net.b.holds(VIP), "b took over")
    netns.ip("link", "set", "eth0", "up", ns=net.a.ns)
    net.wait_master(net.a, VIP)


def test_carrier_lost_and_back(lab):
    net = lab()
    start(net)
    for _ in range(3):
        net.a.unplug()
        wait_for(lambda: state(net.a) == "FAULT", "FAULT")
        net.wait_master(net.b, VIP)
        net.a.plug()
        net.wait_master(net.a, VIP)


def test_deleted_and_made_again(lab):
    net = lab()
    start(net)
    netns.ip("link", "del", "eth0", ns=net.a.ns)
    wait_for(lambda: state(net.a) == "FAULT", "FAULT")
    net.wait_master(net.b, VIP)
    net.a.add_link("eth0", "10.77.0.1/24")
    net.wait_master(net.a, VIP)
    net.wait_adverts(net.a, 2)


def test_renamed_away_and_back(lab):
    net = lab()
    start(net)
    netns.ip(ns=net.a.ns, batch=["link set eth0 down", "link set eth0 name was0", "link set was0 up"])
    wait_for(lambda: state(net.a) == "FAULT", "FAULT")
    net.wait_master(net.b, VIP)
    netns.ip(ns=net.a.ns, batch=["link set was0 down", "link set was0 name eth0", "link set eth0 up"])
    net.wait_master(net.a, VIP)


def test_missing_at_start_and_appears(lab):
    net = lab()
    net.b.start(instance(priority=100, **FAST))
    net.a.start(instance(priority=150, ifname="late0", **FAST))
    wait_for(lambda: net.a.logged(r"late0"), "said what is missing")
    wait_for(lambda: state(net.a) == "FAULT", "FAULT, not an end")
    net.wait_master(net.b, VIP)
    net.a.add_link("late0", "10.77.0.11/24")
    net.wait_master(net.a, VIP)


def test_up_without_an_address_until_one_is_added(lab):
    net = lab()
    netns.ip("address", "flush", "dev", "eth0", ns=net.a.ns)
    net.b.start(instance(priority=100, **FAST))
    net.a.start(instance(priority=150, **FAST))
    wait_for(lambda: state(net.a) == "FAULT", "FAULT")
    net.wait_master(net.b, VIP)
    netns.ip("address", "add", "10.77.0.1/24", "dev", "eth0", ns=net.a.ns)
    net.wait_master(net.a, VIP)
    assert net.sniffer.adverts("a")[-1].source == "10.77.0.1"


def test_one_interface_of_two(lab):
    """Instances on another interface do not notice."""
    net = lab()
    for node, last, priority in ((net.a, 1, 150), (net.b, 2, 100)):
        node.add_link("eth1", f"10.78.0.{last}/24", bridge="br1")
        node.start(instance(priority=priority, **FAST) +
                   instance(name="VI_2", ifname="eth1", vrid=52, vips=("10.78.0.50/24",), priority=priority, **FAST))
    net.wait_master(net.a, VIP, "10.78.0.50")
    net.a.unplug("eth0")
    net.wait_master(net.b, VIP)
    assert net.holders("10.78.0.50") == ["a"]
    net.a.plug("eth0")
    net.wait_master(net.a, VIP, "10.78.0.50")


def test_tracked_interface(lab):
    """track_interface: its loss is FAULT, or moves the priority by its weight."""
    net = lab()
    for node, last, priority in ((net.a, 1, 150), (net.b, 2, 100)):
        node.add_link("eth1", f"10.78.0.{last}/24", bridge="br1")
        node.start(instance(priority=priority, **FAST, extra="track_interface {\neth1\n}") +
                   instance(name="VI_2", vrid=52, vips=("10.77.0.52/24",), priority=priority, **FAST,
                            extra="track_interface {\neth1 weight -60\n}"))
    net.wait_master(net.a, VIP, "10.77.0.52")
    net.a.unplug("eth1")
    net.wait_master(net.b, VIP, "10.77.0.52")
    wait_for(lambda: state(net.a) == "FAULT", "FAULT of the instance without a weight")
    assert net.a.vrrp("VI_2")["effective_priority"] == 90
    net.a.plug("eth1")
    net.wait_master(net.a, VIP, "10.77.0.52")
