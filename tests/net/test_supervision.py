"""The suite's processes: what each of them may do, and that none of them takes an address with it."""

import os
import pathlib
import re
import socket
import stat
import subprocess
import time

import pytest
from conf import FAST, FAST_SECONDS, block, global_defs, instance
from harness import wait_for

VIP = "10.77.0.50"
CAPABILITIES = {name: 1 << bit for name, bit in (
    ("SETGID", 6), ("SETUID", 7), ("SETPCAP", 8), ("NET_ADMIN", 12), ("NET_RAW", 13))}
KEPT = {
    "holdfast": set(CAPABILITIES),
    "parentd": set(),
    "vrrpd": {"NET_ADMIN", "NET_RAW"},
    "checkerd": set(),
    "ipvsd": {"NET_ADMIN"},
}
USERS = {"holdfast": "holdfast", "parentd": "holdfast-parent", "vrrpd": "holdfast-vrrp",
         "checkerd": "holdfast-check", "ipvsd": "holdfast-ipvs"}

# Needs every process of the suite.
SERVICE = block("virtual_server 10.77.0.50 80", "delay_loop 6", "lb_algo rr", "lb_kind NAT", "protocol TCP",
                block("real_server 10.77.0.100 80", "weight 1", block("TCP_CHECK", "connect_timeout 3")))
FULL = instance(priority=150, **FAST) + SERVICE


def status_of(pid):
    text = pathlib.Path(f"/proc/{pid}/status").read_text()
    return dict(line.split(":\t", 1) for line in text.splitlines() if ":\t" in line)


def is_master(status):
    return any(instance["state"] == "MASTER" for instance in status["vrrp"])


def restarts(status, name):
    return next((p["restarts"] for p in status["processes"] if p["name"] == name), 0)


def start(net, conf=FULL):
    net.start_pair(conf, instance(priority=100, **FAST), VIP)
    if conf is FULL:
        wait_for(lambda: all(net.a.pid(name) for name in KEPT), "all processes run")


def test_rights_of_every_process(lab):
    import pwd
    net = lab()
    start(net)
    for name, kept in KEPT.items():
        status = status_of(net.a.pid(name))
        user = pwd.getpwnam(USERS[name])
        assert set(status["Uid"].split()) == {str(user.pw_uid)} and user.pw_uid != 0, name
        assert set(status["Gid"].split()) == {str(user.pw_gid)}, name
        assert status["Groups"].strip() == "", name
        wanted = sum(CAPABILITIES[c] for c in kept)
        for which in ("CapPrm", "CapEff"):
            assert int(status[which], 16) == wanted, f"{name} {which} {status[which]}"
        assert int(status["CapBnd"], 16) & ~wanted == 0, f"{name} CapBnd {status['CapBnd']}"
        if name != "holdfast":  # the launcher hands on what its children keep
            assert int(status["CapInh"], 16) == 0 and int(status["CapAmb"], 16) == 0, name
        assert status["NoNewPrivs"].strip() == "1", name
        assert status["Seccomp"].strip() == "2", name
    assert len({status_of(net.a.pid(name))["Uid"] for name in KEPT}) == len(KEPT)


def real_time_is_granted():
    """By this kernel, to a process of this test's control group."""
    done = subprocess.run(["chrt", "--rr", "1", "true"], capture_output=True)
    return done.returncode == 0


@pytest.mark.skipif(not real_time_is_granted(), reason="this kernel grants no real-time priority")
def test_what_keeps_addresses_comes_before_everything_else(lab):
    """In the order in which they are needed: a launcher that ends what loops, vrrpd, and who configures it."""
    net = lab()
    start(net)
    for _ in range(2):
        urgent = [net.a.pid(name) for name in ("holdfast", "vrrpd", "parentd")]
        assert [os.sched_getscheduler(pid) for pid in urgent] == [os.SCHED_RR] * 3
        priorities = [os.sched_getparam(pid).sched_priority for pid in urgent]
        assert priorities == sorted(set(priorities), reverse=True)
        for name in ("checkerd", "ipvsd"):
            assert os.sched_getscheduler(net.a.pid(name)) == os.SCHED_OTHER, name
        net.a.ctl("upgrade")  # it is the same for all that come after
    net.a.restarts = dict.fromkeys(("parentd", "vrrpd", "checkerd", "ipvsd"), 2)


def test_only_what_the_configuration_needs_is_started(lab):
    net = lab()
    start(net, instance(priority=150, **FAST))
    assert not net.a.pid("checkerd") and not net.a.pid("ipvsd")
    net.a.configure(FULL)
    net.a.reload()
    wait_for(lambda: net.a.pid("checkerd") and net.a.pid("ipvsd"), "started by the reload")
    net.a.configure(instance(priority=150, **FAST))
    net.a.reload()
    wait_for(lambda: not net.a.pid("checkerd") and not net.a.pid("ipvsd"), "stopped by the reload")


