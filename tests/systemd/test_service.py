"""The package and its service on a Debian of their own, from the installation to the purge: in this order.

The machine is one of two routers; keepalived is the other one. What is done to the service must not move the
address: not one ping of it is lost, and keepalived never says a word.
"""

import json
import os
import pathlib
import pwd
import re
import signal
import socket
import time
import urllib.request

import harness
import netns
import pytest
from conf import block, global_defs, instance
from harness import wait_for
from machine import CGROUP, UNIT, USERS, Machine, install, journal, package, run, shown, status_of, try_to
from mail import MailServer

VIP, CLIENT, SERVERS = "10.77.0.50", "10.77.0.100", ("10.77.0.101", "10.77.0.102")
ADVERT = 2  # seconds: the other router waits for three of these
SCORE = 2.5  # of systemd-analyze security; a service that takes nothing away has 9.6
PING_MS = 20
OK = pathlib.Path("/run/script-says-ok")

CAPABILITIES = {"parentd": [], "vrrpd": ["CAP_NET_ADMIN", "CAP_NET_RAW"], "checkerd": [],
                "ipvsd": ["CAP_NET_ADMIN"]}

CONFIGURATION = global_defs(
    "router_id a", "script_user nobody", f"smtp_server {CLIENT}", "smtp_connect_timeout 10",
    "notification_email_from holdfast@a.test", block("notification_email", "admin@mail.test"),
) + block("vrrp_script chk", f"script \"/usr/bin/test -e {OK}\"", "interval 1", "weight 10") + instance(
    priority=150, advert=ADVERT, version=3, vips=(f"{VIP}/24",), extra="\n".join((
        block("track_script", "chk"), "notify \"/usr/bin/logger -t told\"", "smtp_alert"))
) + block(
    f"virtual_server {VIP} 80", "delay_loop 1", "warmup 0", "lb_algo rr", "lb_kind NAT", "protocol TCP",
    *(block(f"real_server {server} 80", "weight 1", block("TCP_CHECK", "connect_timeout 5")) for server in SERVERS))


@pytest.fixture(scope="module")
def net():
    """The network, the other router and all that the configuration speaks of."""
    made = harness.Lab(b="10.77.0.2/24", client=f"{CLIENT}/24")
    made.a = Machine(made, "a")
    made.nodes.append(made.a)
    made.a.add_link("eth0", "10.77.0.1/24")
    netns.ip(ns=made.client.ns, batch=[f"address add {server}/24 dev eth0" for server in SERVERS])
    made.listeners = [netns.socket_inside(made.client.ns, socket.AF_INET, socket.SOCK_STREAM) for _ in SERVERS]
    for server, listener in zip(SERVERS, made.listeners):
        listener.bind((server, 80))
        listener.listen(1000)
    made.mail = MailServer(made.client, CLIENT).serve()
    OK.touch()
    return made


@pytest.fixture(autouse=True)
def told_on_failure(request, net):
    since = time.strftime("%F %T")
    yield
    if request.node.report_call.failed:
        print(journal("--since", since), f"--- the other router\n{net.b.log()}", sep="\n")


@pytest.fixture
def unmoved(net):
    """The address answers all the time, and stays."""
    pinger, since = net.client.ping(VIP, PING_MS), time.time()
    yield
    pinger.stop()
    assert net.sniffer.adverts("b", since=since) == [], "the other router took over"
    assert pinger.lost() == 0 and len(pinger.sent) > 3
    assert net.holders(VIP) == ["a"]


def everything():
    """All files, users and groups."""
    return set(run("sh", "-c", "find / -xdev; find /run; getent passwd; getent group").splitlines())


# ---- installation ----

def test_the_package_installs_with_nothing_else(net):
    net.before = everything()
    install(package())
    assert "installed" in run("dpkg-query", "--show", "--showformat", "${db:Status-Status}", "holdfast")
    for user in (*USERS.values(), "holdfast-script"):
        assert pwd.getpwnam(user).pw_shell == "/usr/sbin/nologin"
    done = try_to("systemd-analyze", "verify", "--man=no", UNIT)
    assert done.stdout == ""


def test_it_is_its_administrator_who_starts_it():
    assert try_to("systemctl", "is-enabled", UNIT).stdout == "disabled\n"
    assert shown("ActiveState") == "inactive"


