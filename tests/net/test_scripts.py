"""vrrp_script: what a script says changes the priority, and with it who is master."""

import os
import signal
import subprocess
import time

import pytest
from conf import block, instance
from harness import wait_for
from scripts import Check

VIP = "10.77.0.50"
ADVERT = 0.2


def script(check, *lines, name="chk"):
    return block(f"vrrp_script {name}", f'script "{check.path}"', "interval 0.2", "user nobody", *lines)


def node_conf(priority, check, weight, *lines):
    return (script(check, f"weight {weight}", *lines)
            + instance(priority=priority, version=3, advert=str(ADVERT), extra=block("track_script", "chk")))


@pytest.mark.parametrize("weight, healthy, failed", [(-20, 110, 90), (15, 125, 110)])
def test_weight_moves_the_address_and_back(lab, weight, healthy, failed):
    """b has 100 plus what it adds for a healthy script of its own."""
    net = lab()
    checks = {node: Check(node) for node in (net.a, net.b)}
    net.b.start(node_conf(100, checks[net.b], weight))
    net.a.start(node_conf(110, checks[net.a], weight))
    net.wait_master(net.a, VIP)
    wait_for(lambda: net.a.vrrp("VI_1")["effective_priority"] == healthy, "the priority of a healthy node")
    checks[net.a].say(1)
    wait_for(lambda: net.sniffer.adverts("a")[-1].priority == failed, "it is told at once")
    net.wait_master(net.b, VIP)
    sum_of = f"110 - 20 \\(chk down\\) = {failed}" if weight < 0 else "priority is now 110: 110 = 110"
    assert net.a.logged(f"VI_1: priority is now {failed}: .*" if weight > 0 else sum_of)
    assert net.a.logged("chk: up -> down after 1 failure\n")
    assert net.a.logged("chk: exit status 1 after .* s: the file says 1")
    checks[net.a].say(0)
    net.wait_master(net.a, VIP)
    status = net.a.status()["scripts"][0]
    assert (status["name"], status["up"], status["last_exit"]) == ("chk", True, 0)
    assert status["last_output"].strip() == "the file says 0"
    shown = net.a.ctl("scripts")
    assert "chk" in shown and "exit status 0" in shown and "| the file says 0" in shown


def test_weight_0_is_fault(lab):
    net = lab()
    check = Check(net.a)
    net.b.start(instance(priority=100, version=3, advert=str(ADVERT)))
    net.a.start(node_conf(150, check, 0))
    net.wait_master(net.a, VIP)
    assert net.a.logged("INIT -> FAULT: waiting for the first result of a script \\(chk\\)")
    since = time.time()
    check.say(3)
    net.wait_master(net.b, VIP)
    assert net.a.vrrp("VI_1")["last_change"]["reason"] == "tracked script failed (chk)"
    assert [p.priority for p in net.sniffer.adverts("a", since=since)][-1] == 0
    check.say(0)
    net.wait_master(net.a, VIP)


def test_rare_script_runs_at_once_and_follows_a_reload(lab):
    """Its runner is not there yet when it is first due; and the turn of the old interval is far away."""
    net = lab(a="10.77.0.1/24", sniff=False)
    check = Check(net.a)
    net.a.start(node_conf(110, check, 0).replace("interval 0.2", "interval 3600"))
    wait_for(lambda: net.a.vrrp("VI_1")["state"] == "MASTER", "it did not wait for its second turn")
    check.say(1)
    net.a.conf.write_text(node_conf(110, check, 0))
    net.a.reload()
    wait_for(lambda: net.a.vrrp("VI_1")["state"] == "FAULT", "it runs as often as the new configuration wants")


def test_rise_and_fall_count_from_the_first_result_on(lab):
    net = lab()
    check = Check(net.a)
    net.a.start(node_conf(110, check, -20, "rise 2", "fall 3"))
    net.wait_master(net.a, VIP)
    wait_for(lambda: net.a.logged("chk: unknown -> up after 2 successes in a row"), "up at first")
    check.say(1)
    wait_for(lambda: net.a.logged("chk: up -> down after 3 failures in a row"), "down")
    check.say(0)
    wait_for(lambda: net.a.logged("chk: down -> up after 2 successes in a row"), "up")


