"""IPVS is there, and ipvsd finds it."""

import os
import pathlib
import re
import subprocess

from conf import FAST, block, instance
from harness import wait_for

VIP = "10.77.0.50"
SERVICE = block(f"virtual_server {VIP} 80", "delay_loop 5", "lb_algo rr", "lb_kind NAT", "protocol TCP",
                block("real_server 10.77.0.100 8080", "weight 1"))
FOUND = r"ipvsd\[\d+\] info: IPVS \d+\.\d+\.\d+ is generic netlink family \d+$"


def modules():
    return [line.split()[0] for line in pathlib.Path("/proc/modules").read_text().splitlines()]


def ipvsadm(*arguments):
    done = subprocess.run(["ipvsadm", *arguments], capture_output=True, text=True)
    assert done.returncode == 0, f"ipvsadm {arguments}: {done.stderr}"
    return done.stdout


def test_the_kernel_has_ipvs():
    ipvsadm("-A", "-t", f"{VIP}:80", "-s", "rr")
    try:
        assert f"TCP  {VIP}:80 rr" in ipvsadm("-ln")
    finally:
        ipvsadm("-C")


def test_ipvsd_has_the_module_loaded_and_finds_ipvs(lab):
    subprocess.run([os.environ["MODPROBE"], "-r", "ip_vs_rr", "ip_vs"], check=True)
    assert "ip_vs" not in modules()
    net = lab()
    net.a.start(instance(priority=150, **FAST) + SERVICE)
    net.wait_master(net.a, VIP)
    wait_for(lambda: net.a.logged(FOUND), "ipvsd found IPVS")
    assert not net.a.logged("cannot be set up")
    assert "ip_vs" in modules()


def test_a_new_ipvsd_finds_it_again(lab):
    net = lab()
    net.a.start(instance(priority=150, **FAST) + SERVICE)
    net.wait_master(net.a, VIP)
    old = net.a.pid("ipvsd")
    net.a.kill("ipvsd")
    net.a.restarts = {"ipvsd": 1}
    wait_for(lambda: len(re.findall(FOUND, net.a.log(), re.M)) == 2, "a new ipvsd found IPVS")
    assert net.a.pid("ipvsd") != old


def test_ipvsd_runs_in_its_sandbox(lab):
    net = lab()
    net.a.start(instance(priority=150, **FAST) + SERVICE)
    wait_for(lambda: net.a.logged(FOUND), "ipvsd found IPVS")
    shown = net.a.processes()["ipvsd"]
    assert shown["capabilities"] == ["CAP_NET_ADMIN"]
    assert shown["seccomp"] == 2 and shown["no_new_privs"]
