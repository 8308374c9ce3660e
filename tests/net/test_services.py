"""Virtual servers as the operator sees them, and what parentd does for checkerd: commands of MISC_CHECKs, files,
addresses."""

import json
import os
import re
import signal

import netns
import pytest
from conf import FAST, block, global_defs, instance
from harness import wait_for
from test_scripts import Check
from test_servers import RETRY, Server, changes, real, tcp, virtual

VIP = "10.77.0.50"
NAME = "[10.77.0.50]:tcp:80"
LONELY = {"a": "10.77.0.1/24", "sniff": False}


def services(node):
    """Virtual servers by name; real servers by address within."""
    found = {}
    for one in node.status()["virtual_servers"]:
        one["real_servers"] = {r["address"]: r for r in one["real_servers"]}
        found[one["name"]] = one
    return found


def alive(node, address, name=NAME):
    return node.shows(lambda _: services(node)[name]["real_servers"][address]["alive"])


def verdict(node, address="10.77.0.100", check=0):
    """Of a check; None while nobody answers."""
    return node.shows(lambda _: services(node)[NAME]["real_servers"][address]["checks"][check]["verdict"])


def misc(check, *lines):
    return block("MISC_CHECK", f'misc_path "{check.path}"', "user nobody", "misc_timeout 5", *lines)


def test_status_and_checks(lab):
    net = lab(**LONELY)
    netns.ip("address", "add", "10.77.0.101/24", "dev", "eth0", ns=net.client.ns)
    first = Server(net.client, "10.77.0.100").up()
    Server(net.client, "10.77.0.101").up()
    net.a.start(virtual(real("10.77.0.100", "weight 2", tcp(*RETRY)), real("10.77.0.101", "weight 3", tcp(*RETRY)),
                        lines=["quorum 4", "sorry_server 10.77.0.9 80"]))
    wait_for(lambda: verdict(net.a, "10.77.0.100") == verdict(net.a, "10.77.0.101") == "up", "both were found up")
    one = services(net.a)[NAME]
    assert one["quorum_up"] and (one["quorum"], one["hysteresis"], one["weight_up"]) == (4, 0, 5)
    assert (one["address"], one["port"], one["protocol"], one["scheduler"], one["forwarding"]) == \
        ("10.77.0.50", 80, "TCP", "rr", "NAT")
    assert one["sorry_server"] == {"address": "10.77.0.9", "port": 80}
    assert one["real_servers"]["10.77.0.100"]["reason"].startswith("TCP_CHECK")
    assert re.search(r"^\[10.77.0.50\]:tcp:80 +quorum .* 5 of 4 +2 of 2 up$", net.a.ctl("status", check=False), re.M)
    first.down()
    wait_for(lambda: not alive(net.a, "10.77.0.100"), "the first is down")
    down = services(net.a)[NAME]
    assert not down["quorum_up"] and down["weight_up"] == 3 and down["changed_ago_s"] >= 0
    assert "refused" in down["real_servers"]["10.77.0.100"]["checks"][0]["result"]
    lines = net.a.ctl("checks", check=False).splitlines()
    assert lines[0].startswith("no quorum [10.77.0.50]:tcp:80 for ")
    assert lines[0].endswith(": weight 3 of quorum 4")
    assert lines[1].split()[:2] == ["down", "[10.77.0.100]:tcp:80"] and "refused" in lines[2]
    assert lines[3].split()[:4] == ["up", "[10.77.0.101]:tcp:80,", "weight", "3"]
    by_name = json.loads(net.a.ctl("checks", NAME, "--json", check=False))["virtual_servers"]
    assert [s["name"] for s in by_name] == [NAME]
    assert json.loads(net.a.ctl("checks", "10.77.0.50", "--json", check=False))["virtual_servers"][0]["name"] == NAME
    assert net.a.ctl("checks", "other", check=False) == ""
    first.up()
    wait_for(lambda: services(net.a)[NAME]["quorum_up"], "the quorum is back")


