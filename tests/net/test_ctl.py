"""What the operator sees through holdfastctl."""

import grp
import json
import re
import socket
import subprocess
import threading

import pytest
from conf import FAST, block, instance
from harness import BUILD, wait_for

VIP = "10.77.0.50"
SERVICE = block(f"virtual_server {VIP} 80", "lb_algo rr", "lb_kind NAT", "protocol TCP",
                block("real_server 10.77.0.100 80", block("TCP_CHECK")))


def start(net):
    net.start_pair(instance(priority=150, **FAST), instance(priority=100, **FAST), VIP)


def test_status_names_what_is_asked_about(lab):
    net = lab()
    start(net)
    status = json.loads(net.a.ctl("status", "--json"))
    assert {"version", "processes", "vrrp", "virtual_servers", "scripts"} <= status.keys()
    assert {"name", "pid", "uid", "capabilities", "no_new_privs", "seccomp", "restarts", "uptime_s"} <= \
        status["processes"][0].keys()
    assert {p["name"] for p in status["processes"]} >= {"holdfast", "parentd", "vrrpd"}
    one = status["vrrp"][0]
    assert one["name"] == "VI_1" and one["state"] == "MASTER" and one["interface"] == "eth0"
    assert (one["vrid"], one["priority"], one["effective_priority"]) == (51, 150, 150)
    assert any(VIP in address for address in one["addresses"])
    assert {"from", "to", "at", "ago_s", "reason"} <= one["last_change"].keys()
    assert one["counters"]["sent"] > 0 and one["counters"]["became_master"] == 1
    wait_for(lambda: net.b.vrrp("VI_1")["master"] == "10.77.0.1", "the backup names the master")
    assert json.loads(net.b.ctl("status", "--json"))["vrrp"][0]["state"] == "BACKUP"


def test_every_command_speaks_to_people_too(lab):
    net = lab()
    start(net)
    for command in ("status", "vrrp", "processes", "history"):
        text = net.a.ctl(command)
        assert len(text.splitlines()) > 1, command
        assert json.loads(net.a.ctl(command, "--json")), command
    assert re.search(r"VI_1.*MASTER|MASTER.*VI_1", net.a.ctl("status"))
    assert "no other router" in net.a.ctl("vrrp", "VI_1")


def test_history_survives_vrrpd(lab):
    net = lab()
    start(net)
    net.a.unplug()
    net.wait_master(net.b, VIP)
    net.a.plug()
    net.wait_master(net.a, VIP)
    before = changes(net.a)
    old = net.a.kill("vrrpd")[0]
    net.a.restarts = {"vrrpd": 1}
    wait_for(lambda: net.a.pid("vrrpd") not in (None, old), "a new vrrpd")
    text = net.a.ctl("history", "--json")
    assert text.count("FAULT") >= 2 and text.count("MASTER") >= 3
    assert changes(net.a)[:len(before)] == before


def changes(node):
    return [(one["name"], one["from"], one["to"], one["at"], one["reason"])
            for one in json.loads(node.ctl("history", "--json"))["history"]]


@pytest.mark.parametrize("name", ["parentd", "checkerd", "ipvsd", "holdfast"])
def test_history_survives_the_others(lab, name):
    net = lab(sniff=False)
    net.a.start(instance(priority=150, **FAST) + SERVICE)
    net.wait_master(net.a, VIP)
    net.a.unplug()
    wait_for(lambda: changes(net.a)[-1][2] == "FAULT", "VI_1 is in FAULT")
    net.a.plug()
    net.wait_master(net.a, VIP)
    before = changes(net.a)
    assert [one[2] for one in before] == ["BACKUP", "MASTER", "FAULT", "BACKUP", "MASTER"]
    net.a.ctl("restart", name)
    assert changes(net.a) == before
    net.a.restarts = {} if name == "holdfast" else {name: 1}


def test_reload_says_how_it_went(lab):
    net = lab()
    start(net)
    net.a.configure(instance(priority=140, **FAST))
    net.a.ctl("reload")
    wait_for(lambda: net.sniffer.adverts("a")[-1].priority == 140, "new priority advertised")
    net.a.configure(instance(priority=140, **FAST).replace("interface", "inteface"))
    done = subprocess.run([str(BUILD / "holdfastctl"), "--runtime-dir", str(net.a.run_dir), "reload"],
                          capture_output=True, text=True)
    assert done.returncode != 0 and "test.conf" in done.stdout + done.stderr
    assert net.a.vrrp("VI_1")["state"] == "MASTER"


def ask_as(node, program, **who):
    """The answer to `status`, asked by a process of these ids."""
    return subprocess.run(["/usr/bin/python3", "-c", program, str(node.run_dir / "control.sock")], text=True,
                          capture_output=True, timeout=10, **who).stdout


def test_the_operators_group_may_ask(lab):
    net = lab(a="10.77.0.1/24")
    net.a.start(instance(priority=150, **FAST))
    net.wait_master(net.a, VIP)
    program = ("import socket, sys; s = socket.socket(socket.AF_UNIX); s.connect(sys.argv[1]); "
               "s.sendall(b'{\"command\": \"status\"}\\n'); print(s.makefile().readline())")
    group = grp.getgrnam("holdfast").gr_gid
    nobody = {"user": 64321, "group": 64321}
    assert '"VI_1"' in ask_as(net.a, program, extra_groups=[group], **nobody)
    assert '"VI_1"' in ask_as(net.a, program, user=64321, group=group, extra_groups=[])
    assert '"VI_1"' not in ask_as(net.a, program, extra_groups=[], **nobody)


def test_without_a_daemon_it_says_so(lab):
    net = lab()
    done = subprocess.run([str(BUILD / "holdfastctl"), "--runtime-dir", str(net.a.run_dir), "status"],
                          capture_output=True, text=True)
    assert done.returncode != 0 and done.stderr


def play_daemon(path, answers):
    """Gives each client the next answer, the last one again and again; ends with the socket."""
    server = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    server.bind(str(path))
    server.listen()

    def serve():
        number = 0
        while True:
            try:
                client = server.accept()[0]
            except OSError:
                return
            with client:
                client.makefile().readline()
                client.sendall(json.dumps({"ok": True, **answers[min(number, len(answers) - 1)]}).encode() + b"\n")
                number += 1
    threading.Thread(target=serve, daemon=True).start()
    return server


def test_upgrade_waits_for_its_own_end(tmp_path):
    """A parentd that has just started does not know yet how many upgrades there were."""
    def processes(state, count, reason=""):
        return {"processes": [], "upgrade": {"state": state, "count": count, "reason": reason}}
    server = play_daemon(tmp_path / "control.sock", [
        processes("done", 1), {}, processes("running", 1), processes("none", 0),
        processes("refused", 2, "for a reason")])
    done = subprocess.run([str(BUILD / "holdfastctl"), "--runtime-dir", str(tmp_path), "upgrade"], text=True,
                          capture_output=True, timeout=30)
    server.shutdown(socket.SHUT_RDWR)
    server.close()
    assert done.returncode == 1 and "for a reason" in done.stderr, done