@pytest.mark.parametrize("victim", ["vrrpd", "parentd", "checkerd", "ipvsd"])
def test_killed_process_is_replaced_and_no_address_moves(lab, victim):
    net = lab()
    start(net)
    monitor, ping = net.monitor(net.a), net.client.ping(VIP)
    for count in range(1, 4):
        since = time.time()
        old = net.a.kill(victim)[0]
        wait_for(lambda: net.a.pid(victim) not in (None, old), f"a new {victim}")
        wait_for(lambda: net.a.shows(lambda status: restarts(status, victim) == count), "restart is shown")
        net.wait_adverts(net.a, 3, since=since)
    ping.stop()
    net.a.restarts = {victim: 3}
    assert ping.lost() == 0
    assert not monitor.seen, monitor.seen
    assert not net.sniffer.adverts("b"), "the other node noticed"
    assert not [p for p in net.sniffer.adverts("a") if p.priority == 0]


def test_restarted_parent_still_reloads_and_answers(lab):
    net = lab()
    start(net)
    old = net.a.kill("parentd")[0]
    net.a.restarts = {"parentd": 1}
    wait_for(lambda: net.a.pid("parentd") not in (None, old), "a new parentd")
    wait_for(lambda: net.a.shows(is_master), "answers with what is")
    net.a.configure(instance(priority=160, **FAST) + SERVICE)
    net.a.reload()
    wait_for(lambda: net.sniffer.adverts("a")[-1].priority == 160, "new priority advertised")
    assert net.a.vrrp("VI_1")["state"] == "MASTER"


def test_restarted_backup_does_not_take_over(lab):
    net = lab()
    start(net)
    wait_for(lambda: net.b.logged("BACKUP"), "b is backup")
    monitor = net.monitor(net.b)
    old = net.b.kill("vrrpd")[0]
    net.b.restarts = {"vrrpd": 1}
    wait_for(lambda: net.b.pid("vrrpd") not in (None, old), "a new vrrpd")
    net.wait_adverts(net.a, 8)
    assert not monitor.seen and not net.sniffer.adverts("b")
    net.a.stop()
    net.wait_master(net.b, VIP)


def test_killed_launcher_takes_the_suite_down_cleanly(lab):
    net = lab()
    start(net)
    net.a.strict = False
    since = time.time()
    net.a.kill("holdfast")
    net.wait_master(net.b, VIP)
    wait_for(lambda: not net.a.holds(VIP), "address given up")
    assert [p for p in net.sniffer.adverts("a", since=since) if p.priority == 0]
    wait_for(lambda: not any(net.a.pid(name) for name in KEPT), "all processes ended")


def test_killed_all_at_once_and_started_again(lab):
    """Nothing is cleaned up by a kill -9 of everything: the next start takes the leftovers over."""
    net = lab()
    start(net)
    net.a.kill()
    assert net.a.holds(VIP), "left over, as nobody was there to remove it"
    net.wait_master(net.b, VIP, alone=False)
    net.a.start()
    net.wait_master(net.a, VIP)
    net.a.stop()
    wait_for(lambda: not net.a.holds(VIP), "removed at stop")


def test_hung_vrrpd_is_replaced(lab):
    """Stopped by a signal it answers no heartbeat; the replacement goes on as it was."""
    import signal
    net = lab()
    conf = instance(priority=150, advert="1")
    net.start_pair(conf, instance(priority=100, advert="1"), VIP)
    ping = net.client.ping(VIP)
    old = net.a.pid("vrrpd")
    os.kill(old, signal.SIGSTOP)
    wait_for(lambda: net.a.pid("vrrpd") not in (None, old), "a new vrrpd")
    net.a.restarts = {"vrrpd": 1}
    net.wait_adverts(net.a, 3)
    ping.stop()
    assert ping.lost() == 0 and not net.sniffer.adverts("b")


@pytest.mark.parametrize("number", ["SIGTERM", "SIGINT"])
def test_clean_stop(lab, number):
    import signal
    net = lab()
    start(net)
    since = time.time()
    net.a.process.send_signal(getattr(signal, number))
    assert net.a.ended() == 0
    assert not net.a.holds(VIP)
    assert [p for p in net.sniffer.adverts("a", since=since) if p.priority == 0]
    assert not any(net.a.pid(name) for name in KEPT)
    leftovers = [p for p in net.a.run_dir.rglob("*") if stat.S_ISSOCK(p.stat().st_mode) or p.suffix == ".pid"] \
        if net.a.run_dir.exists() else []
    assert not leftovers


def test_every_change_is_logged_with_its_reason(lab):
    net = lab()
    net.b.start(instance(priority=100, **FAST))
    net.wait_master(net.b, VIP)
    net.a.start(instance(priority=150, **FAST))
    net.wait_master(net.a, VIP)
    net.a.unplug()
    net.wait_master(net.b, VIP)
    net.a.plug()
    net.wait_master(net.a, VIP)
    net.a.stop()
    line = r"^.* vrrpd\[\d+\] \S+: VI_1: (\w+) -> (\w+): (.+)$"
    changes = re.findall(line, net.a.log(), re.M)
    assert [(a, b) for a, b, _ in changes] == [
        ("INIT", "BACKUP"), ("BACKUP", "MASTER"), ("MASTER", "FAULT"), ("FAULT", "BACKUP"),
        ("BACKUP", "MASTER"), ("MASTER", "INIT")], changes
    reasons = [reason for _, _, reason in changes]
    assert all(len(reason) > 5 for reason in reasons)
    assert "10.77.0.2" in reasons[1], "says whom it took over from"
    assert "down" in reasons[2], "says what was wrong"
    assert any("10.77.0.1" in reason for a, b, reason in re.findall(line, net.b.log(), re.M)
               if (a, b) == ("MASTER", "BACKUP")), "b says to whom it gave way"