def test_enable_now_starts_it_with_its_configuration(net):
    net.a.configure(CONFIGURATION)
    run("systemctl", "enable", "--now", UNIT)
    assert (shown("ActiveState"), shown("SubState")) == ("active", "running"), "it says when it is ready"
    net.wait_master(net.a, VIP, timeout=60)
    net.a.all_work()
    net.b.start(instance(priority=100, advert=ADVERT, version=3, vips=(f"{VIP}/24",)), "keepalived")
    wait_for(lambda: net.b.logged("Entering BACKUP STATE"), "keepalived runs", 30)
    assert net.client.pings_once(VIP)


# ---- what it is ----

def test_every_process_has_its_user_and_no_more_capabilities_than_it_needs(net):
    pids = net.a.pids()
    shown_by_itself = net.a.processes()
    for name, user in USERS.items():
        (pid,) = pids[name]
        kernel = status_of(pid)
        assert pwd.getpwuid(int(kernel["Uid"].split()[0])).pw_name == user
        assert len(set(kernel["Uid"].split())) == 1 and len(set(kernel["Gid"].split())) == 1
        assert kernel["Groups"] == "" and kernel["NoNewPrivs"] == "1" and kernel["Seccomp"] == "2"
        assert kernel["CapPrm"] == kernel["CapEff"] == kernel["CapBnd"], name
        assert int(kernel["CapAmb"], 16) == int(kernel["CapInh"], 16) == 0
        told = shown_by_itself[name]
        assert (told["pid"], told["uid"]) == (pid, int(kernel["Uid"].split()[0]))
        if name != "holdfast":
            assert sorted(told["capabilities"]) == CAPABILITIES[name]
    assert all(status_of(pid)["Uid"].split()[0] != "0" for found in pids.values() for pid in found), "nobody is root"
    assert int(shown("MainPID")) == pids["holdfast"][0]


def test_the_security_score():
    overall = run("systemd-analyze", "--no-pager", "security", UNIT).strip().splitlines()[-1]
    assert float(re.search(r"(\d+\.\d)", overall)[1]) <= SCORE, overall


def test_scripts_notifications_and_mail_work_in_the_sandbox(net):
    (script,) = net.a.status()["scripts"]
    assert script["up"] and net.a.vrrp("VI_1")["effective_priority"] == 160
    wait_for(lambda: "INSTANCE VI_1 MASTER" in journal("-t", "told"), "the notify script has run")
    wait_for(lambda: any("MASTER" in subject for subject in net.mail.inbox.subjects()), "a mail has come", 30)


def test_the_kernel_has_the_virtual_server(net):
    def table():
        return pathlib.Path("/proc/net/ip_vs").read_text()
    wait_for(lambda: all("%02X%02X%02X%02X:0050" % tuple(map(int, server.split("."))) in table() for server in SERVERS),
             "both real servers", 30)


def test_each_process_has_its_journal(net):
    for name in USERS:
        (pid,) = net.a.pids()[name]
        found = [json.loads(line) for line in run("journalctl", "-t", name, "-u", UNIT, "-o", "json").splitlines()]
        assert found and {entry["_PID"] for entry in found} == {str(pid)}, name
    assert "BACKUP -> MASTER" in journal("-t", "vrrpd")


def test_the_exporter_is_started_by_a_scrape():
    run("systemctl", "enable", "--now", "holdfast-exporter.socket")
    with urllib.request.urlopen("http://127.0.0.1:9790/metrics", timeout=60) as reply:
        lines = reply.read().decode().splitlines()
    assert 'holdfast_vrrp_state{vrrp_instance="VI_1",state="MASTER"} 1' in lines
    assert "holdfast_ipvs_readable 1" in lines
    pid = int(run("systemctl", "show", "--value", "--property", "MainPID", "holdfast-exporter.service"))
    kernel = status_of(pid)
    assert int(kernel["Uid"].split()[0]) > 60000 and int(kernel["CapBnd"], 16) == 0 and kernel["Seccomp"] == "2"
    overall = run("systemd-analyze", "--no-pager", "security", "holdfast-exporter.service").strip().splitlines()[-1]
    assert float(re.search(r"(\d+\.\d)", overall)[1]) <= 0.5, overall


# ---- what is done to it ----

def test_reload(net, unmoved):
    net.a.configure(CONFIGURATION.replace(f"{VIP}/24", f"{VIP}/24\n10.77.0.51/24"))
    run("systemctl", "reload", UNIT)
    assert net.a.holds(VIP, "10.77.0.51"), "it is in force when systemctl returns"
    net.a.configure(CONFIGURATION)
    run("systemctl", "reload", UNIT)
    assert not net.a.holds("10.77.0.51")


