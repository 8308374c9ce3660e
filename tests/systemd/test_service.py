"""The package and its service on a Debian of their own, from the installation to the purge: in this order.

The machine is one of two routers; keepalived is the other one. What is done to the service must not move the
address: not one ping of it is lost, and keepalived never says a word.
"""

import json
import os
import pathlib
import pwd
import re
import shutil
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
# Seconds; the other router waits for three of these. The second for what takes its time on such a kernel.
ADVERT, PATIENT = 2, 6
# At most, of systemd-analyze security; a service that takes nothing away has 9.6. docs/SECURITY.md has the sums.
SCORES = {UNIT: 2.6, "holdfast-exporter.service": 0.4}
PING_MS = 20
OK = pathlib.Path("/run/script-says-ok")

CAPABILITIES = {"parentd": [], "vrrpd": ["CAP_NET_ADMIN", "CAP_NET_RAW"], "checkerd": [],
                "ipvsd": ["CAP_NET_ADMIN"]}


def configuration(advert):
    return global_defs(
        "router_id a", "script_user nobody", f"smtp_server {CLIENT}", "smtp_connect_timeout 10",
        "notification_email_from holdfast@a.test", block("notification_email", "admin@mail.test"),
    ) + block("vrrp_script chk", f"script \"/usr/bin/test -e {OK}\"", "interval 1", "weight 10") + instance(
        priority=150, advert=advert, version=3, vips=(f"{VIP}/24",), extra="\n".join((
            block("track_script", "chk"), "notify \"/usr/bin/logger -t told\"", "smtp_alert"))
    ) + block(
        f"virtual_server {VIP} 80", "delay_loop 1", "warmup 0", "lb_algo rr", "lb_kind NAT", "protocol TCP",
        *(block(f"real_server {server} 80", "weight 1", block("TCP_CHECK", "connect_timeout 5")) for server in SERVERS))


CONFIGURATION = configuration(PATIENT)
WRONG = CONFIGURATION + "frobnicate\n"
THEIRS = pathlib.Path("/etc/keepalived/keepalived.conf")


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


def logged(pattern, *matches):
    """What is logged comes to the journal a little later."""
    wait_for(lambda: re.search(pattern, journal(*matches)), f"{pattern} in the journal", 30, 0.1)


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


def test_a_wrong_configuration_is_refused_once_and_says_where_it_is_wrong(net):
    net.a.configure(WRONG)
    assert try_to("systemctl", "start", UNIT).returncode != 0
    assert (shown("ActiveState"), shown("NRestarts")) == ("failed", "0")
    logged(f"{net.a.conf}:{len(WRONG.splitlines())}:1: error: 'frobnicate' is not a keyword", "-t", "parentd")


def test_enable_now_starts_it_with_its_configuration(net):
    net.a.configure(configuration(ADVERT))
    run("systemctl", "enable", "--now", UNIT)
    assert (shown("ActiveState"), shown("SubState")) == ("active", "running"), "it says when it is ready"
    net.wait_master(net.a, VIP, timeout=60)
    net.a.all_work()
    net.b.start(instance(priority=100, advert=ADVERT, version=3, vips=(f"{VIP}/24",)), "keepalived")
    wait_for(lambda: net.b.logged("Entering BACKUP STATE"), "keepalived runs", 30)
    assert net.client.pings_once(VIP)
    net.a.configure(CONFIGURATION)
    run("systemctl", "reload", UNIT)


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


@pytest.mark.parametrize("unit", SCORES)
def test_the_security_score(unit):
    overall = run("systemd-analyze", "--no-pager", "security", unit).strip().splitlines()[-1]
    assert float(re.search(r"(\d+\.\d)", overall)[1]) <= SCORES[unit], overall


def test_prometheus_gets_its_metrics():
    run("systemctl", "start", "holdfast-exporter.socket")
    with urllib.request.urlopen("http://127.0.0.1:9790/metrics", timeout=30) as answer:
        text = answer.read().decode()
    assert 'holdfast_vrrp_state{vrrp_instance="VI_1",state="MASTER"} 1\n' in text


def test_scripts_notifications_and_mail_work_in_the_sandbox(net):
    (script,) = net.a.status()["scripts"]
    assert script["up"] and net.a.vrrp("VI_1")["effective_priority"] == 160
    logged("INSTANCE VI_1 MASTER", "-t", "told")
    wait_for(lambda: any("MASTER" in subject for subject in net.mail.inbox.subjects()), "a mail has come", 30)


def test_the_kernel_has_the_virtual_server(net):
    def table():
        return pathlib.Path("/proc/net/ip_vs").read_text()
    wait_for(lambda: all("%02X%02X%02X%02X:0050" % tuple(map(int, server.split("."))) in table() for server in SERVERS),
             "both real servers", 30)


def entries(*matches):
    return [json.loads(line) for line in run("journalctl", "-u", UNIT, "-o", "json", *matches).splitlines()]


