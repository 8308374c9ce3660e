"""Someone else changes what belongs to the node in the kernel: addresses, links, and too much of both."""

import contextlib
import os
import re
import signal
import subprocess
import threading
import time

import netns
import pytest
from conf import FAST, FAST_SECONDS, instance
from harness import Host, wait_for

VIP = "10.77.0.50"
VIP_24 = "10.77.0.50/24"
FOR_EVER = 2**32 - 1

# Long enough for a test to do something within one interval on a busy machine.
SLOW = {"version": 3, "advert": "3"}
SLOW_SECONDS = 3.0
# A process may be stopped for a moment without being replaced.
PATIENT = {"version": 3, "advert": "10"}


def start(net, a=FAST, b=FAST, extra="", **more):
    """Both run, a is the master; then they get the intervals asked for."""
    more["extra"] = "garp_master_delay 0\n" + extra  # one burst only, so that others can be told from it
    net.a.start(instance(priority=150, **FAST, **more))
    net.wait_master(net.a, VIP)
    net.b.start(instance(priority=100, **FAST, **more))
    wait_for(lambda: state(net.b) == "BACKUP", "b is the backup")
    for node, priority, interval in ((net.a, 150, a), (net.b, 100, b)):
        if interval is not FAST:
            node.configure(instance(priority=priority, **interval, **more))
            node.reload()
            wait_logged(node, "configuration 2 is in force")


def state(node):
    return node.vrrp("VI_1")["state"]


def reason(node):
    return node.vrrp("VI_1")["last_change"]["reason"]


def undisturbed(net):
    """a was master all the time."""
    net.wait_master(net.a, VIP)
    assert net.a.counters()["became_master"] == 1, net.a.log()
    assert not net.sniffer.adverts("b")


def wait_logged(node, pattern):
    wait_for(lambda: node.logged(pattern), f"{node.name} logs {pattern!r}")


def wait_garp(net, since, mac=None):
    wait_for(lambda: [g for g in net.sniffer.garps("a", VIP, since) if mac in (None, g.sender_mac)],
             f"gratuitous ARP {mac or ''}")


def shown(node, ifname="eth0", address=VIP):
    return [f"{a['local']}/{a['prefixlen']}" for a in node.addresses(ifname) if a["local"] == address]


def wait_hears(node):
    """Advertisements of the other node arrive."""
    heard = node.counters()["received"]
    wait_for(lambda: node.counters()["received"] >= heard + 2, f"{node.name} hears advertisements")


class Stopped:
    """vrrpd of a node does not run while the block does, and then finds everything at once."""

    def __init__(self, node):
        self.pid = node.pid("vrrpd")

    def __enter__(self):
        os.kill(self.pid, signal.SIGSTOP)
        return self

    def __exit__(self, *_):
        with contextlib.suppress(ProcessLookupError):  # it was killed
            os.kill(self.pid, signal.SIGCONT)


# ---- addresses of a master ----


def test_deleted(lab):
    net = lab()
    start(net)
    ping = net.client.ping(VIP)
    since = time.time()
    netns.ip("address", "del", VIP_24, "dev", "eth0", ns=net.a.ns)
    wait_garp(net, since)
    undisturbed(net)
    ping.stop()
    assert ping.longest() < FAST_SECONDS
    wait_logged(net.a, r"VI_1: somebody removed 10\.77\.0\.50/24 on eth0: putting it back$")


def test_all_of_many_flushed(lab):
    net = lab()
    vips = tuple(f"10.77.0.{n}/24" for n in range(32, 64))
    start(net, vips=vips)
    # ip(8) looks ten times whether it has removed all, and may find all back every time
    subprocess.run(["ip", "-n", net.a.ns, "address", "flush", "dev", "eth0", "to", "10.77.0.32/27"],
                   capture_output=True)
    net.wait_master(net.a, *(v.split("/")[0] for v in vips))
    undisturbed(net)


