"""What `holdfastctl seccomp` says of a running suite, and that it notices when it is not so."""

import json
import os
import pathlib
import subprocess

from conf import FAST, instance
from harness import BUILD, wait_for
from test_supervision import FULL, KEPT, VIP

# Far below the heartbeat that vrrpd has to answer, 30 ms at least: on a quiet machine it is a tenth of a millisecond.
STOPPED_US = 10000


def seccomp(node, *arguments, status=0):
    done = subprocess.run([str(BUILD / "holdfastctl"), "--runtime-dir", str(node.run_dir), "--json", "seccomp",
                           *arguments], text=True, capture_output=True, timeout=10)
    assert done.returncode == status, f"{done.returncode}: {done.stdout} {done.stderr}"
    return {process["name"]: process for process in json.loads(done.stdout)["processes"]}


def start(net, conf=FULL, *arguments):
    net.a.start(conf, arguments=arguments)
    net.wait_master(net.a, VIP)
    wait_for(lambda: all(net.a.pid(name) for name in KEPT), "all processes run")


def test_every_filter_is_read_back(lab):
    net = lab(a="10.77.0.1/24")
    start(net)
    shown = seccomp(net.a, "--verify")
    assert set(shown) == {*KEPT, "runner"}
    for name, process in shown.items():
        for running in process["running"]:
            assert running["seccomp"] == 2 and running["no_new_privs"] == 1, name
            assert running["match"], f"{name}: {running}"
    for name in KEPT:
        assert [one["pid"] for one in shown[name]["running"]] == [net.a.pid(name)], name
    assert len(shown["runner"]["running"]) == 2, "the nursery and its twin"
    shortest = min(one["stopped_us"] for process in shown.values() for one in process["running"])
    assert 0 < shortest < STOPPED_US


def test_what_is_not_enforced_is_wrong(lab):
    net = lab(a="10.77.0.1/24")
    start(net, FULL, "--sandbox=log")
    shown = seccomp(net.a, "--verify", "vrrpd", status=1)
    assert set(shown) == {"vrrpd"}
    (running,) = shown["vrrpd"]["running"]
    assert running["seccomp"] == 2 and not running["match"] and "logged" in running["verified"]
    seccomp(net.a, "vrrpd")  # /proc alone cannot tell
    net.a.stop()
    start(net, FULL, "--sandbox=off")
    (running,) = seccomp(net.a, "vrrpd", status=1)["vrrpd"]["running"]
    assert running["seccomp"] == 0
