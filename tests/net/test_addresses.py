"""Addresses look in the kernel as the configuration says, and stay there while this node is master."""

from conf import FAST, instance
from harness import wait_for
import netns


def shown(net, address):
    return next(a for a in net.a.addresses() if a["local"] == address)


def test_mask_device_label_scope_and_broadcast(lab):
    net = lab(a="10.77.0.1/24")
    net.a.add_link("eth1", "10.78.0.1/24", bridge="br1")
    net.a.start(instance(vips=(
        "10.77.0.50",
        "10.77.0.51/24 dev eth0 label eth0:1",
        "10.77.0.52/25 brd 10.77.0.127",
        "10.78.0.53/25 dev eth1 scope link",
        "10.77.0.54/32 scope host",
    ), **FAST))
    net.wait_master(net.a, *(f"10.77.0.{n}" for n in (50, 51, 52, 54)), "10.78.0.53")
    plain = shown(net, "10.77.0.50")
    assert (plain["prefixlen"], plain["scope"], plain["ifname"]) == (32, "global", "eth0")
    assert plain["label"] == "eth0" and "broadcast" not in plain
    labelled = shown(net, "10.77.0.51")
    assert (labelled["prefixlen"], labelled["label"]) == (24, "eth0:1")
    assert shown(net, "10.77.0.52")["broadcast"] == "10.77.0.127"
    other = shown(net, "10.78.0.53")
    assert (other["ifname"], other["scope"]) == ("eth1", "link")
    assert shown(net, "10.77.0.54")["scope"] == "host"
    net.a.stop()
    assert {a["local"] for a in net.a.addresses()} == {"10.77.0.1", "10.78.0.1"}


def test_same_as_keepalived_shows(lab):
    vips = ("10.77.0.50", "10.77.0.51/24", "10.77.0.52/24 dev eth0 label eth0:2",
            "10.77.0.53/26 brd 10.77.0.63 scope site")
    seen = {}
    for kind in ("holdfast", "keepalived"):
        net = lab(a="10.77.0.1/24")
        net.a.start(instance(vips=vips, **FAST), kind=kind)
        net.wait_master(net.a, *(f"10.77.0.{n}" for n in (50, 51, 52, 53)))
        seen[kind] = sorted((a["local"], a["prefixlen"], a.get("label"), a["scope"], a.get("broadcast"))
                            for a in net.a.addresses())
        net.close()
    assert seen["holdfast"] == seen["keepalived"]


def test_address_removed_by_hand_comes_back(lab):
    net = lab()
    net.a.start(instance(priority=150, **FAST))
    net.b.start(instance(priority=100, **FAST))
    net.wait_master(net.a, "10.77.0.50")
    monitor = net.monitor(net.a)
    ping = net.client.ping("10.77.0.50")
    netns.ip("address", "del", "10.77.0.50/24", "dev", "eth0", ns=net.a.ns)
    wait_for(lambda: ("add", "10.77.0.50/24") in monitor.seen, "put back")
    net.wait_master(net.a, "10.77.0.50")
    net.wait_adverts(net.a, 2)
    ping.stop()
    assert ping.longest() < 0.2, "put back at once"
    assert not net.sniffer.adverts("b")


def test_flushed_interface_gets_all_addresses_back(lab):
    net = lab(a="10.77.0.1/24")
    vips = tuple(f"10.77.0.{n}/24" for n in range(50, 60))
    net.a.start(instance(vips=vips, **FAST))
    wanted = [v.split("/")[0] for v in vips]
    net.wait_master(net.a, *wanted)
    netns.ip(ns=net.a.ns, batch=[f"address del {v} dev eth0" for v in vips])
    net.wait_master(net.a, *wanted)


def test_address_that_was_there_before_is_kept_in_hand(lab):
    """Left over from a killed daemon: taken over by the master, removed by the backup's start."""
    net = lab()
    netns.ip("address", "add", "10.77.0.50/24", "dev", "eth0", ns=net.a.ns)
    net.a.start(instance(priority=150, **FAST))
    net.wait_adverts(net.a, 2)
    assert net.a.holds("10.77.0.50")
    net.a.stop()
    assert not net.a.holds("10.77.0.50")


def test_leftover_address_is_removed_when_another_is_master(lab):
    net = lab()
    net.b.start(instance(priority=150, **FAST))
    net.wait_master(net.b, "10.77.0.50")
    netns.ip("address", "add", "10.77.0.50/24", "dev", "eth0", ns=net.a.ns)
    net.a.start(instance(priority=100, **FAST))
    net.wait_master(net.b, "10.77.0.50")


def test_excluded_addresses_are_held_and_not_advertised(lab):
    net = lab(a="10.77.0.1/24")
    net.a.start(instance(**FAST, extra="virtual_ipaddress_excluded {\n10.77.0.60/24\n}"))
    net.wait_master(net.a, "10.77.0.50", "10.77.0.60")
    assert net.wait_adverts(net.a, 2)[-1].addresses == ("10.77.0.50",)
    wait_for(lambda: net.sniffer.garps("a", "10.77.0.60"), "gratuitous ARP for the excluded one")