def test_misc_check_says_the_weight(lab):
    net = lab(**LONELY)
    check = Check(net.a)
    net.a.start(virtual(real("10.77.0.100", "weight 7", misc(check, "misc_dynamic", *RETRY))))

    def server():
        return services(net.a)[NAME]["real_servers"]["10.77.0.100"]

    wait_for(lambda: verdict(net.a) == "up", "exit status 0 is up")
    assert server()["weight"] == 7
    check.say(12)
    wait_for(lambda: server()["weight"] == 10, "exit status 12 is weight 10")
    assert server()["alive"]
    check.say(1)
    wait_for(lambda: not server()["alive"], "exit status 1 is down")
    shown = server()["checks"][0]
    assert shown["command"] == str(check.path) and shown["last_output"] == "the file says 1\n"
    assert net.a.logged(r"\[10.77.0.100\]:tcp:80 of \[10.77.0.50\]:tcp:80: .*chk.sh: exit status 1 after .*: the file")
    assert "No scripts are tracked" in net.a.ctl("scripts")
    check.say(0)
    wait_for(lambda: server()["alive"] and server()["weight"] == 7, "as configured again")


def test_nothing_changes_with_what_dies(lab):
    """One server is up and one is down, by command and by network, whoever is killed."""
    net = lab(**LONELY)
    check = Check(net.a)
    Server(net.client, "10.77.0.100").up()
    check.say(1)
    net.a.start(virtual(real("10.77.0.100", tcp(*RETRY)), real("10.77.0.101", misc(check))))
    wait_for(lambda: verdict(net.a) == "up" and verdict(net.a, "10.77.0.101") == "down", "both are known")
    before = len(changes(net.a)), len(changes(net.a, "10.77.0.101"))
    for names in (["checkerd"], ["parentd"], ["runner"], ["checkerd", "parentd"]):
        old = {name: net.a.processes()[name]["pid"] for name in names}
        for pid in old.values():
            os.kill(pid, signal.SIGKILL)
        for name in names:
            net.a.restarts[name] = net.a.restarts.get(name, 0) + 1
        wait_for(lambda old=old: net.a.shows(lambda status: all(
            p["working"] and p["pid"] != old.get(p["name"]) for p in status["processes"])), f"{names} are replaced")
        wait_for(lambda: verdict(net.a) == "up" and verdict(net.a, "10.77.0.101") == "down", "it is known again")
        assert alive(net.a, "10.77.0.100") and not alive(net.a, "10.77.0.101")
    assert (len(changes(net.a)), len(changes(net.a, "10.77.0.101"))) == before
    check.say(0)
    wait_for(lambda: alive(net.a, "10.77.0.101"), "it is still checked")


class Notes:
    """A command for notices that writes down what it was called with."""

    def __init__(self, node):
        self.path, self.notes = node.dir / "note.sh", node.dir / "notes"
        self.notes.touch()
        self.notes.chmod(0o666)
        self.path.write_text(f'#!/bin/sh\necho "$1" >>{self.notes}\n')
        self.path.chmod(0o755)

    def lines(self, *keywords):
        return [f'{keyword} "{self.path} {keyword}" nobody' for keyword in keywords]

    def read(self):
        return self.notes.read_text().split()


def test_notices(lab):
    """None for what a server begins with, one for every change, none again for whoever is killed, and omega's."""
    net = lab(**LONELY)
    notes = Notes(net.a)
    server = Server(net.client, "10.77.0.100").up()
    net.a.start(virtual(real("10.77.0.100", *notes.lines("notify_up", "notify_down"), tcp(*RETRY)),
                        lines=["omega", *notes.lines("quorum_up", "quorum_down")]))
    wait_for(lambda: verdict(net.a) == "up", "it was found up")
    server.down()
    wait_for(lambda: sorted(notes.read()) == ["notify_down", "quorum_down"], "both are told to be down")
    for name in ("checkerd", "parentd"):
        old = net.a.processes()[name]["pid"]
        os.kill(old, signal.SIGKILL)
        net.a.restarts[name] = 1
        wait_for(lambda old=old, name=name: net.a.shows(lambda status: all(
            p["working"] and p["pid"] != old for p in status["processes"])), f"{name} is replaced")
        wait_for(lambda: verdict(net.a) == "down", "it is known again")
    server.up()
    wait_for(lambda: len(notes.read()) >= 4, "both are told to be up")
    assert sorted(notes.read()[2:]) == ["notify_up", "quorum_up"]
    net.a.ask_to_stop()
    net.a.check_end()
    assert sorted(notes.read()[4:]) == ["notify_down", "quorum_down"]