@pytest.mark.parametrize("names", [["checkerd"], ["parentd"], ["runner"], ["vrrpd"], ["checkerd", "parentd", "vrrpd"]])
def test_verdict_survives_whatever_dies(lab, names):
    """The script of a has failed: b is master, and stays it."""
    net = lab()
    check = Check(net.a)
    net.b.start(instance(priority=100, version=3, advert=str(ADVERT)))
    net.a.start(node_conf(110, check, -20))
    net.wait_master(net.a, VIP)
    check.say(1)
    net.wait_master(net.b, VIP)
    since = time.time()
    old = {name: net.a.processes()[name]["pid"] for name in names}  # a nursery is called runner, too
    for pid in old.values():
        os.kill(pid, signal.SIGKILL)
    net.a.restarts = dict.fromkeys(names, 1)
    wait_for(lambda: net.a.shows(lambda status: not {p["pid"] for p in status["processes"]} & set(old.values())),
             "new processes")
    wait_for(lambda: net.a.shows(lambda status: all(p["working"] for p in status["processes"])), "they work")
    wait_for(lambda: net.a.shows(lambda status: status["scripts"][0]["last_exit"] == 1), "the script runs again")
    net.wait_adverts(net.b, 5, since=since)
    assert not net.sniffer.adverts("a", since=since)
    assert net.a.vrrp("VI_1")["effective_priority"] == 90
    check.say(0)
    net.wait_master(net.a, VIP)


def test_slow_script_is_never_run_twice_at_a_time(lab):
    """Neither because of reloads nor of another checkerd; and its result counts although it is older than those."""
    net = lab(a="10.77.0.1/24", sniff=False)
    check = Check(net.a)
    place = net.a.dir / "place"
    place.mkdir()
    place.chmod(0o777)
    check.path.write_text(f"#!/bin/sh\nmkdir {place}/lock || echo twice >>{place}/wrong\necho >>{place}/begun\n"
                          f"sleep 1\nrmdir {place}/lock\n")
    conf = node_conf(110, check, -20, "timeout 10")
    net.a.start(conf)
    wait_for(lambda: (place / "begun").exists(), "it runs")
    for i in range(4):
        if i == 2:
            os.kill(net.a.processes()["checkerd"]["pid"], signal.SIGKILL)
            net.a.restarts = {"checkerd": 1}
        net.a.conf.write_text(conf.replace("weight -20", f"weight -{i + 1}"))
        wait_for(lambda: net.a.shows(lambda status: all(p["working"] for p in status["processes"])), "all work")
        net.a.ctl("reload")
    wait_for(lambda: net.a.logged("chk: unknown -> up"), "a result")
    wait_for(lambda: (place / "begun").stat().st_size >= 4, "it ran often")
    assert not (place / "wrong").exists()
    changed = conf.replace(f'script "{check.path}"', 'script "/bin/false"')
    net.a.conf.write_text(changed)
    net.a.reload()
    wait_for(lambda: net.a.logged("chk: up -> down"), "another command does not wait for the old one")


def test_script_that_hangs_is_ended(lab):
    net = lab()
    check = Check(net.a)
    check.path.write_text(f"#!/bin/sh\nread status <{check.says}\n[ $status = 0 ] || exec sleep 1000\n")
    net.a.start(node_conf(110, check, -20, "timeout 0.3"))
    net.wait_master(net.a, VIP)
    check.say(1)
    wait_for(lambda: net.a.logged("chk: not done in time, ended after"), "it is ended")
    wait_for(lambda: net.a.vrrp("VI_1")["effective_priority"] == 90, "that is a failure")
    check.say(0)
    wait_for(lambda: net.a.vrrp("VI_1")["effective_priority"] == 110, "it recovers")


def test_shortest_timeout_is_one(lab):
    net = lab(a="10.77.0.1/24", sniff=False)
    check = Check(net.a)
    check.path.write_text("#!/bin/sh\nexec sleep 1000\n")
    net.a.start(node_conf(110, check, -20, "timeout 0.0005"))
    wait_for(lambda: net.a.logged("chk: not done in time, ended after"), "it is ended")


@pytest.mark.parametrize("line, said", [
    ("user root", "would run as root: name another user, or start holdfast with --allow-root-scripts"),
    ("user nobody-of-that-name", "there is no user 'nobody-of-that-name' in /etc/passwd"),
    ("user holdfast-vrrp nogroup", "would run as a user of Holdfast itself"),
])
def test_users_that_are_refused(lab, line, said):
    net = lab()
    check = Check(net.a)
    conf = node_conf(110, check, -20).replace("user nobody", line)
    net.a.strict = False
    net.a.start(conf)
    assert net.a.ended() == 2
    assert said in net.a.log()


def test_more_users_than_runners_are_refused(lab):
    net = lab()
    check = Check(net.a)
    groups = [line.split(":")[0] for line in open("/etc/group") if line.split(":")[2] != "0"][:9]
    for count in (8, 9):
        net.a.configure("".join(script(check, name=f"chk{i}").replace("user nobody", f"user nobody {group}")
                                for i, group in enumerate(groups[:count]))
                        + instance(extra=block("track_script", *[f"chk{i}" for i in range(count)])))
        tried = subprocess.run([net.a.daemon, "-t", "-f", str(net.a.conf)], capture_output=True, text=True)
        assert ("vrrp_script 'chk8': scripts would be run as more than 8 different users and groups"
                in tried.stdout + tried.stderr) == (count == 9)
        assert ("error:" in tried.stdout + tried.stderr) == (count == 9)
