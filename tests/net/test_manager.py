"""Under a service manager (manager.py): what it hears, what it keeps, and that neither a crash of the main process
nor a restart of the service moves an address."""

import json
import os
import pathlib
import re
import signal
import time

import pytest

from conf import FAST, block, instance
from harness import wait_for
from manager import WATCHDOG_US, Manager

VIP = "10.77.0.50"
PACE = {"version": 3, "advert": "0.5"}
SERVICE = block("virtual_server 10.77.0.50 80", "delay_loop 6", "lb_algo rr", "lb_kind NAT", "protocol TCP",
                block("real_server 10.77.0.100 80", block("TCP_CHECK", "connect_timeout 1")))
CONF_A = instance(priority=150, **PACE) + SERVICE
KEPT = ["channel-checkerd", "channel-ipvsd", "channel-vrrpd", "configuration", "launcher", "page-checkerd", "page-ipvsd",
        "page-parentd", "page-vrrpd"]


@pytest.fixture
def managed(lab):
    """A lab where a runs under a service manager and is master, b is backup, and the client pings."""
    net = lab()
    net.manager = Manager(net.a)
    net.manager.start_ready(CONF_A)
    net.wait_master(net.a, VIP)
    net.b.start(instance(priority=100, **PACE))
    wait_for(lambda: net.b.shows(lambda status: status["vrrp"] and status["vrrp"][0]["master"]), "b hears a")
    wait_for(lambda: net.manager.names() == KEPT, f"all is kept: {net.manager.names()}")
    wait_for(lambda: all(net.a.pid(name) for name in ("vrrpd", "checkerd", "ipvsd")), "all run")
    net.ping = net.client.ping(VIP)
    yield net
    net.manager.close()


def others(net):
    return {name: net.a.pid(name) for name in ("vrrpd", "checkerd", "ipvsd", "parentd")}


def replaced(net, before):
    now = others(net)
    return all(now.values()) and not set(now.values()) & set(before.values()) and net.a.shows(
        lambda status: all(one["pid"] > 0 for one in status["processes"]))


def nothing_moved(net):
    net.ping.stop()
    assert net.ping.lost() == 0
    assert not net.sniffer.adverts("b"), "b never said a word"
    assert not [p for p in net.sniffer.adverts("a") if p.priority == 0]
    states = [change["to"] for change in sorted(json.loads(net.a.ctl("history", "--json"))["history"],
                                                key=lambda change: change["at"])]
    assert states == ["BACKUP", "MASTER"], "what happened before is known, and nothing came after"


def test_killed_launcher_moves_nothing(managed):
    """The others go on, unattended, until the new launcher ends each as its successor starts. Twice."""
    net = managed
    for _ in range(2):
        before = others(net)
        net.manager.die()
        wait_for(lambda: net.a.pid("parentd") is None, "parentd ends with its launcher")
        assert [net.a.pid(name) for name in ("vrrpd", "checkerd", "ipvsd")] == \
            [before[name] for name in ("vrrpd", "checkerd", "ipvsd")], "they go on meanwhile"
        net.wait_adverts(net.a, 1)
        net.manager.start_ready()
        wait_for(lambda: replaced(net, before), "all are new")
        wait_for(lambda: net.manager.names() == KEPT, "all is kept again")
    nothing_moved(net)
    assert net.a.stop() == 0
    net.wait_master(net.b, VIP)
    assert not net.a.holds(VIP)


def test_whole_suite_killed_at_once(managed):
    net = managed
    net.a.kill()
    wait_for(lambda: net.manager.names() == [name for name in KEPT if not name.startswith("channel")],
             "channels of dead processes are dropped")
    net.manager.start_ready()
    net.wait_adverts(net.a, 2)
    nothing_moved(net)


def test_restart_for_a_new_configuration(managed):
    """What `systemctl restart` does: the main process leaves, and its successor begins with what was in force."""
    net = managed
    before = others(net)
    net.a.process.send_signal(signal.SIGQUIT)
    assert net.manager.gone() == 0
    assert net.a.pid("vrrpd") == before["vrrpd"]
    net.manager.start_ready(instance(priority=160, **PACE))
    wait_for(lambda: net.a.shows(lambda status: status["vrrp"][0]["priority"] == 160), "the new configuration")
    wait_for(lambda: not net.a.pid("ipvsd") and not net.a.pid("checkerd"), "what it does not want is gone")
    nothing_moved(net)


def test_broken_configuration_at_a_restart_changes_nothing(managed):
    net = managed
    net.a.process.send_signal(signal.SIGQUIT)
    assert net.manager.gone() == 0
    net.manager.start_ready("vrrp_instance VI_1 {\n\tnonsense\n}\n")
    wait_for(lambda: net.a.logged("configuration refused: "), "it is said")
    assert not net.a.logged("not wanted any more")
    wait_for(lambda: all(others(net).values()), "all run")
    wait_for(lambda: "read last was refused" in net.manager.said("STATUS")[-1], "it is said as long as it is so")
    net.wait_adverts(net.a, 2)
    nothing_moved(net)