def test_alpha_waits_to_be_found_up(lab):
    """Down is what the server and so the quorum begin with: that is told neither at first nor by a new parentd."""
    net = lab(**LONELY)
    notes = Notes(net.a)
    server = Server(net.client, "10.77.0.100")
    net.a.start(virtual(real("10.77.0.100", "alpha", *notes.lines("notify_up", "notify_down"), tcp(*RETRY)),
                        lines=notes.lines("quorum_up", "quorum_down")))
    wait_for(lambda: verdict(net.a) == "down", "it was found down")
    net.a.kill("parentd")
    net.a.restarts["parentd"] = 1
    wait_for(lambda: verdict(net.a) == "down", "a new parentd knows it")
    assert not alive(net.a, "10.77.0.100") and not services(net.a)[NAME]["quorum_up"]
    server.up()
    wait_for(lambda: len(notes.read()) >= 2, "both are told to be up")
    assert sorted(notes.read()) == ["notify_up", "quorum_up"]


def test_file_and_address(lab):
    """FILE_CHECK adds to the weight; ha_suspend checks while the address is here."""
    net = lab(**LONELY)
    number = net.a.dir / "number"
    number.write_text("3\n")
    number.chmod(0o644)
    server = Server(net.client, "10.77.0.100").up()
    net.a.start(block("track_file load", f'file "{number}"', "weight 1")
                + virtual(real("10.77.0.101", "weight 5", block("FILE_CHECK", "track_file load", "weight 2")))
                + virtual(real("10.77.0.100", tcp(*RETRY)), lines=["ha_suspend"], vip="10.77.0.60"))

    def weight():
        return services(net.a)[NAME]["real_servers"]["10.77.0.101"]["weight"]

    wait_for(lambda: net.a.shows(lambda _: weight() == 11), "5 + 2 * 3")
    number.write_text("4\n")
    wait_for(lambda: weight() == 13, "5 + 2 * 4")
    assert not server.seen
    netns.ip("address", "add", "10.77.0.60/32", "dev", "lo", ns=net.a.ns)
    wait_for(lambda: len(server.seen) > 2, "it is checked while the address is here")
    netns.ip("address", "del", "10.77.0.60/32", "dev", "lo", ns=net.a.ns)
    wait_for(lambda: net.a.logged(r"\[10.77.0.60\]:tcp:80: its address has left this host"), "the address left")
    server.down()
    number.write_text("5\n")
    wait_for(lambda: weight() == 15, "checkerd has gone on")
    assert alive(net.a, "10.77.0.100", "[10.77.0.60]:tcp:80")


def test_identical_checks_run_once(lab):
    """Four services of one server, and one of another: both are asked as often."""
    net = lab(**LONELY)
    netns.ip("address", "add", "10.77.0.101/24", "dev", "eth0", ns=net.client.ns)
    shared = Server(net.client, "10.77.0.100").up()
    alone = Server(net.client, "10.77.0.101").up()
    net.a.start(global_defs("checker_share_identical")
                + "".join(virtual(real("10.77.0.100", tcp()), vip=f"10.77.0.{50 + i}") for i in range(4))
                + virtual(real("10.77.0.101", tcp()), vip="10.77.0.70"))
    wait_for(lambda: len(alone.seen) >= 10, "ten checks")
    assert len(shared.seen) < 2 * len(alone.seen)
    shared.down()
    wait_for(lambda: all(not alive(net.a, "10.77.0.100", f"[10.77.0.{50 + i}]:tcp:80") for i in range(4)),
             "it is down for all")


def test_a_kernel_without_ipvs(lab):
    net = lab()
    net.a.start(instance(priority=150, **FAST) + virtual(real("10.77.0.100")))
    net.wait_master(net.a, VIP)
    wait_for(lambda: net.a.logged(r"ipvsd\[\d+\] .*IPVS"), "ipvsd has looked for IPVS")
    if net.a.logged("IPVS .* is generic netlink family"):
        pytest.skip("this kernel has IPVS")
    wait_for(lambda: net.a.shows(lambda status: status["ipvs_problems"]), "the status says so")
    assert "modprobe ip_vs" in net.a.status()["ipvs_problems"][0]
    lines = net.a.ctl("status", check=False).splitlines()
    assert lines[1].startswith("  ! IPVS: ") and "modprobe ip_vs" in lines[1]
    shown = net.a.ctl("ipvs", check=False)
    assert "modprobe ip_vs" in shown and f"missing TCP {VIP}:80" in shown
    # a new parentd is told again
    net.a.kill("parentd")
    net.a.restarts = {"parentd": 1}
    wait_for(lambda: net.a.shows(lambda status: status["ipvs_problems"]), "the status says so again")
    assert net.a.vrrp("VI_1")["state"] == "MASTER"
    assert net.a.stop() == 0
