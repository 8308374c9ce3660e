"""What clients notice when a process of the director dies, or its configuration changes: nothing."""

import re
import subprocess

import pytest
from balance import (CONFIGURED, NAMES, REALS, SERVICE, VIP, balance, configuration, net, table,  # noqa: F401
                     weights, without)
from traffic import wait_for

READING = {4, 8, 11, 13, 15}  # IPVS_CMD_GET_SERVICE, _DEST, _DAEMON, _CONFIG, _INFO (linux/ip_vs.h)
DELETE_DEST = 7


class Trace:
    """What the launcher's further children send to IPVS."""

    def __init__(self, node):
        self.family = int(node.logged(r"IPVS \S+ is generic netlink family (\d+)").group(1))
        self.path = node.dir / "trace"
        self.process = subprocess.Popen(
            ["strace", "-f", "-xx", "-p", str(node.pid("holdfast")), "-o", str(self.path),
             "-e", "trace=sendmsg,sendto,sendmmsg,execve"], stderr=subprocess.PIPE, text=True)
        assert "attached" in self.process.stderr.readline()

    def commands(self, pid):
        """The commands that a process sent to IPVS, as linux/ip_vs.h numbers them."""
        lines = [line for line in self.path.read_text().splitlines() if line.split()[0] == str(pid)]
        return [int(found, 16) for line in lines for found in
                re.findall(rf'nlmsg_type=(?:0x{self.family:x}|{self.family})\b[^}}]*}}, "\\x([0-9a-f]{{2}})', line)]

    def stop(self):
        self.process.terminate()
        self.process.wait()
        self.process.stderr.close()


def replaced(net, *names):
    """kill -9 of processes of the director, until new ones do their work."""
    old = {name: net.a.pid(name) for name in names}
    net.a.kill(*names)
    for name in names:
        net.a.restarts[name] = net.a.restarts.get(name, 0) + 1
    wait_for(lambda: net.a.shows(lambda status: all(
        p["working"] and p["pid"] != old.get(p["name"]) for p in status["processes"])), f"{names} are replaced")


@pytest.mark.parametrize("names", [["ipvsd"], ["parentd", "checkerd", "ipvsd"]], ids="+".join)
def test_a_new_ipvsd_finds_nothing_to_do(net, names):
    """Not even where nobody can tell it yet that a server is down."""
    net.start()
    net.down("s3")
    net.wait_weights(without("s3"))
    load = net.load(VIP)
    load.wait_more()
    trace = Trace(net.a)
    try:
        replaced(net, *names)
        pid = net.a.pid("ipvsd")
        wait_for(lambda: trace.commands(pid), "the new one reads the table")
        assert set(load.wait_more(40)) == {"s1", "s2"}
        assert set(trace.commands(pid)) <= READING
        assert load.stop() == []
        net.down("s2")
        net.wait_weights(without("s2", "s3"))
        assert set(trace.commands(pid)) - READING == {DELETE_DEST}  # such a write would have been seen
    finally:
        trace.stop()


@pytest.mark.parametrize("names", [["ipvsd"], ["checkerd"], ["vrrpd"], ["parentd"]], ids="+".join)
def test_nobody_notices_that_a_process_is_killed(net, names):
    net.start()
    held = net.connections()
    load = net.load(VIP)
    load.wait_more()
    before = table(net.a)[SERVICE][1].keys()
    replaced(net, *names)
    load.wait_more()
    assert table(net.a)[SERVICE][1].keys() == before and weights(net.a, SERVICE) == CONFIGURED
    assert {name: one.ask() for name, one in held.items()} == {name: name for name in NAMES}
    assert load.stop() == []
    net.down("s2")  # and all of it works
    net.wait_weights(without("s2"))


def test_reload_keeps_the_connections_of_servers_that_stay(net):
    net.start()
    held = net.connections()
    load = net.load(VIP)
    load.wait_more()
    for weighing in ({"s1": 1, "s2": 1, "s3": 0}, {"s1": 1, "s2": 2}):  # s3 is drained, then removed
        net.a.configure(configuration(weighing=weighing))
        net.a.reload()
        net.wait_weights({REALS[name]: weight for name, weight in weighing.items()})
        load.wait_more(1)
        assert set(load.wait_more()) == {"s1", "s2"}
    assert [held[name].ask() for name in ("s1", "s2")] == ["s1", "s2"]
    net.a.configure(configuration().replace("lb_algo wrr", "lb_algo wlc"))
    net.a.reload()
    wait_for(lambda: table(net.a)[SERVICE][0] == "wlc", "another scheduler")
    net.wait_weights(CONFIGURED)
    load.wait_more()
    assert [held[name].ask() for name in ("s1", "s2")] == ["s1", "s2"]
    assert load.stop() == []
