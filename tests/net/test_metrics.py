"""Metrics: `holdfastctl metrics`, against what else is known, and for those who read them."""

import os
import re
import signal
import socket

import metrics
from conf import FAST, block, instance
from harness import wait_for
from test_servers import RETRY, Server, real, tcp, virtual

VIP = "10.77.0.50"
NAME = "[10.77.0.50]:tcp:80"
REAL = {"virtual_server": NAME, "real_server": "[10.77.0.100]:tcp:80"}
LONELY = {"a": "10.77.0.1/24", "sniff": False}
# hostile as names go: what a configuration may have in them
HOSTILE = "we{ird}\\n=,#é"


def test_vrrp(lab):
    net = lab()
    net.start_pair(instance(priority=150, **FAST), instance(priority=100, **FAST), VIP)
    net.a.unplug()
    net.wait_master(net.b, VIP)
    net.a.plug()
    net.wait_master(net.a, VIP)
    one = {"vrrp_instance": "VI_1"}

    def settled():
        return metrics.read(net.a).get("holdfast_vrrp_transitions_total", cause="preempted_lower", **one) == 1
    wait_for(settled, "it has taken over again")
    found = metrics.read(net.a)
    assert [found.get("holdfast_vrrp_state", state=state, **one) for state in ("INIT", "BACKUP", "MASTER", "FAULT")] \
        == [0, 0, 1, 0]
    for to, cause, count in (("BACKUP", "started", 1), ("MASTER", "no_master", 1), ("FAULT", "fault", 1),
                             ("BACKUP", "fault_cleared", 1), ("MASTER", "preempted_lower", 1)):
        assert found.get("holdfast_vrrp_transitions_total", to=to, cause=cause, **one) == count, cause
    assert found.sum("holdfast_vrrp_transitions_total") == 5
    assert found.get("holdfast_vrrp_priority", **one) == found.get("holdfast_vrrp_effective_priority", **one) == 150
    assert found.get("holdfast_vrrp_instance_info", interface="eth0", vrid="51", family="ipv4", **one) == 1
    counters = net.a.vrrp("VI_1")["counters"]
    sent = found.get("holdfast_vrrp_advertisements_sent_total", **one)
    assert 0 < sent <= counters["sent"]
    assert metrics.read(net.b).get("holdfast_vrrp_advertisements_received_total", **one) > 0
    late = "holdfast_vrrp_timer_lateness_seconds"
    assert found.get(f"{late}_count", timer="advertisement") > 0
    assert found.get(f"{late}_bucket", timer="advertisement", le="+Inf") == \
        found.get(f"{late}_count", timer="advertisement")
    assert metrics.read(net.b).get(f"{late}_count", timer="master_down") == 1
    assert 0 < found.get(f"{late}_sum", timer="advertisement") < 60


def test_a_killed_vrrpd_counts_on(lab):
    net = lab(**LONELY)
    net.a.start(instance(**FAST))
    net.wait_master(net.a, VIP)
    before = metrics.read(net.a)
    for name in ("vrrpd", "parentd"):
        old = net.a.pid(name)
        os.kill(old, signal.SIGKILL)
        net.a.restarts[name] = 1
        wait_for(lambda name=name, old=old: net.a.shows(lambda status: all(
            p["working"] and (p["name"] != name or p["pid"] != old) for p in status["processes"])), f"a new {name}")
    restarts = "holdfast_process_restarts_total"
    wait_for(lambda: metrics.read(net.a).sum(restarts) == 2, "both ends are counted")
    after = metrics.read(net.a)
    assert after.get(restarts, process="vrrpd", reason="signal") == 1
    assert after.get(restarts, process="parentd", reason="signal") == 1
    for name in ("holdfast_vrrp_transitions_total", "holdfast_vrrp_timer_lateness_seconds_count"):
        assert after.sum(name) >= before.sum(name) > 0, name
    net.a.ctl("restart", "vrrpd")
    net.a.restarts["vrrpd"] = 2
    wait_for(lambda: metrics.read(net.a).get(restarts, process="vrrpd", reason="ordered") == 1, "it was ordered")
    wait_for(lambda: net.a.shows(lambda status: all(p["working"] for p in status["processes"])), "it works")
    os.kill(net.a.pid("vrrpd"), signal.SIGSTOP)
    net.a.restarts["vrrpd"] = 3
    wait_for(lambda: metrics.read(net.a).get(restarts, process="vrrpd", reason="hung") == 1, "it hung")
    wait_for(lambda: net.a.shows(lambda status: all(p["working"] for p in status["processes"])), "it works")


