"""A whole node stands still, as a virtual machine does that is paused, and wakes up again."""

import os
import signal
import time

import netns
import pytest
from conf import instance
from harness import wait_for

VIP = "10.77.0.50"
STANDSTILL = 5.0  # seconds


def suite(node):
    """The launcher first: it is not to see the others stand still."""
    launcher = node.process.pid
    with open(f"/proc/{launcher}/task/{launcher}/children") as children:
        return [launcher, *map(int, children.read().split())]


class Frozen:
    """cut: what is sent to a paused machine may be lost; otherwise it waits in its sockets."""

    def __init__(self, node, cut=False):
        self.node, self.cut = node, cut
        self.pids = suite(node)
        self.since = time.time()
        for pid in self.pids:
            os.kill(pid, signal.SIGSTOP)
        if cut:
            node.isolate()

    def wake(self, launcher_first):
        """Returns when."""
        if self.cut:
            self.node.rejoin()
        since = time.time()
        for pid in self.pids if launcher_first else self.pids[::-1]:
            os.kill(pid, signal.SIGCONT)
        return since


def start(lab, advert, b=100, b_extra=""):
    """a is master."""
    net = lab()
    net.a.start(instance(priority=150, version=3, advert=advert))
    net.wait_master(net.a, VIP)
    net.b.start(instance(priority=b, version=3, advert=advert, extra=b_extra))
    wait_for(lambda: net.b.shows(lambda status: [one["state"] for one in status["vrrp"]] == ["BACKUP"]), "b is backup")
    net.wait_adverts(net.a, 2)
    return net


def stands_for_a_while(net, node, since, advert):
    """Node has spoken for the other one all the time."""
    net.wait_adverts(node, int(STANDSTILL / float(advert)), since=since, timeout=4 * STANDSTILL)


def learnt(net):
    """The Ethernet address that the client sends to."""
    net.client.pings_once(VIP)
    return next((entry.get("lladdr") for entry in netns.ip_json("neighbor", "show", VIP, ns=net.client.ns)), None)


def mac(node):
    return netns.ip_json("link", "show", "eth0", ns=node.ns)[0]["address"]


@pytest.mark.parametrize("advert, cut, launcher_first", [
    ("1", False, True), ("1", True, False), ("0.1", False, False)])
def test_better_master_takes_the_path_back_within_an_interval(lab, advert, cut, launcher_first):
    net = start(lab, advert)
    before = net.a.processes()
    frozen = Frozen(net.a, cut)
    net.wait_master(net.b, VIP, alone=False)
    stands_for_a_while(net, net.b, frozen.since, advert)
    wait_for(lambda: learnt(net) == mac(net.b), "the client goes to b")
    woken = frozen.wake(launcher_first)
    net.wait_adverts(net.a, 3, since=woken)
    net.wait_master(net.a, VIP)
    spoken = net.sniffer.adverts("a", since=woken)
    assert spoken[0].priority == 150
    if not cut:  # else it has to hear of b first
        assert spoken[0].time - woken < float(advert)
        assert spoken[1].time - spoken[0].time > 0.5 * float(advert), "every waiting packet was answered"
    assert net.sniffer.garps("a", VIP, since=woken)[0].time - woken < float(advert)
    assert net.sniffer.garps("a", VIP)[-1].time > net.sniffer.garps("b", VIP)[-1].time
    assert learnt(net) == mac(net.a)
    assert net.a.logged(r"stood still for at least [3-9]\.\d+ s .*; 1 MASTER silent for up to [4-9]\.\d+ s: "
                        "1 announce their addresses again, 0 gave way")
    assert {n: p["pid"] for n, p in net.a.processes().items()} == {n: p["pid"] for n, p in before.items()}


def test_master_yields_to_a_better_one_without_a_word(lab):
    """b is better, and took over only because a was silent."""
    net = start(lab, "1", b=200, b_extra="nopreempt")
    frozen = Frozen(net.a)
    net.wait_master(net.b, VIP, alone=False)
    stands_for_a_while(net, net.b, frozen.since, "1")
    woken = frozen.wake(True)
    net.wait_master(net.b, VIP)
    net.wait_adverts(net.b, 4, since=woken)
    assert not net.sniffer.adverts("a", since=woken) and not net.sniffer.garps("a", since=woken)
    assert net.a.logged("0 announce their addresses again, 1 gave way")
    assert net.a.logged("MASTER -> BACKUP: .* has priority 200, ours is 150")


@pytest.mark.parametrize("advert, cut", [("1", False), ("0.1", True)])
def test_backup_stays_backup(lab, advert, cut):
    net = start(lab, advert)
    frozen = Frozen(net.b, cut)
    stands_for_a_while(net, net.a, frozen.since, advert)
    woken = frozen.wake(True)
    net.wait_adverts(net.a, 5, since=woken)
    assert not net.sniffer.adverts("b")
    assert net.b.logged(r"stood still for at least .*; 1 BACKUP listen before they take over")
    assert net.b.vrrp("VI_1")["state"] == "BACKUP"
