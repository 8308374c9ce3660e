"""The kernel's table is made what is wanted, and stays so: foreign changes, reloads, deaths, stops."""

import re
import subprocess

from conf import FAST, block, global_defs, instance
from harness import wait_for
from test_servers import RETRY, Server, real, tcp

LONELY = {"a": "10.77.0.1/24", "sniff": False}
WEB = "10.77.0.50:80"
FOREIGN = "10.9.9.9:99"


def virtual(head, *reals, lines=()):
    return block(f"virtual_server {head}", "delay_loop 0.2", "warmup 0", "lb_algo wlc", "lb_kind NAT", "protocol TCP",
                 *lines, *reals)


def configuration(*more, weight=3):
    return "".join((virtual("10.77.0.50 80", real("10.77.0.100", f"weight {weight}", tcp(*RETRY)),
                            real("10.77.0.7", "weight 2")),
                    virtual("fwmark 7", real("10.77.0.8", "weight 1")), *more))


def ipvsadm(node, *arguments):
    done = subprocess.run(["ip", "netns", "exec", node.ns, "ipvsadm", *arguments], capture_output=True, text=True)
    assert done.returncode == 0, f"ipvsadm {arguments}: {done.stderr}"
    return done.stdout


def table(node):
    """Weights of real servers by service: {"10.77.0.50:80": {"10.77.0.7:80": 2}, "7": {…}}."""
    found, last = {}, None
    for line in ipvsadm(node, "-S", "-n").splitlines():
        words = line.split()
        if words[0] == "-A":
            last = found.setdefault(words[2], {})
        else:
            last[words[words.index("-r") + 1]] = int(words[words.index("-w") + 1])
    return found


USUAL = {WEB: {"10.77.0.100:80": 3, "10.77.0.7:80": 2}, "7": {"10.77.0.8:80": 1}}


def becomes(node, wanted, what):
    try:
        wait_for(lambda: table(node) == wanted, what)
    except AssertionError:
        print("the kernel has", table(node))
        raise


def started(lab, text=None, **more):
    net = lab(**LONELY)
    net.server = Server(net.client, "10.77.0.100").up()
    net.a.start(text or configuration(), **more)
    becomes(net.a, USUAL, "all servers are there")
    return net


def written(node):
    """What ipvsd said that it changed."""
    return re.findall(r"ipvsd\[\d+\] info: (?:\[10\.|FWM|and besides|the kernel's table).*", node.log())


def test_what_others_do_is_put_right(lab):
    net = started(lab)
    ipvsadm(net.a, "-A", "-t", FOREIGN, "-s", "rr")
    ipvsadm(net.a, "-a", "-t", FOREIGN, "-r", "10.9.9.8:99", "-m", "-w", "5")
    theirs = {FOREIGN: {"10.9.9.8:99": 5}}
    ipvsadm(net.a, "-a", "-t", WEB, "-r", "10.9.9.7:80", "-m", "-w", "4")  # not ours: stays
    mixed = {**USUAL, WEB: {**USUAL[WEB], "10.9.9.7:80": 4}, **theirs}
    ipvsadm(net.a, "-e", "-t", WEB, "-r", "10.77.0.7:80", "-m", "-w", "9")
    becomes(net.a, mixed, "the weight is set back")
    assert net.a.logged(r"\[10.77.0.50\]:tcp:80: \[10.77.0.7\]:tcp:80 was changed by somebody else \(weight 9\): set "
                        "back to weight 2")
    ipvsadm(net.a, "-d", "-t", WEB, "-r", "10.77.0.7:80")
    becomes(net.a, mixed, "the real server is put back")
    ipvsadm(net.a, "-E", "-t", WEB, "-s", "rr")
    wait_for(lambda: f"-A -t {WEB} -s wlc" in ipvsadm(net.a, "-S", "-n"), "the scheduler is set back")
    ipvsadm(net.a, "-D", "-f", "7")
    becomes(net.a, mixed, "the service is put back")
    assert net.a.logged("FWM 7: was deleted by somebody else: put back with 1 real servers")
    ipvsadm(net.a, "-C")
    becomes(net.a, USUAL, "all of ours is put back")
    net.server.down()
    becomes(net.a, {**USUAL, WEB: {"10.77.0.7:80": 2}}, "and it is looked after")
    assert net.a.logged(r"\[10.77.0.50\]:tcp:80: \[10.77.0.100\]:tcp:80 taken out: TCP_CHECK: connection refused")