def test_interface_flushed(lab):
    """Its own address goes too: nothing to send from, so the other node has to do it."""
    net = lab()
    start(net)
    netns.ip("address", "flush", "dev", "eth0", ns=net.a.ns)
    net.wait_master(net.b, VIP)
    assert net.a.addresses("eth0") == []
    assert state(net.a) == "FAULT" and reason(net.a) == "no source address"
    wait_logged(net.a, r"VI_1: MASTER -> FAULT: no source address$")
    assert net.sniffer.adverts("a")[-1].priority == 0
    netns.ip("address", "add", "10.77.0.1/24", "dev", "eth0", ns=net.a.ns)
    net.wait_master(net.a, VIP)
    wait_logged(net.a, r"VI_1: FAULT -> BACKUP: no longer: no source address$")


def test_one_of_two_own_addresses_removed(lab):
    """What is left serves to send from; the address that went with it is put back."""
    net = lab()
    netns.ip("address", "add", "10.78.0.1/24", "dev", "eth0", ns=net.a.ns)
    start(net)
    netns.ip("address", "del", "10.77.0.1/24", "dev", "eth0", ns=net.a.ns)
    wait_for(lambda: net.sniffer.adverts("a")[-1].source == "10.78.0.1", "another source")
    undisturbed(net)


def test_owners_own_address_comes_back(lab):
    """Priority 255: it is the host's, and not to be removed in whatever state."""
    net = lab(a="10.77.0.1/24")
    net.a.start(instance(priority=255, vips=("10.77.0.1/24",), **FAST))
    net.wait_adverts(net.a, 2)
    netns.ip("address", "flush", "dev", "eth0", ns=net.a.ns)
    wait_for(lambda: state(net.a) == "FAULT", "FAULT")
    netns.ip("address", "add", "10.77.0.1/24", "dev", "eth0", ns=net.a.ns)
    wait_for(lambda: state(net.a) == "MASTER", "MASTER")
    assert net.a.holds("10.77.0.1")


def test_deleted_again_and_again(lab):
    """A network manager that does not want it, and looks all the time: no flood, and it ends well."""
    net = lab()
    start(net)
    monitor = net.monitor(net.a)
    begun, deleted, done = time.monotonic(), [], threading.Event()
    remove = [f"address del {VIP_24} dev eth0"] * 50

    def loop():
        while not done.is_set():
            try:
                netns.ip(ns=net.a.ns, batch=remove)
            except RuntimeError:
                pass  # it was not there just now
            deleted.append(True)

    manager = threading.Thread(target=loop)
    manager.start()
    net.wait_adverts(net.a, 15)
    done.set()
    manager.join()
    net.wait_adverts(net.a, 1)
    seconds = time.monotonic() - begun
    undisturbed(net)
    times = monitor.seen.count(("add", VIP_24))
    assert 20 <= times <= 10 + seconds / 0.02 + 1, f"put back {times} times in {seconds:.1f} s"
    assert len(net.sniffer.garps("a", VIP)) <= times + 5 * (seconds + 3)
    lines = len(re.findall("putting it back", net.a.log()))
    assert 1 <= lines <= 1 + seconds / 10, net.a.log()


def test_left_alone_with_no_track(lab):
    net = lab()
    start(net, vips=(VIP_24 + " no_track", "10.77.0.51/24"))
    netns.ip(ns=net.a.ns, batch=[f"address del {VIP_24} dev eth0", "address del 10.77.0.51/24 dev eth0"])
    net.wait_master(net.a, "10.77.0.51")
    assert not net.a.holds(VIP)


def test_another_prefix_length(lab):
    net = lab()
    start(net)
    netns.ip(ns=net.a.ns, batch=[f"address add {VIP}/32 dev eth0", f"address del {VIP_24} dev eth0"])
    wait_for(lambda: shown(net.a) == [VIP_24], "only what is configured")
    undisturbed(net)
    wait_logged(net.a, r"VI_1: somebody added 10\.77\.0\.50/32 to eth0.*: removed it$")
    net.a.stop()
    assert shown(net.a) == []


