"""IPVS is there, and ipvsd finds it; or something of it is not, and ipvsd says what."""

import re
import subprocess

from balance import table
from conf import FAST, block, instance
from harness import wait_for
from modules import loaded, loader, modprobe, unload_ipvs  # noqa: F401

VIP = "10.77.0.50"
SERVICE = block(f"virtual_server {VIP} 80", "delay_loop 5", "lb_algo rr", "lb_kind NAT", "protocol TCP",
                block("real_server 10.77.0.100 8080", "weight 1"))
FOUND = r"ipvsd\[\d+\] info: IPVS \d+\.\d+\.\d+ is generic netlink family \d+$"


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
    unload_ipvs()
    net = lab()
    net.a.start(instance(priority=150, **FAST) + SERVICE)
    net.wait_master(net.a, VIP)
    wait_for(lambda: net.a.logged(FOUND), "ipvsd found IPVS")
    assert not net.a.logged("cannot be set up")
    assert "ip_vs" in loaded()


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


def service(address, scheduler, protocol="TCP"):
    return block(f"virtual_server {address} 80", f"lb_algo {scheduler}", "lb_kind NAT", f"protocol {protocol}",
                 block("real_server 10.77.0.100 8080", "weight 1"))


def problems(node):
    return node.status()["ipvs_problems"]


def test_without_ipvs_everything_else_works_and_it_is_used_when_it_appears(lab, loader):
    unload_ipvs()
    loader.lack("IPVS")
    net = lab()
    net.a.start(instance(priority=150, **FAST) + SERVICE)
    net.wait_master(net.a, VIP)
    wait_for(lambda: problems(net.a), "it is shown")
    assert "no IPVS: modprobe ip_vs" in problems(net.a)[0]
    assert "no IPVS: modprobe ip_vs" in net.a.ctl("status", check=False)
    net.a.ctl("reload")
    wait_for(lambda: net.a.logged("configuration 2 is in force"), "VRRP goes on")
    modprobe("ip_vs")
    wait_for(lambda: f"TCP {VIP}:80" in table(net.a), "the table is there")
    wait_for(lambda: problems(net.a) == [], "it is no longer shown")
    assert len(re.findall("this kernel has no IPVS", net.a.log())) == 1, "once"


def test_a_missing_scheduler_is_named_and_hinders_nothing_else(lab, loader):
    unload_ipvs()
    loader.lack("ip_vs_mh")
    net = lab()
    net.a.start(instance(priority=150, **FAST) + service("10.77.0.61", "rr") + service("10.77.0.62", "mh") +
                service("10.77.0.63", "wrr", "SCTP"))
    wait_for(lambda: set(table(net.a)) == {"TCP 10.77.0.61:80", "SCTP 10.77.0.63:80"}, "the others are there")
    said = r"\[10\.77\.0\.62\]:tcp:80: this kernel has no scheduler 'mh'.*: modprobe ip_vs_mh"
    wait_for(lambda: net.a.logged(said), "what is missing is said")
    assert len(re.findall(said, net.a.log())) == 1, net.a.log()
    assert "modprobe ip_vs_mh" in net.a.ctl("ipvs", check=False)
    loader.lack()
    wait_for(lambda: "TCP 10.77.0.62:80" in table(net.a), "it is found when it is there")
    wait_for(lambda: net.a.logged("has accepted what it refused before"), "which is said")