def test_nobody_keeps_anything_any_more(managed):
    """The service manager gives up, or the service is stopped between two starts: addresses are given up at once."""
    net = managed
    since = time.time()
    net.manager.die()
    assert net.a.holds(VIP)
    net.manager.release()
    net.wait_master(net.b, VIP, timeout=2)
    assert [p for p in net.sniffer.adverts("a", since=since) if p.priority == 0]
    wait_for(lambda: not any(others(net).values()), "all ended")
    net.a.strict = False


def test_stop_forgets(managed):
    net = managed
    assert net.a.stop() == 0
    net.wait_master(net.b, VIP)
    wait_for(lambda: net.manager.names() == [], "nothing is kept of a service that is stopped")


@pytest.mark.parametrize("name", ["page-vrrpd", "launcher"])
def test_damaged_goods(managed, name):
    """Whoever cannot be succeeded gives up what it holds, before there is another."""
    net = managed
    net.manager.die()
    with net.manager.lock:
        fd = next(fd for kept, fd in net.manager.store if kept == name)
        size = os.fstat(fd).st_size
        os.pwrite(fd, b"\xa5" * min(size, 4096), 0)
    since = time.time()
    net.manager.start_ready()
    wait_for(lambda: [p for p in net.sniffer.adverts("a", since=since) if p.priority == 0], "given up")
    wait_for(lambda: len(net.a.pids_of("vrrpd")) == 1, "one vrrpd")
    assert net.a.logged("vrrpd of before cannot be succeeded")
    net.wait_master(net.a, VIP)


def test_what_the_service_manager_hears(lab):
    net = lab()
    manager = Manager(net.a)

    def says(status):
        wait_for(lambda: manager.said("STATUS")[-1:] == [status], f"{status!r}, not {manager.said('STATUS')}")

    def lives():
        since = time.monotonic()
        wait_for(lambda: len(manager.said("WATCHDOG", since)) >= 3, "signs of life", 2 * WATCHDOG_US / 1e6)

    try:
        manager.start_ready(instance(priority=150, **FAST))
        assert manager.said("MAINPID") == [str(net.a.process.pid)]
        says("1 MASTER")
        lives()
        net.a.ctl("upgrade")
        net.a.restarts = {"parentd": 1, "vrrpd": 1}
        says("1 MASTER; parentd restarted 1 time; vrrpd restarted 1 time")
        lives()
        since = time.monotonic()
        net.a.configure("nonsense\n")
        net.a.reload()
        wait_for(lambda: manager.said("READY", since), "the reload ended")
        assert int(manager.said("MONOTONIC_USEC", since)[0]) >= since * 1e6
        says("1 MASTER; parentd restarted 1 time; vrrpd restarted 1 time; "
             "the configuration read last was refused, the one before is in force")
        net.a.configure(instance(priority=150, **FAST) + instance("VI_2", vrid=52, ifname="none", vips=["10.77.0.51"], **FAST))
        net.a.reload()
        says("1 FAULT, 1 MASTER; parentd restarted 1 time; vrrpd restarted 1 time")
        net.a.stop()
        assert manager.said("STOPPING") == ["1"]
    finally:
        manager.close()


def test_no_sign_of_life_without_a_nursery(lab):
    """Scripts could not be run any more: the service manager starts a launcher that can, and nothing moves."""
    net = lab()
    manager = Manager(net.a)
    try:
        manager.start_ready(instance(priority=150, **FAST))
        net.wait_master(net.a, VIP)
        wait_for(lambda: len(net.a.pids_of("runner")) == 2, "the nursery and its twin")
        nurseries = net.a.pids_of("runner")
        for pid in nurseries:
            limits = pathlib.Path(f"/proc/{pid}/limits").read_text()
            assert re.search(r"^Max realtime priority +0 +0 ", limits, re.M), "no script may ask for it"
        for number in (signal.SIGSTOP, signal.SIGKILL):
            for pid in nurseries:
                os.kill(pid, number)
        wait_for(lambda: "no script can be started" in manager.said("STATUS")[-1], "it is said")
        since = time.monotonic()
        wait_for(lambda: time.monotonic() - since > WATCHDOG_US / 1e6, "the service manager's patience ends")
        assert not manager.said("WATCHDOG", since + 0.1)
        manager.die()
        manager.start_ready()
        wait_for(lambda: len(net.a.pids_of("runner")) == 2, "both are there again")
    finally:
        manager.close()


def test_what_is_said_is_said_until_it_is_taken(lab):
    """A service manager that is busy has no room for it at first. Without READY=1 it would end the service."""
    net = lab()
    manager = Manager(net.a)
    manager.be_deaf()
    since = manager.start(CONF_A)
    net.wait_master(net.a, VIP)
    manager.deaf = False
    manager.wait_ready(since)
    wait_for(lambda: "1 MASTER" in manager.said("STATUS")[-1], "what is the case now is said as well")
    manager.close()