def test_a_lifetime(lab):
    net = lab()
    start(net)
    monitor = net.monitor(net.a)
    netns.ip("address", "change", VIP_24, "dev", "eth0", "valid_lft", "2", "preferred_lft", "1", ns=net.a.ns)
    wait_for(lambda: [a["valid_life_time"] for a in net.a.addresses() if a["local"] == VIP] == [FOR_EVER],
             "permanent again")
    undisturbed(net)
    assert ("del", VIP_24) not in monitor.seen
    wait_logged(net.a, r"VI_1: somebody gave 10\.77\.0\.50/24 on eth0 a lifetime: taking it away$")


def test_a_lifetime_while_vrrpd_was_dead(lab):
    net = lab()
    start(net, a=PATIENT)
    monitor = net.monitor(net.a)
    with Stopped(net.a) as vrrpd:
        netns.ip("address", "change", VIP_24, "dev", "eth0", "valid_lft", "20", "preferred_lft", "10", ns=net.a.ns)
        os.kill(vrrpd.pid, signal.SIGKILL)
    net.a.restarts = {"vrrpd": 1}
    wait_for(lambda: [a["valid_life_time"] for a in net.a.addresses() if a["local"] == VIP] == [FOR_EVER],
             "permanent again")
    net.wait_master(net.a, VIP)
    assert ("del", VIP_24) not in monitor.seen


def test_refused_by_the_kernel(lab):
    """What cannot be put back is a FAULT: the other node can. An MTU below 68 is the end of IPv4 on a link."""
    net = lab()
    start(net, vips=(VIP_24, "10.99.0.50/32 dev lo"))
    netns.ip("link", "set", "lo", "mtu", "60", ns=net.a.ns)
    net.wait_master(net.b, VIP)
    assert state(net.a) == "FAULT" and reason(net.a) == "refused by the kernel"
    wait_logged(net.a, r"VI_1: somebody removed 10\.99\.0\.50/32 on lo: putting it back$")
    wait_logged(net.a, r"VI_1: 10\.99\.0\.50/32 cannot be added to lo")
    wait_for(lambda: len(re.findall("MASTER -> FAULT", net.a.log())) == 2, "tried again after a while", timeout=40)
    net.wait_master(net.b, VIP)
    netns.ip("link", "set", "lo", "mtu", "1500", ns=net.a.ns)
    net.wait_master(net.a, VIP)
    assert "10.99.0.50" in netns.ip("address", "show", "dev", "lo", ns=net.a.ns)


# ---- addresses of a backup ----


def added_by_hand(net, address, when):
    ping = net.client.ping(VIP)
    since = time.time()
    netns.ip("address", "add", address, "dev", "eth0", ns=net.b.ns)
    wait_for(lambda: not net.b.holds(VIP), "removed")
    wait_logged(net.b, rf"VI_1: somebody added {re.escape(address)} to eth0.* in state {when}: removed it$")
    net.wait_adverts(net.a, 2, since=since)
    ping.stop()
    assert ping.longest() < FAST_SECONDS
    undisturbed(net)


@pytest.mark.parametrize("prefixlen", [24, 32])
def test_added_to_a_backup(lab, prefixlen):
    net = lab()
    start(net)
    added_by_hand(net, f"{VIP}/{prefixlen}", "BACKUP")


def test_added_in_fault(lab):
    net = lab()
    start(net)
    netns.ip("address", "del", "10.77.0.2/24", "dev", "eth0", ns=net.b.ns)
    wait_for(lambda: state(net.b) == "FAULT", "FAULT")
    added_by_hand(net, VIP_24, "FAULT")


def test_added_to_a_backup_again_and_again(lab):
    net = lab()
    start(net)
    monitor = net.monitor(net.b)
    begun = time.monotonic()
    for _ in range(40):
        netns.ip("address", "replace", VIP_24, "dev", "eth0", ns=net.b.ns)
    wait_for(lambda: not net.b.holds(VIP), "removed in the end")
    seconds = time.monotonic() - begun
    assert 2 <= monitor.seen.count(("del", VIP_24)) <= 10 + seconds / 0.02 + 1
    assert 1 <= len(re.findall("removed it", net.b.log())) <= 1 + seconds / 10
    undisturbed(net)


