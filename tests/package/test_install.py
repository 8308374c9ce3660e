"""Installation, upgrade, removal and purge of the package in a copy of this system, without systemd."""

import json
import time

from deb import USERS, next_package, package

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


def started(copy, *options):
    """A suite that holds an address, in the copy."""
    copy.put("/etc/holdfast/holdfast.conf", CONFIGURATION)
    copy.run("ip", "link", "add", "hf0", "type", "veth", "peer", "name", "hf1")
    copy.run("ip", "address", "add", "192.0.2.1/24", "dev", "hf0")
    for name in ("hf0", "hf1"):
        copy.run("ip", "link", "set", name, "up")
    daemon = copy.start("holdfast", "--dont-fork", "--log-console", *options)
    wait_until(lambda: "192.0.2.130" in copy.run("ip", "address", "show", "dev", "hf0"), "the address is there")
    return daemon


def traces(copy):
    """Users, groups and new files that have to do with the suite."""
    users = copy.run("getent", "passwd") + copy.run("getent", "group") + copy.run("find", "/run")
    return {line for line in [*users.splitlines(), *copy.new_files()] if "holdfast" in line}


def test_purge_leaves_nothing(copy):
    copy.run("rm", "-f", "/etc/keepalived/keepalived.conf")
    assert "without a configuration the service is not started" in copy.run("dpkg", "--install", copy.bring(package()))
    for user in USERS:
        assert ":/usr/sbin/nologin" in copy.run("getent", "passwd", user)
        copy.run("getent", "group", user)
    assert copy.run("stat", "-c", "%a %U:%G", "/etc/holdfast") == "2750 root:holdfast-parent\n"
    assert copy.may_fail("systemctl", "is-enabled", "holdfast").stdout.strip() == "disabled"
    copy.run("systemctl", "enable", "holdfast", "holdfast-exporter.socket")
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
    out = copy.run("dpkg", "--install", copy.bring(next_package()))
    assert "what runs is still" not in out
    new = processes(copy)
    assert old.keys() == new.keys() and len(new) >= 3
    assert [name for name in old if name != "holdfast" and old[name] == new[name]] == []
    assert "192.0.2.130" not in copy.run("cat", "/tmp/moved")
    watch.kill()

    # the service of keepalived asks before it starts
    ask = "/usr/libexec/holdfast/keepalived-may-start"
    copy.put("/tmp/other.conf", CONFIGURATION.replace("51", "52"))
    copy.run(ask, "--log-detail", "-f", "/tmp/other.conf")
    copy.put("/etc/keepalived/same.conf", CONFIGURATION, "600")
    refused = copy.may_fail(ask, "--use-file=/etc/keepalived/same.conf")
    assert refused.returncode == 1 and "virtual_router_id 51 on interface 'hf0'" in refused.stdout
    copy.run("kill", "-TERM", str(new["holdfast"]))
    assert daemon.wait(30) == 0
    copy.run(ask, "-f", "/etc/keepalived/same.conf")


def test_log_files_are_rotated(copy):
    copy.run("dpkg", "--install", copy.bring(package()))
    daemon = started(copy, "--log-file")
    assert copy.run("logrotate", "--force", "/etc/logrotate.d/holdfast") == ""
    wait_until(lambda: copy.may_fail("test", "-e", "/var/log/holdfast/vrrpd.log").returncode == 0, "a new file")
    assert "-> MASTER" in copy.run("cat", "/var/log/holdfast/vrrpd.log.1")
    copy.run("ip", "link", "set", "hf0", "down")
    wait_until(lambda: "-> FAULT" in copy.run("cat", "/var/log/holdfast/vrrpd.log"), "vrrpd writes to the new file")
    assert copy.run("stat", "-c", "%U", "/var/log/holdfast/vrrpd.log") == "holdfast\n"
    copy.run("kill", "-TERM", str(processes(copy)["holdfast"]))
    assert daemon.wait(30) == 0


def test_what_only_root_may_read_is_shared_and_nothing_else(copy):
    copy.run("dpkg", "--install", copy.bring(package()))
    copy.run("rm", "-rf", "/etc/keepalived")
    shadow = copy.run("stat", "-c", "%a %G", "/etc/shadow")
    copy.put("/etc/keepalived/keepalived.conf", "include conf.d/*.conf\ninclude others\ninclude /etc/shadow\n", "600")
    copy.put("/etc/keepalived/conf.d/vrrp-1.conf", CONFIGURATION, "640")
    copy.put("/etc/keepalived/key.pem", "private", "600")
    copy.put("/etc/keepalived/others", "include key.pem\n", "660")
    copy.run("chgrp", "adm", "/etc/keepalived/others")
    copy.run("chmod", "700", "/etc/keepalived", "/etc/keepalived/conf.d")
    assert "chgrp holdfast-parent" in copy.may_fail("holdfast", "-t").stdout

    out = copy.run("/usr/libexec/holdfast/share-configuration", "--log-detail")
    state = {name: copy.run("stat", "-c", "%a %G", f"/etc/keepalived/{name}").strip()
             for name in ("", "keepalived.conf", "conf.d", "conf.d/vrrp-1.conf", "others", "key.pem")}
    assert state == {"": "750 holdfast-parent", "keepalived.conf": "640 holdfast-parent",
                     "conf.d": "750 holdfast-parent", "conf.d/vrrp-1.conf": "640 holdfast-parent",
                     "others": "660 adm", "key.pem": "600 root"}
    assert "setfacl -m u:holdfast-parent:r /etc/keepalived/others" in out
    assert copy.run("stat", "-c", "%a %G", "/etc/shadow") == shadow
    copy.put("/etc/keepalived/keepalived.conf", "include conf.d/*.conf\n")
    assert copy.run("/usr/libexec/holdfast/share-configuration") == "", "nothing is left to do"
    copy.run("holdfast", "-t")
    copy.run("dpkg", "--purge", "holdfast")
    assert copy.run("stat", "-c", "%a %G", "/etc/keepalived/conf.d/vrrp-1.conf") == "640 root\n"
