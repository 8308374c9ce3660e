"""Installation, upgrade, removal and purge of the package in a copy of this system, without systemd."""

import json
import subprocess
import time

from deb import BUILD, TOP, USERS, package

CONFIGURATION = """
vrrp_instance VI_1 {
    interface hf0
    virtual_router_id 51
    priority 255
    advert_int 0.1
    version 3
    virtual_ipaddress { 192.0.2.130/24 }
}
"""


def wait_until(condition, what, seconds=30):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"not in {seconds} s: {what}"
        time.sleep(0.05)


def processes(copy):
    done = copy.may_fail("holdfastctl", "--json", "processes")
    return {one["name"]: one["pid"] for one in json.loads(done.stdout)["processes"]} if done.returncode == 0 else {}


def started(copy):
    """A suite that holds an address, in the copy."""
    copy.put("/etc/holdfast/holdfast.conf", CONFIGURATION)
    copy.run("ip", "link", "add", "hf0", "type", "veth", "peer", "name", "hf1")
    copy.run("ip", "address", "add", "192.0.2.1/24", "dev", "hf0")
    for name in ("hf0", "hf1"):
        copy.run("ip", "link", "set", name, "up")
    daemon = copy.start("holdfast", "--dont-fork", "--log-console")
    wait_until(lambda: "192.0.2.130" in copy.run("ip", "address", "show", "dev", "hf0"), "the address is there")
    return daemon


def traces(copy):
    """Users, groups and new files that have to do with the suite."""
    users = copy.run("getent", "passwd") + copy.run("getent", "group") + copy.run("find", "/run")
    return {line for line in [*users.splitlines(), *copy.new_files()] if "holdfast" in line}


def test_purge_leaves_nothing(copy):
    copy.run("dpkg", "--install", copy.bring(package()))
    for user in USERS:
        assert ":/usr/sbin/nologin" in copy.run("getent", "passwd", user)
        copy.run("getent", "group", user)
    assert copy.run("stat", "-c", "%a %U:%G", "/etc/holdfast") == "2750 root:holdfast-parent\n"
    assert copy.may_fail("systemctl", "is-enabled", "holdfast").stdout.strip() == "disabled"
    copy.run("systemctl", "enable", "holdfast")
    copy.run("sh", "-c", "mkdir -p /var/log/holdfast /run/holdfast && touch /var/log/holdfast/vrrpd.log")
    copy.put("/etc/holdfast/holdfast.conf", CONFIGURATION, "640")

    assert len(traces(copy)) > 30
    copy.run("dpkg", "--remove", "holdfast")
    assert "VI_1" in copy.run("cat", "/etc/holdfast/holdfast.conf"), "a removal keeps the configuration"
    copy.run("dpkg", "--purge", "holdfast")
    assert traces(copy) == set()


def test_an_installed_suite_runs_and_an_upgrade_replaces_its_processes(copy):
    copy.run("dpkg", "--install", copy.bring(package()))
    daemon = started(copy)
    old = processes(copy)
    watch = copy.start("sh", "-c", "ip monitor address >/tmp/moved")
    made = subprocess.run([TOP / "packaging/build-deb", "--version", "99.0", BUILD], text=True, capture_output=True)
    assert made.returncode == 0, made.stderr
    out = copy.run("dpkg", "--install", copy.bring(made.stdout.strip()))
    assert "what runs is still" not in out
    new = processes(copy)
    assert old.keys() == new.keys() and len(new) >= 3
    assert [name for name in old if name != "holdfast" and old[name] == new[name]] == []
    assert "192.0.2.130" not in copy.run("cat", "/tmp/moved")
    watch.kill()
    copy.run("kill", "-TERM", str(new["holdfast"]))
    assert daemon.wait(30) == 0