def test_servers(lab):
    net = lab(**LONELY)
    server = Server(net.client, "10.77.0.100").up()
    net.a.start(virtual(real("10.77.0.100", "weight 2", tcp(*RETRY)), real("10.77.0.101", tcp(*RETRY))))

    def get(name, **labels):
        return metrics.read(net.a).get(name, **REAL, **labels)
    wait_for(lambda: net.a.shows(lambda status: status["virtual_servers"]), "it answers")
    wait_for(lambda: get("holdfast_check_up", check="1", type="TCP_CHECK") == 1, "it is found up")
    assert get("holdfast_real_server_up") == 1 and get("holdfast_real_server_weight") == 2
    server.down()
    wait_for(lambda: get("holdfast_check_up") == 0, "it is found down")
    wait_for(lambda: metrics.read(net.a).get("holdfast_virtual_server_up", virtual_server=NAME) == 0, "so are all")
    found = metrics.read(net.a)
    assert found.get("holdfast_real_server_up", **REAL) == 0
    attempts = found.get("holdfast_check_attempts_total", **REAL)
    assert 0 < found.get("holdfast_check_failures_total", **REAL) < attempts
    assert 0 < found.get("holdfast_check_last_duration_seconds", **REAL) < 10
    results = {kind: found.get("holdfast_check_results_total", type="TCP_CHECK", result=kind) for kind in
               ("good", "bad", "unknown")}
    assert results["good"] > 0 and results["bad"] > 0
    assert results["good"] + results["bad"] == \
        found.get("holdfast_check_duration_seconds_count", type="TCP_CHECK")
    assert sum(results.values()) >= found.sum("holdfast_check_attempts_total") >= attempts


def test_readers(lab):
    """Both formats pass the judges, with names that are hostile; values are those of status."""
    net = lab(**LONELY)
    ignored = instance(name="V6", vips=["fd00::50/64"], vrid=52, **FAST)
    net.a.start(instance(name=f'"{HOSTILE}"', **FAST) + ignored + virtual(real("10.77.0.100", tcp(*RETRY))))
    net.wait_master(net.a, VIP)
    shown = net.a.status()["vrrp"][0]["name"]
    found = metrics.read(net.a)
    assert found.text.endswith("\n# EOF\n") and "V6" not in found.text
    assert found.get("holdfast_vrrp_state", vrrp_instance=shown, state="MASTER") == 1
    plain = metrics.read_plain(net.a)
    assert "# EOF" not in plain.text and metrics.promtool(plain.text) == ""
    assert {s.name for s in found.samples} == {s.name for s in plain.samples}
    assert plain.get("holdfast_vrrp_state", vrrp_instance=shown, state="MASTER") == 1
    for process in net.a.status()["processes"]:
        labels = {"process": process["name"]}
        assert found.get("holdfast_process_up", **labels) == 1
        assert found.get("holdfast_process_working", **labels) == process["working"]
        memory = found.get("holdfast_process_resident_memory_bytes", **labels)
        assert memory == found.sum("holdfast_process_memory_bytes", **labels) > 100_000
    assert net.a.ctl("metrics", "--format=xml", check=False) == ""


def test_readers_that_do_not_read(lab):
    """They have places of their own, and delay nobody: parts are made as they are read."""
    net = lab(**LONELY)
    vips = [f"10.77.{1 + i // 250}.{i % 250 + 1}/24" for i in range(250)]
    net.a.start("".join(instance(name=f"VI_{i}", vrid=i + 1, vips=[vip], **FAST) for i, vip in enumerate(vips)))
    wait_for(lambda: net.a.shows(lambda status: sum(one["state"] == "MASTER" for one in status["vrrp"]) == 250),
             "all are MASTER")
    deaf = []
    for _ in range(4):
        client = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        client.connect(str(net.a.run_dir / "control.sock"))
        client.sendall(b'{"command": "metrics"}\n')
        assert client.recv(1) == b"{"
        deaf.append(client)
    assert net.a.ctl("metrics", check=False) == "", "there are four places"
    pid = net.a.pid("parentd")
    with open(f"/proc/{pid}/status", encoding="ascii") as status:
        assert int(re.search(r"VmRSS:\s+(\d+)", status.read())[1]) < 64 << 10
    for client in deaf:
        client.close()
    wait_for(lambda: net.a.ctl("metrics", check=False), "there is a place again")
    assert metrics.read(net.a).sum("holdfast_vrrp_state", state="MASTER") == 250
    assert net.a.pid("parentd") == pid
