"""What clients notice when servers die and come back, the configuration changes, or a process of the director dies."""

import re
import subprocess

import pytest
from balance import NAMES, REALS, VIP, WEIGHTS, Balance, director, reals, sysctl, table, virtual, wait_for, weights
from conf import block
from scripts import Check

SERVICE = f"TCP {VIP}:80"
CONFIGURED = {REALS[name]: weight for name, weight in WEIGHTS.items()}
READING = {4, 8, 11, 13, 15}  # IPVS_CMD_GET_SERVICE, _DEST, _DAEMON, _CONFIG, _INFO (linux/ip_vs.h)
DELETE_DEST = 7


@pytest.fixture(scope="module")
def balance():
    made = Balance()
    yield made
    made.close()


@pytest.fixture
def net(balance, request):
    before = request.session.testsfailed
    yield balance
    balance.tidy(failed=request.session.testsfailed > before)


def start(net, *lines, **more):
    """The director with one service, until all its servers are in the kernel."""
    net.a.start(configuration(*lines, **more))
    net.wait_master(net.a, VIP)
    wait_weights(net, {REALS[name]: weight for name, weight in more.get("weighing", WEIGHTS).items()})


def configuration(*lines, **more):
    return director(priority=150) + virtual(f"{VIP} 80", *lines, *reals(**more))


def wait_weights(net, wanted):
    wait_for(lambda: weights(net.a, SERVICE) == wanted, f"the kernel has {wanted}")


def without(*names):
    return {address: weight for address, weight in CONFIGURED.items() if address not in [REALS[n] for n in names]}


def test_a_server_dies_and_comes_back(net):
    start(net)
    load = net.load(VIP)
    assert set(load.wait_more()) == set(NAMES)
    net.down("s2")
    wait_weights(net, without("s2"))
    in_flight = load.wait_more(1)
    failed = len(load.failures)
    assert "s2" not in load.wait_more() and len(load.failures) == failed, in_flight
    net.up("s2")
    wait_weights(net, CONFIGURED)
    assert set(load.wait_more()) == set(NAMES)
    assert len(load.stop()) == failed


def test_sorry_server_while_none_is_left(net):
    start(net, f"sorry_server {REALS['s3']} 80", weighing={"s1": 3, "s2": 2})
    load = net.load(VIP)
    assert set(load.wait_more()) == {"s1", "s2"}
    net.down("s1")
    net.down("s2")
    wait_weights(net, {REALS["s3"]: 1})
    load.wait_more(1)
    assert set(load.wait_more()) == {"s3"}
    net.up("s1")
    wait_weights(net, {REALS["s1"]: 3})
    load.wait_more(1)
    assert set(load.wait_more()) == {"s1"}


def test_sorry_server_below_the_quorum(net):
    start(net, "quorum 4", "sorry_server 10.78.0.13 80", weighing={"s1": 3, "s2": 2})
    net.down("s1")
    wait_weights(net, {REALS["s3"]: 1})
    assert net.ask(VIP, count=4) == {"s3": 4}  # s2 lives, and is not asked
    net.up("s1")
    wait_weights(net, without("s3"))
    assert set(net.ask(VIP, count=5)) == {"s1", "s2"}


def test_servers_stay_below_the_quorum_without_a_sorry_server(net):
    start(net, "quorum 4")
    net.down("s1")
    wait_weights(net, without("s1"))
    wait_for(lambda: net.a.logged("quorum lost") or net.a.logged("Lost quorum"), "the quorum is lost")
    assert net.ask(VIP, count=6) == {"s2": 4, "s3": 2}


def test_alpha_server_waits_for_its_first_check(net):
    net.down("s2")
    seen = []

    def complete():
        seen.append(weights(net.a, SERVICE))
        return seen[-1] == without("s2")

    net.a.start(configuration("alpha"))
    wait_for(complete, "the others were found up")
    assert not any(REALS["s2"] in one for one in seen)
    net.wait_master(net.a, VIP)
    net.up("s2")
    wait_weights(net, CONFIGURED)


def test_a_script_says_the_weight(net):
    check = Check(net.a)
    misc = block("MISC_CHECK", f'misc_path "{check.path}"', "user nobody", "misc_timeout 5", "misc_dynamic")
    only = block(f"real_server {REALS['s1']} 80", "weight 7", misc)
    check.say(12)
    net.a.start(director(priority=150) + virtual(f"{VIP} 80", only))
    wait_weights(net, {REALS["s1"]: 10})
    check.say(0)
    wait_weights(net, {REALS["s1"]: 7})
    check.say(1)
    wait_weights(net, {})
    check.say(102)
    wait_weights(net, {REALS["s1"]: 100})


