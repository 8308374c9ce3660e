"""The director's other half takes over, with the connections."""

import pathlib

import pytest
from balance import CONFIGURED, NAMES, VIP, balance, configuration, director, ipvsadm, net, sysctl  # noqa: F401
from conf import global_defs
from traffic import wait_for

SYNC = "lvs_sync_daemon eth1 VI_1 id 7"


def start(net, *lines):
    """Both directors with one service, a the master."""
    for node, priority in ((net.a, 255), (net.b, 100)):
        sysctl(node, {"ipv4/vs/sync_threshold": "1 2"})  # a connection is told at once, and often
        head = global_defs(*lines) + director(priority=priority, advert="0.5")
        node.start(configuration(head=head))
        net.wait_master(net.a, VIP)
    for node in net.nodes:
        net.wait_weights(CONFIGURED, node)


def role(node):
    """Of its sync daemon; None without one."""
    words = ipvsadm(node, "-L", "--daemon").split()
    return words[0] if words else None


def sync_thread(name):
    """The pid of a thread of the kernel."""
    return [path.parent.name for path in pathlib.Path("/proc").glob("[0-9]*/comm") if path.read_text().strip() == name]


def established(node, port):
    return any(f":{port} " in line and "ESTABLISHED" in line for line in ipvsadm(node, "-Lnc").splitlines())


def test_roles_of_the_sync_daemon_follow_vrrp(net):
    start(net, SYNC)
    wait_for(lambda: (role(net.a), role(net.b)) == ("master", "backup"), "their roles")
    assert "syncid=7" in ipvsadm(net.a, "-L", "--daemon") and "eth1" in ipvsadm(net.b, "-L", "--daemon")
    thread = sync_thread("ipvs-m:7:0")
    if net.a.kind == "holdfast":
        net.a.kill("ipvsd")
        net.a.restarts = {"ipvsd": 1}
        wait_for(lambda: net.a.shows(lambda _: net.a.processes()["ipvsd"]["working"]), "a new ipvsd")
        assert sync_thread("ipvs-m:7:0") == thread
    net.a.stop()
    wait_for(lambda: (role(net.a), role(net.b)) == (None, "master"), "b is master alone")
    net.a.restarts = {}
    net.a.start()
    wait_for(lambda: (role(net.a), role(net.b)) == ("master", "backup"), "a is back")


def test_a_long_connection_survives_the_director(net):
    """Nothing of the old master is heard any more, and then all of it again."""
    start(net, SYNC)
    wait_for(lambda: (role(net.a), role(net.b)) == ("master", "backup"), "their roles")
    with net.connect(VIP) as held:
        server = held.ask()
        port = held.socket.getsockname()[1]
        wait_for(lambda: held.ask() and established(net.b, port), "b knows the connection")
        net.a.isolate()
        net.wait_master(net.b, VIP, alone=False)
        wait_for(lambda: role(net.b) == "master", "b syncs")
        assert [held.ask() for _ in range(5)] == [server] * 5
        assert net.ask(VIP, count=6) == {"s1": 3, "s2": 2, "s3": 1}
        net.a.rejoin()
        net.wait_master(net.a, VIP)
        wait_for(lambda: (role(net.a), role(net.b)) == ("master", "backup"), "their roles again")
        assert [held.ask() for _ in range(5)] == [server] * 5


@pytest.mark.parametrize("how", ["stop", "isolate"])
def test_a_director_goes_under_load(net, how):
    start(net)
    load = net.load(VIP)
    assert set(load.wait_more()) == set(NAMES)
    if how == "stop":
        net.a.stop()
    else:
        net.a.isolate()
    net.wait_master(net.b, VIP, alone=how == "stop")
    assert set(load.wait_more()) == set(NAMES)
    assert len(load.stop()) <= 1, load.failures  # what was under way; no new request is refused