def test_backup_gets_a_new_address_that_is_there_already(lab):
    """A reload brings a virtual address that somebody added before."""
    net = lab()
    start(net)
    netns.ip("address", "add", "10.77.0.51/24", "dev", "eth0", ns=net.b.ns)
    net.b.configure(instance(priority=100, vips=(VIP_24, "10.77.0.51/24"), **FAST))
    net.b.reload()
    wait_for(lambda: not net.b.holds("10.77.0.51"), "removed")


def test_the_hosts_own_address_is_not_touched(lab):
    """An address of the host that is a virtual one too, with another prefix length, and was there first."""
    net = lab(a="10.77.0.1/24")
    netns.ip("address", "add", VIP_24, "dev", "eth0", ns=net.a.ns)
    net.a.start(instance(vips=(f"{VIP}/32",), **FAST))
    wait_for(lambda: f"{VIP}/32" in shown(net.a), "master")
    netns.ip("address", "del", f"{VIP}/32", "dev", "eth0", ns=net.a.ns)
    wait_for(lambda: f"{VIP}/32" in shown(net.a), "put back")
    assert VIP_24 in shown(net.a)
    net.a.stop()
    assert shown(net.a) == [VIP_24]


def test_the_hosts_own_address_becomes_a_virtual_one(lab):
    """The same, by a reload."""
    net = lab(a="10.77.0.1/24")
    net.a.start(instance(**FAST))
    net.wait_master(net.a, VIP)
    netns.ip("address", "add", "10.77.0.60/24", "dev", "eth0", ns=net.a.ns)
    wait_for(lambda: state(net.a) == "MASTER", "the address is known")
    net.a.configure(instance(vips=(VIP_24, "10.77.0.60/32"), **FAST))
    net.a.reload()
    wait_for(lambda: "10.77.0.60/32" in shown(net.a, address="10.77.0.60"), "added")
    netns.ip("address", "del", "10.77.0.60/32", "dev", "eth0", ns=net.a.ns)
    wait_for(lambda: "10.77.0.60/32" in shown(net.a, address="10.77.0.60"), "put back")
    assert "10.77.0.60/24" in shown(net.a, address="10.77.0.60")


# ---- links ----


def test_renamed_while_up(lab):
    """The address goes from the renamed link before the other node has it."""
    net = lab()
    start(net)
    netns.ip("link", "set", "eth0", "name", "was0", ns=net.a.ns)
    net.wait_master(net.b, VIP)
    assert state(net.a) == "FAULT" and reason(net.a) == "interface missing"
    assert [a["local"] for a in net.a.addresses("was0")] == ["10.77.0.1"]
    wait_logged(net.a, "interface eth0 was renamed to was0$")
    wait_logged(net.a, r"VI_1: removed 10\.77\.0\.50/24 from the interface that was eth0$")
    assert net.sniffer.adverts("a")[-1].priority == 0, "it could still be told"
    netns.ip("link", "set", "was0", "name", "eth0", ns=net.a.ns)
    net.wait_master(net.a, VIP)


def test_renamed_interface_of_one_address(lab):
    """Not the one that VRRP runs on."""
    net = lab()
    for node, last in ((net.a, 1), (net.b, 2)):
        node.add_link("eth1", f"10.78.0.{last}/24", bridge="br1")
    start(net, vips=(VIP_24, "10.78.0.50/24 dev eth1"))
    net.wait_master(net.a, "10.78.0.50")
    netns.ip("link", "set", "eth1", "name", "was1", ns=net.a.ns)
    net.wait_master(net.b, VIP, "10.78.0.50")
    assert state(net.a) == "FAULT" and reason(net.a) == "interface missing"
    netns.ip("link", "set", "was1", "name", "eth1", ns=net.a.ns)
    net.wait_master(net.a, VIP, "10.78.0.50")