def test_each_process_writes_to_the_journal_itself_with_fields(net):
    for name, user in USERS.items():
        found = entries("-t", name, "_TRANSPORT=journal", f"_PID={net.a.pid(name)}")
        assert found and {one["_UID"] for one in found} == {str(pwd.getpwnam(user).pw_uid)}, name
    (change,) = entries("HOLDFAST_STATE=MASTER")  # and no second time by other ways
    assert (change["HOLDFAST_INSTANCE"], change["HOLDFAST_OLD_STATE"]) == ("VI_1", "BACKUP")
    assert change["HOLDFAST_REASON"] in change["MESSAGE"] and "BACKUP -> MASTER" in change["MESSAGE"]
    assert change["MESSAGE"] in net.a.ctl("logs", "vrrpd")


def test_a_journal_that_is_started_again_is_written_to(net):
    run("systemctl", "restart", "systemd-journald")
    run("systemctl", "reload", UNIT)
    wait_for(lambda: entries("-t", "parentd", "-n", "1")[0]["MESSAGE"].endswith("is in force"), "the next line")


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
    net.a.configure(WRONG)
    done = try_to("systemctl", "reload", UNIT)
    assert done.returncode != 0
    logged("reload: 1 error", "-u", UNIT)
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
    logged("Watchdog timeout", "-u", UNIT)


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


def test_a_restart_with_a_wrong_configuration_keeps_the_one_in_force(net, unmoved):
    net.a.configure(WRONG)
    run("systemctl", "restart", UNIT)
    net.a.all_work()
    assert net.a.vrrp("VI_1")["state"] == "MASTER"
    net.a.configure(CONFIGURATION)
    run("systemctl", "reload", UNIT)


def test_keepalived_is_not_started_on_its_virtual_router(net, unmoved):
    THEIRS.write_text(instance(priority=200, advert=ADVERT, version=3, vips=(f"{VIP}/24",)))
    assert try_to("systemctl", "start", "keepalived").returncode != 0
    logged("Holdfast runs virtual_router_id 51 on interface 'eth0' already", "-u", "keepalived")


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
    net.wait_master(net.b, VIP, timeout=30)
    (last,) = [one for one in net.sniffer.adverts("a", since=since) if one.fields["priority"] == 0]
    assert "virtual_server" not in run("cat", "/proc/net/ip_vs") and VIP not in run("ip", "-4", "address")
    assert net.client.pings_once(VIP)


def test_it_is_not_started_on_a_virtual_router_of_keepalived(net):
    run("systemctl", "start", "keepalived")
    assert try_to("systemctl", "start", UNIT).returncode != 0
    assert shown("ActiveState") == "failed"
    logged(f"{net.a.conf}:\\d+:\\d+: error: keepalived \\(pid \\d+\\) runs virtual_router_id 51", "-t", "parentd")
    logged("not started: .*keepalived \\(pid \\d+\\) runs virtual_router_id 51", "-u", UNIT)
    run("systemctl", "disable", "--now", "keepalived")


def test_it_takes_what_keepalived_had_as_it_is(net):
    assert try_to("systemctl", "is-active", "keepalived").stdout == "inactive\n"
    net.a.conf.unlink()
    THEIRS.write_text(configuration(ADVERT))
    THEIRS.chmod(0o600)
    run("systemctl", "start", UNIT)
    logged(f"starts with {THEIRS}", "-u", UNIT)
    net.wait_master(net.a, VIP, timeout=60)


def test_a_stop_while_systemd_waits_to_start_it_again(net):
    drop_in = pathlib.Path(f"/run/systemd/system/{UNIT}.d/later.conf")
    drop_in.parent.mkdir(parents=True)
    drop_in.write_text("[Service]\nRestartSec=1h\n")
    run("systemctl", "daemon-reload")
    os.kill(net.a.pid("holdfast"), signal.SIGKILL)
    wait_for(lambda: shown("SubState") == "auto-restart", "systemd waits", 30)
    assert net.a.pid("vrrpd") and net.a.holds(VIP)
    run("systemctl", "stop", UNIT)
    wait_for(lambda: not net.a.holds(VIP), "the address is released", 30)
    net.wait_master(net.b, VIP, timeout=30)
    wait_for(lambda: not net.a.pids(), "nothing runs", 30)
    shutil.rmtree(drop_in.parent)
    run("systemctl", "daemon-reload")


def test_a_purge_leaves_nothing(net):
    run("systemctl", "start", UNIT)
    net.wait_master(net.a, VIP, timeout=60)
    run("apt-get", "purge", "--quiet", "--quiet", "--yes", "holdfast")
    assert not net.a.holds(VIP) and not CGROUP.exists()
    net.wait_master(net.b, VIP, timeout=30)
    left = everything() - net.before
    assert {line for line in left if "holdfast" in line} == set()
    assert shown("LoadState") == "not-found"