def test_one_log_file_per_process(lab):
    net = lab()
    logs = net.dir / "logs"
    logs.mkdir()
    logs.chmod(0o777)
    start(net, global_defs(f"log_file {logs}/") + FULL)
    wait_for(lambda: all(net.a.pid(name) for name in KEPT), "all processes run")
    wait_for(lambda: (logs / "vrrpd.log").exists() and "-> MASTER" in (logs / "vrrpd.log").read_text(),
             "vrrpd's own file")
    for name in ("parentd", "vrrpd"):
        text = (logs / f"{name}.log").read_text()
        others = [other for other in KEPT if other != name and re.search(rf"^\S+ {other}\[", text, re.M)]
        assert not others, f"{name}.log holds lines of {others}"
    old = net.a.kill("vrrpd")[0]
    net.a.restarts = {"vrrpd": 1}
    wait_for(lambda: net.a.pid("vrrpd") not in (None, old), "a new vrrpd")
    net.wait_adverts(net.a, 2)
    net.a.unplug()  # gives it something to say
    wait_for(lambda: re.search(rf"vrrpd\[{net.a.pid('vrrpd')}\].*FAULT", (logs / "vrrpd.log").read_text()),
             "the new vrrpd goes on in the same file")


def control_socket(node):
    return next(p for p in node.run_dir.rglob("*") if stat.S_ISSOCK(p.stat().st_mode))


def test_hostile_control_clients_are_survived(lab):
    import random
    chance = random.Random(112)
    net = lab()
    start(net)
    path = str(control_socket(net.a))
    kind = socket.SOCK_STREAM
    try:
        socket.socket(socket.AF_UNIX, kind).connect(path)
    except OSError:
        kind = socket.SOCK_SEQPACKET
    parent, monitor = net.a.pid("parentd"), net.monitor(net.a)
    open_ones = []
    for _ in range(300):
        client = socket.socket(socket.AF_UNIX, kind)
        client.settimeout(0.2)
        try:
            client.connect(path)
            client.send(chance.randbytes(chance.choice((1, 16, 100, 4000, 60000))))
        except OSError:
            pass  # refused or closed: its good right
        if chance.random() < 0.5:
            open_ones.append(client)  # stays, says and reads nothing
        else:
            client.close()
    since = time.time()
    net.wait_adverts(net.a, 3)
    for client in open_ones:
        client.close()
    wait_for(lambda: net.a.shows(is_master), "answers again")
    assert net.a.pid("parentd") == parent and not monitor.seen
    gaps = net.sniffer.adverts("a", since=since)
    assert all(b.time - a.time < 2 * FAST_SECONDS for a, b in zip(gaps, gaps[1:]))


def test_control_socket_is_not_for_everybody(lab):
    net = lab()
    start(net)
    path = control_socket(net.a)
    modes = [path.stat().st_mode & 0o007] + [p.stat().st_mode & 0o007 for p in (net.a.run_dir,)]
    assert 0 in modes, "somebody else's process can reach the control socket"


def test_refused_at_start_with_status_2(lab):
    net = lab()
    net.a.start("vrrp_instance VI_1 {\n\tinterface eth0\n\tvirtual_ruoter_id 51\n}\n")
    assert net.a.ended() == 2
    assert re.search(r"test\.conf:3:\d+: error: .*virtual_router_id", net.a.log())
    assert not any(net.a.pid(name) for name in KEPT)


def test_two_suites_on_one_host_do_not_meet(lab):
    """Different runtime directories in one namespace: both run."""
    net = lab(a="10.77.0.1/24")
    net.a.start(instance(priority=150, **FAST))
    net.wait_master(net.a, VIP)
    again = subprocess.run(["ip", "netns", "exec", net.a.ns, *net.a.command(())], capture_output=True,
                           text=True, timeout=10)
    assert again.returncode != 0 and again.stderr, "a second one with the same directory says so and ends"
    assert net.a.vrrp("VI_1")["state"] == "MASTER"


def test_dumps_go_below_the_runtime_directory(lab):
    import signal
    net = lab()
    start(net)
    before = set(os.listdir("/tmp"))
    net.a.process.send_signal(signal.SIGUSR1)
    net.a.process.send_signal(signal.SIGUSR2)

    def dumps():
        return [p for p in net.a.run_dir.rglob("*") if p.is_file() and "VI_1" in p.read_text(errors="replace")]
    wait_for(lambda: len(dumps()) >= 2, "data and statistics")
    assert not {name for name in set(os.listdir("/tmp")) - before if name.startswith("keepalived")}