def test_names_exchanged_before_anybody_looked(lab):
    """The address moves to the interface that has the name now."""
    net = lab()
    for node, last in ((net.a, 1), (net.b, 2)):
        node.add_link("eth1", f"10.78.0.{last}/24", bridge="br1")
        node.add_link("eth2", f"10.78.1.{last}/24", bridge="br1")
    start(net, a=PATIENT, vips=(VIP_24, "10.78.0.50/24 dev eth1"))
    with Stopped(net.a):
        for old, new in (("eth1", "was1"), ("eth2", "eth1")):
            netns.ip("link", "set", old, "name", new, ns=net.a.ns)
    wait_for(lambda: shown(net.a, "eth1", "10.78.0.50") and not shown(net.a, "was1", "10.78.0.50"), "moved")
    wait_logged(net.a, r"VI_1: a new interface lacks 10\.78\.0\.50/24 on eth1: putting it back$")
    undisturbed(net)


def test_exchanged_before_anybody_looked(lab):
    """Deleted and made again at once: another index, nothing on it."""
    net = lab()
    start(net, a=PATIENT)
    with Stopped(net.a):
        netns.ip("link", "del", "eth0", ns=net.a.ns)
        net.a.add_link("eth0", "10.77.0.1/24")
    net.wait_master(net.a, VIP)
    wait_logged(net.a, "interface eth0 is gone$")
    wait_logged(net.a, r"VI_1: a new interface lacks 10\.77\.0\.50/24 on eth0: putting it back$")
    undisturbed(net)


def move_out_and_back(net, node, last):
    other = Host(net, "other").ns  # nothing in it has the same index
    netns.ip("link", "set", "eth0", "netns", other, ns=node.ns)
    netns.ip("link", "set", "eth0", "netns", node.ns, ns=other)
    netns.ip(ns=node.ns, batch=["link set eth0 up", f"address add 10.77.0.{last}/24 dev eth0"])


def test_moved_to_another_namespace_and_back(lab):
    net = lab()
    start(net)
    netns.ip("link", "set", "eth0", "netns", net.client.ns, "name", "moved0", ns=net.a.ns)
    net.wait_master(net.b, VIP)
    assert state(net.a) == "FAULT"
    wait_logged(net.a, "interface eth0 is gone$")
    netns.ip("link", "set", "moved0", "netns", net.a.ns, "name", "eth0", ns=net.client.ns)
    netns.ip(ns=net.a.ns, batch=["link set eth0 up", "address add 10.77.0.1/24 dev eth0"])
    net.wait_master(net.a, VIP)


def test_moved_out_and_back_before_anybody_looked(lab):
    """The index may be the same, but the multicast group is left."""
    net = lab()
    start(net, b=PATIENT)
    with Stopped(net.b):
        move_out_and_back(net, net.b, 2)
    wait_logged(net.b, "interface eth0 is gone$")
    wait_hears(net.b)
    undisturbed(net)


def test_carrier_lost_for_a_moment(lab):
    net = lab()
    start(net, a=SLOW)
    since = time.time()
    net.a.unplug()
    wait_for(lambda: "LOWER_UP" not in netns.ip_json("link", "show", "eth0", ns=net.a.ns)[0]["flags"], "no carrier")
    net.a.plug()
    assert time.time() - since < SLOW_SECONDS, "too slow a machine for this test"
    wait_logged(net.a, r"eth0 was down for 0\.\d+ s: announcing 1 addresses again")
    wait_garp(net, since)
    net.wait_adverts(net.a, 2)
    undisturbed(net)


def test_down_and_up(lab):
    net = lab()
    start(net, a=SLOW)
    since = time.time()
    netns.ip(ns=net.a.ns, batch=["link set eth0 down", "link set eth0 up"])
    assert time.time() - since < SLOW_SECONDS, "too slow a machine for this test"
    wait_garp(net, since)
    assert net.client.pings_once(VIP)
    net.wait_adverts(net.a, 2)
    undisturbed(net)


def test_carrier_lost_with_an_impatient_neighbour(lab):
    """down_timer_adverts 1: there is no time to wait."""
    net = lab()
    start(net, a=SLOW, extra="down_timer_adverts 1")
    since = time.time()
    net.a.unplug()
    wait_for(lambda: state(net.a) == "FAULT", "FAULT")
    assert time.time() - since < SLOW_SECONDS
    net.a.plug()