def connections(net):
    """One to each server, by its name."""
    found = {}
    while set(found) != set(NAMES):
        one = net.connect(VIP)
        found.setdefault(one.ask(), one)
    return found


def test_inhibited_server_keeps_its_connections(net):
    start(net, "inhibit_on_failure")
    held = connections(net)
    net.down("s1", cut=False)
    wait_weights(net, {**CONFIGURED, REALS["s1"]: 0})
    assert {name: one.ask() for name, one in held.items()} == {name: name for name in NAMES}
    assert net.ask(VIP, count=6) == {"s2": 4, "s3": 2}


def test_removed_server_keeps_its_connections_for_its_return(net):
    """What the kernel does without expire_nodest_conn: packets of these connections are dropped meanwhile."""
    start(net)
    held = connections(net)
    net.down("s1", cut=False)
    wait_weights(net, without("s1"))
    assert [held[name].ask() for name in ("s2", "s3")] == ["s2", "s3"]
    held["s1"].send()
    assert not held["s1"].answers_within(0.5)
    net.up("s1")
    wait_weights(net, CONFIGURED)
    assert held["s1"].receive() == "s1"


def test_removed_server_loses_its_connections_where_the_kernel_is_told_so(net):
    sysctl(net.a, {"ipv4/vs/expire_nodest_conn": 1})
    try:
        start(net)
        held = connections(net)
        net.down("s1", cut=False)
        wait_weights(net, without("s1"))
        with pytest.raises(OSError):
            held["s1"].ask()
        assert [held[name].ask() for name in ("s2", "s3")] == ["s2", "s3"]
    finally:
        sysctl(net.a, {"ipv4/vs/expire_nodest_conn": 0})


class Trace:
    """What the launcher's further children send to IPVS."""

    def __init__(self, node):
        self.family = int(node.logged(r"IPVS is generic netlink family (\d+)").group(1))
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


def test_nobody_notices_that_ipvsd_is_killed(net):
    start(net)
    held = connections(net)
    load = net.load(VIP)
    load.wait_more()
    trace = Trace(net.a)
    try:
        replaced(net, "ipvsd")
        pid = net.a.pid("ipvsd")
        wait_for(lambda: trace.commands(pid), "the new one reads the table")
        load.wait_more(40)
        assert set(trace.commands(pid)) <= READING
        assert {name: one.ask() for name, one in held.items()} == {name: name for name in NAMES}
        assert load.stop() == []
        net.down("s2")
        wait_weights(net, without("s2"))
        assert set(trace.commands(pid)) - READING == {DELETE_DEST}  # such a write would have been seen
    finally:
        trace.stop()


@pytest.mark.parametrize("names", [["checkerd"], ["vrrpd"], ["parentd"], ["parentd", "ipvsd"]], ids="+".join)
def test_nobody_notices_that_others_are_killed(net, names):
    start(net)
    held = connections(net)
    load = net.load(VIP)
    load.wait_more()
    before = table(net.a)[SERVICE][1].keys()
    replaced(net, *names)
    load.wait_more()
    assert table(net.a)[SERVICE][1].keys() == before and weights(net.a, SERVICE) == CONFIGURED
    assert {name: one.ask() for name, one in held.items()} == {name: name for name in NAMES}
    assert load.stop() == []
    net.down("s2")  # and all of it works
    wait_weights(net, without("s2"))


def test_reload_keeps_the_connections_of_servers_that_stay(net):
    start(net)
    held = connections(net)
    load = net.load(VIP)
    load.wait_more()
    for weighing in ({"s1": 1, "s2": 1, "s3": 0}, {"s1": 1, "s2": 2}):  # s3 is drained, then removed
        net.a.configure(configuration(weighing=weighing))
        net.a.reload()
        wait_weights(net, {REALS[name]: weight for name, weight in weighing.items()})
        load.wait_more(1)
        assert set(load.wait_more()) == {"s1", "s2"}
    assert [held[name].ask() for name in ("s1", "s2")] == ["s1", "s2"]
    net.a.configure(configuration().replace("lb_algo wrr", "lb_algo wlc"))
    net.a.reload()
    wait_for(lambda: table(net.a)[SERVICE][0] == "wlc", "another scheduler")
    wait_weights(net, CONFIGURED)
    load.wait_more()
    assert [held[name].ask() for name in ("s1", "s2")] == ["s1", "s2"]
    assert load.stop() == []