def test_reload_writes_the_difference_alone(lab):
    net = started(lab)
    before = len(written(net.a))
    net.a.configure(configuration(virtual("10.77.0.51 80", real("10.77.0.9")), weight=5))
    net.a.reload()
    more = {WEB: {"10.77.0.100:80": 5, "10.77.0.7:80": 2}, "7": {"10.77.0.8:80": 1}, "10.77.0.51:80": {"10.77.0.9:80": 1}}
    becomes(net.a, more, "another weight, and a service more")
    assert [line.split("info: ")[1] for line in written(net.a)[before:]] == [
        "[10.77.0.50]:tcp:80: weight of [10.77.0.100]:tcp:80 3 -> 5: as configured",
        "[10.77.0.51]:tcp:80: added with 1 real servers"]
    net.a.configure(configuration())
    net.a.kill("ipvsd")  # and what goes meanwhile is taken away by the next one
    net.a.reload()
    net.a.restarts = {"ipvsd": 1}
    becomes(net.a, USUAL, "as it was")
    assert net.a.logged(r"\[10.77.0.51\]:tcp:80: deleted, because it is no longer configured")
    assert sum("added" in line for line in written(net.a)) == 3
    net.a.configure(instance(priority=150, **FAST))
    net.a.reload()
    becomes(net.a, {}, "no virtual server is configured any more")
    net.a.restarts = {}  # nor is there an ipvsd


def test_held_while_nobody_knows(lab):
    """A server that was taken out does not come back because those who know that it is down have died."""
    net = started(lab)
    net.server.down()
    without = {**USUAL, WEB: {"10.77.0.7:80": 2}}
    becomes(net.a, without, "it is taken out")
    before = len(written(net.a))
    names = ("checkerd", "parentd", "ipvsd")
    old = {name: net.a.pid(name) for name in names}
    net.a.kill(*names)
    net.a.restarts = dict.fromkeys(names, 1)
    wait_for(lambda: net.a.shows(lambda status: all(
        p["working"] and p["pid"] != old.get(p["name"]) for p in status["processes"])), "all are replaced")
    net.server.up()
    becomes(net.a, USUAL, "it is found up")
    assert len(written(net.a)) == before + 1  # this one


def test_stop_takes_away_what_is_ours(lab):
    net = started(lab)
    ipvsadm(net.a, "-A", "-t", FOREIGN, "-s", "rr")
    net.a.ask_to_stop()
    net.a.check_end()
    assert table(net.a) == {FOREIGN: {}}
    net.a.start(configuration(), arguments=["-I"])
    becomes(net.a, {**USUAL, FOREIGN: {}}, "all is there again")
    net.a.ask_to_stop()
    net.a.check_end()
    assert table(net.a) == {**USUAL, FOREIGN: {}}


def test_flush_at_start(lab):
    """At the first start alone: not by one who replaces an ipvsd that died."""
    net = lab(**LONELY)
    net.server = Server(net.client, "10.77.0.100").up()
    ipvsadm(net.a, "-A", "-t", FOREIGN, "-s", "rr")
    net.a.start(global_defs("lvs_flush", "lvs_flush_on_stop") + configuration())
    becomes(net.a, USUAL, "the foreign one is gone")
    ipvsadm(net.a, "-A", "-t", FOREIGN, "-s", "rr")
    old = net.a.pid("ipvsd")
    net.a.kill("ipvsd")
    net.a.restarts = {"ipvsd": 1}
    wait_for(lambda: net.a.shows(lambda status: all(
        p["working"] and p["pid"] != old for p in status["processes"])), "ipvsd is replaced")
    net.server.down()
    becomes(net.a, {WEB: {"10.77.0.7:80": 2}, "7": USUAL["7"], FOREIGN: {}}, "it works, and has not flushed")
    net.a.ask_to_stop()
    net.a.check_end()
    assert table(net.a) == {}


def test_timeouts_and_the_sync_daemon(lab):
    net = lab(**LONELY)
    Server(net.client, "10.77.0.100").up()
    net.a.start(global_defs("lvs_timeouts tcp 301 udp 302", "lvs_sync_daemon eth0 inst VI_1 id 9")
                + instance(priority=150, **FAST) + configuration())
    wait_for(lambda: re.search(r"\b301 \d+ 302$", ipvsadm(net.a, "-L", "--timeout").strip()), "the timeouts are set")
    wait_for(lambda: re.match(r"master sync daemon .*\bsyncid=9\b", ipvsadm(net.a, "-L", "--daemon")), "it is master")
    assert "backup" not in ipvsadm(net.a, "-L", "--daemon")
    before = len(re.findall("lvs_", net.a.log()))
    old = net.a.pid("ipvsd")
    net.a.kill("ipvsd")
    net.a.restarts = {"ipvsd": 1}
    wait_for(lambda: net.a.shows(lambda status: all(
        p["working"] and p["pid"] != old for p in status["processes"])), "ipvsd is replaced")
    net.a.configure(global_defs("lvs_timeouts tcp 301 udp 302") + instance(priority=150, **FAST) + configuration())
    net.a.reload()
    wait_for(lambda: ipvsadm(net.a, "-L", "--daemon").strip() == "", "it is ended")
    assert len(re.findall("lvs_", net.a.log())) == before + 1  # that it was ended