def test_carrier_lost_for_longer(lab):
    net = lab()
    start(net)
    net.a.unplug()
    net.wait_master(net.b, VIP)
    assert state(net.a) == "FAULT" and reason(net.a) == "interface down"
    assert not net.a.logged("could not be sent")
    net.a.plug()
    net.wait_master(net.a, VIP)


def test_another_mac_address(lab):
    net = lab()
    start(net)
    ping = net.client.ping(VIP)
    since, mac = time.time(), "02:00:00:00:77:01"
    netns.ip("link", "set", "eth0", "address", mac, ns=net.a.ns)
    wait_garp(net, since, mac)
    wait_for(lambda: [n for n in netns.ip_json("neigh", "show", VIP, ns=net.client.ns) if n.get("lladdr") == mac],
             "the client knows")
    adverts = net.wait_adverts(net.a, 3)
    assert adverts[-1].raw[6:12].hex(":") == mac
    ping.stop()
    assert ping.longest() < FAST_SECONDS
    undisturbed(net)
    wait_logged(net.a, f"eth0 has another MAC address, {mac}: announcing 1 addresses$".replace("0", "0?"))


def test_another_mtu(lab):
    net = lab()
    start(net)
    for node in (net.a, net.b):
        netns.ip("link", "set", "eth0", "mtu", "1400", ns=node.ns)
    net.wait_adverts(net.a, 5)
    undisturbed(net)


def test_too_small_an_mtu_for_ipv4_and_back(lab):
    """The kernel takes the multicast group away with the addresses, and does not bring it back."""
    net = lab(a="10.77.0.1/24")
    try:
        netns.ip("link", "add", "any0", "type", "ifb", ns=net.a.ns)
    except RuntimeError:
        pytest.skip("no kind of interface here that takes so small an MTU")
    netns.ip(ns=net.a.ns, batch=["link set any0 up", "address add 10.78.0.1/24 dev any0"])
    net.a.start(instance(ifname="any0", **FAST))
    net.wait_master(net.a, VIP)
    netns.ip("link", "set", "any0", "mtu", "60", ns=net.a.ns)
    wait_for(lambda: state(net.a) == "FAULT", "FAULT")
    netns.ip(ns=net.a.ns, batch=["link set any0 mtu 1500", "address add 10.78.0.1/24 dev any0"])
    net.wait_master(net.a, VIP)
    assert "224.0.0.18" in netns.ip("maddress", "show", "dev", "any0", ns=net.a.ns)


# ---- more than the kernel can report ----


def test_more_changes_than_fit(lab):
    """What was reported before the overrun is old, what came after it was not reported at all."""
    net = lab()
    start(net, a=PATIENT)
    flood = [line for n in range(3000) for line in ("address add 10.99.0.1/32 dev lo",
                                                    "address del 10.99.0.1/32 dev lo")]
    with Stopped(net.a):
        netns.ip(ns=net.a.ns, batch=["address del 10.77.0.1/24 dev eth0", *flood,
                                     "address add 10.77.0.1/24 dev eth0"])
        assert not net.a.holds(VIP)
    wait_logged(net.a, "the kernel reported more interface changes than fit: reading all anew$")
    net.wait_master(net.a, VIP)
    wait_logged(net.a, r"VI_1: somebody removed 10\.77\.0\.50/24 on eth0: putting it back$")
    # nothing is left of what was read late
    netns.ip("address", "del", VIP_24, "dev", "eth0", ns=net.a.ns)
    undisturbed(net)
    assert state(net.a) == "MASTER"


def test_more_changes_than_fit_at_a_backup(lab):
    """The interface may have been exchanged meanwhile, without a word."""
    net = lab()
    start(net, b=PATIENT)
    flood = [line for n in range(3000) for line in ("address add 10.99.0.1/32 dev lo",
                                                    "address del 10.99.0.1/32 dev lo")]
    with Stopped(net.b):
        netns.ip(ns=net.b.ns, batch=flood)
        move_out_and_back(net, net.b, 2)
        netns.ip("address", "add", VIP_24, "dev", "eth0", ns=net.b.ns)
    wait_logged(net.b, "more interface changes than fit")
    wait_for(lambda: not net.b.holds(VIP), "removed")
    wait_hears(net.b)
    undisturbed(net)
