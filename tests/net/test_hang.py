"""A process that hangs, stopped by a signal or in a loop, is found by its heartbeat and replaced."""

import os
import re
import signal
import struct
import subprocess

import pytest
from conf import instance
from harness import BUILD, wait_for
from test_supervision import SERVICE

VIP = "10.77.0.50"


def start(net, advert="1", service=""):
    net.start_pair(instance(priority=150, version=3, advert=advert) + service,
                   instance(priority=100, version=3, advert=advert), VIP)
    net.wait_adverts(net.a, 2)
    if service:
        wait_for(lambda: all(net.a.pid(name) for name in ("vrrpd", "checkerd", "ipvsd")), "all processes run")


def symbol(pid, name):
    """Address of a function in a running process."""
    program = os.readlink(f"/proc/{pid}/exe")
    listing = subprocess.run(["nm", program], text=True, capture_output=True, check=True).stdout
    offset = int(re.search(rf"^(\w+) [tT] {name}$", listing, re.M).group(1), 16)
    with open(f"/proc/{pid}/maps") as maps:
        base = int(next(line for line in maps if line.rstrip().endswith(program)).split("-")[0], 16)
    return base + offset


def spin(pid):
    """The process loops for ever as soon as it asks for the time: a jump to itself."""
    with open(f"/proc/{pid}/mem", "r+b", buffering=0) as memory:
        memory.seek(symbol(pid, "clock_now_ns"))
        memory.write(b"\xeb\xfe")


def stop(pid):
    os.kill(pid, signal.SIGSTOP)


def replaced(net, name, old):
    wait_for(lambda: net.a.pid(name) not in (None, old), f"a new {name}", timeout=60)  # on a busy machine a loop takes its time
    net.a.restarts[name] = net.a.restarts.get(name, 0) + 1


@pytest.mark.parametrize("advert", ["1", "0.1"])
@pytest.mark.parametrize("hang", [stop, spin])
def test_vrrpd_is_replaced_before_the_other_node_notices(lab, hang, advert):
    net = lab()
    start(net, advert)
    monitor, ping = net.monitor(net.a), net.client.ping(VIP)
    for _ in range(3):
        old = net.a.pid("vrrpd")
        hang(old)
        replaced(net, "vrrpd", old)
        net.wait_adverts(net.a, 3)
    ping.stop()
    assert ping.lost() == 0 and not monitor.seen
    assert not net.sniffer.adverts("b"), "the other node noticed"
    assert net.a.logged(r"vrrpd\[\d+\] is killed: it has not answered for \d+ ms")


@pytest.mark.parametrize("hang", [stop, spin])
def test_parentd_and_vrrpd_together(lab, hang):
    """The new vrrpd gets its configuration from a new parentd."""
    net = lab()
    start(net, "0.3")
    monitor = net.monitor(net.a)
    old = {name: net.a.pid(name) for name in ("parentd", "vrrpd")}
    for pid in old.values():
        hang(pid)
    for name, pid in old.items():
        replaced(net, name, pid)
    net.wait_adverts(net.a, 3)
    assert not monitor.seen and not net.sniffer.adverts("b")


@pytest.mark.parametrize("name, hang", [("parentd", stop), ("checkerd", stop), ("ipvsd", stop), ("checkerd", spin)])
def test_others_are_replaced_too(lab, name, hang):
    net = lab()
    start(net, "0.2", SERVICE)
    monitor = net.monitor(net.a)
    old = net.a.pid(name)
    hang(old)
    replaced(net, name, old)
    wait_for(lambda: net.a.shows(lambda status: status["vrrp"]), "answers")
    assert not monitor.seen and not net.sniffer.adverts("b")


def test_parentd_that_reads_files_is_not_taken_for_dead(lab):
    """Reading a large configuration takes longer than a heartbeat waits."""
    net = lab()
    start(net, "0.05")
    net.a.configure(("# " + 76 * "-" + "\n") * 150_000 + instance(priority=160, version=3, advert="0.05"))
    for _ in range(3):
        net.a.ctl("reload")
    wait_for(lambda: net.sniffer.adverts("a")[-1].priority == 160, "the large configuration is in force")
    assert not net.a.logged("parentd.* is killed")


def test_much_to_do_is_no_hang(lab):
    """Adding thousands of addresses takes longer than a heartbeat waits."""
    net = lab(a="10.77.0.1/24")
    addresses = 8
    net.a.start("".join(
        instance(name=f"VI_{vrid}", vrid=vrid, priority=150, version=3, advert="0.05",
                 vips=[f"10.78.{vrid}.{n}/32" for n in range(1, addresses + 1)]) for vrid in range(1, 251)))
    wait_for(lambda: len(net.a.addresses()) == 250 * addresses + 1, "all addresses are there", timeout=60)
    net.a.reload()
    wait_for(lambda: net.a.logged("configuration 2 is in force"), "a reload")
    assert not net.a.logged("is killed")