def test_a_reload_that_is_refused_fails_and_changes_nothing(net, unmoved):
    old = net.a.pids()
    net.a.configure(CONFIGURATION + "frobnicate\n")
    done = try_to("systemctl", "reload", UNIT)
    assert done.returncode != 0
    assert "'frobnicate' is not a keyword" in journal("-u", UNIT)
    assert shown("ActiveState") == "active" and net.a.pids()["holdfast"] == old["holdfast"]
    net.a.configure(CONFIGURATION)
    run("systemctl", "reload", UNIT)


@pytest.mark.parametrize("name", ["parentd", "vrrpd", "checkerd", "ipvsd", "nursery"])
def test_a_process_that_is_killed_is_replaced(net, unmoved, name):
    old = net.a.pids()[name][0]
    os.kill(old, signal.SIGKILL)
    wait_for(lambda: old not in net.a.pids_of(name) and net.a.pid(name), f"another {name}", 30)
    net.a.all_work()
    assert shown("NRestarts") == "0"


def test_a_main_process_that_hangs_is_replaced(net, unmoved):
    restarts = int(shown("NRestarts"))
    os.kill(net.a.pid("holdfast"), signal.SIGSTOP)
    wait_for(lambda: int(shown("NRestarts")) == restarts + 1 and net.a.pid("holdfast"), "systemd starts it again", 60, 0.2)
    net.a.all_work()
    assert "Watchdog timeout" in journal("-u", UNIT)


@pytest.mark.parametrize("names", [("holdfast",), (*USERS, "nursery")], ids=["the main process", "all at once"])
def test_a_suite_that_is_killed_is_started_again(net, unmoved, names):
    pids, restarts = net.a.pids(), int(shown("NRestarts"))
    victims = [pid for name in names for pid in pids[name]]
    for number in (signal.SIGSTOP, signal.SIGKILL):  # none of them sees another one end
        for pid in victims:
            os.kill(pid, number)
    wait_for(lambda: int(shown("NRestarts")) == restarts + 1 and net.a.pid("holdfast"), "systemd starts it again", 30)
    net.a.all_work()
    assert net.a.vrrp("VI_1")["state"] == "MASTER", "without waiting"


def test_a_restart_does_not_move_the_address(net, unmoved):
    old = net.a.pids()
    run("systemctl", "restart", UNIT)
    net.a.all_work()
    new = net.a.pids()
    assert not any(set(old[name]) & set(new[name]) for name in USERS), "all are new"
    assert net.a.vrrp("VI_1")["state"] == "MASTER", "without waiting"


def test_an_upgrade_does_not_move_the_address(net, unmoved):
    old = net.a.pids()
    install(package("99.0"))
    assert run("dpkg-query", "--show", "--showformat", "${Version}", "holdfast") == "99.0"
    net.a.all_work()
    new = net.a.pids()
    replaced = {name for name in USERS if not set(old[name]) & set(new[name])}
    assert replaced >= {"parentd", "vrrpd", "checkerd", "ipvsd"}
    for name in USERS:
        assert not any("(deleted)" in os.readlink(f"/proc/{pid}/exe") for pid in new[name]), "what runs is what is installed"


# ---- the end of it ----

def test_a_stop_releases_the_address(net):
    since = time.time()
    run("systemctl", "stop", UNIT)
    assert shown("Result") == "success" and not net.a.pids()
    assert not net.a.holds(VIP)
    net.wait_master(net.b, VIP, timeout=2 * ADVERT)
    (last,) = [one for one in net.sniffer.adverts("a", since=since) if one.fields["priority"] == 0]
    assert "virtual_server" not in run("cat", "/proc/net/ip_vs") and VIP not in run("ip", "-4", "address")
    assert net.client.pings_once(VIP)


def test_it_takes_over_when_it_is_started_again(net):
    run("systemctl", "start", UNIT)
    net.wait_master(net.a, VIP, timeout=60)


def test_a_purge_leaves_nothing(net):
    run("apt-get", "purge", "--quiet", "--quiet", "--yes", "holdfast")
    assert not net.a.holds(VIP) and not CGROUP.exists()
    net.wait_master(net.b, VIP, timeout=2 * ADVERT)
    left = everything() - net.before
    assert {line for line in left if "holdfast" in line} == set()
    assert shown("LoadState") == "not-found"
