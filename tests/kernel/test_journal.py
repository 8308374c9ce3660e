"""The real journald: what it makes of the suite's entries, and what becomes of them while it is replaced."""

import json
import pathlib
import subprocess

import pytest
from conf import FAST, instance
from harness import BUILD, wait_for

VIP = "10.77.0.50"
JOURNALD = pathlib.Path("/lib/systemd/systemd-journald")
SOCKET = pathlib.Path("/run/systemd/journal/socket")


class Journald:
    """Without a service manager: it makes its sockets itself, anew at every start."""

    def __init__(self):
        for command in ("mount -t tmpfs none /sys/fs/cgroup", "mkdir /sys/fs/cgroup/systemd",
                        "mount -t cgroup -o none,name=systemd none /sys/fs/cgroup/systemd",
                        "mkdir -p /run/systemd/journal /run/log/journal"):
            subprocess.run(command.split(), check=True)
        self.start()

    def start(self):
        self.process = subprocess.Popen([str(JOURNALD)], stderr=subprocess.DEVNULL)
        wait_for(SOCKET.exists, "journald listens")

    def stop(self):
        self.process.terminate()
        self.process.wait(10)
        SOCKET.unlink()


def entries(*matches):
    done = subprocess.run(["journalctl", "-q", "--no-pager", "-o", "json", *matches], text=True, capture_output=True)
    return [json.loads(line) for line in done.stdout.splitlines()]


def wait_entry(*matches):
    return wait_for(lambda: entries(*matches), f"an entry with {matches}")[-1]


@pytest.mark.skipif(not JOURNALD.exists(), reason="no systemd-journald on this host")
def test_entries_of_the_suite(lab):
    journald = Journald()
    net = lab(a="10.77.0.1/24", sniff=False)
    net.a.start(instance(priority=150, **FAST))
    net.wait_master(net.a, VIP)
    entry = wait_entry("MESSAGE_ID=bbabaf49bf0646de8b43fc8c9b6a7386", "HOLDFAST_STATE=MASTER")
    assert entry["_TRANSPORT"] == "journal" and entry["SYSLOG_IDENTIFIER"] == "vrrpd"
    assert int(entry["_PID"]) == net.a.pid("vrrpd") and entry["_EXE"] == f"{BUILD}/libexec/vrrpd"
    assert entry["HOLDFAST_INSTANCE"] == "VI_1" and entry["HOLDFAST_OLD_STATE"] == "BACKUP"
    assert entry["MESSAGE"] == f"VI_1: BACKUP -> MASTER: {entry['HOLDFAST_REASON']}"

    shown = [json.loads(line) for line in net.a.ctl("--json", "logs", "vrrpd").splitlines()]
    assert shown[-1]["state"] == "MASTER" and {line["process"] for line in shown} == {"vrrpd"}
    assert "VI_1: BACKUP -> MASTER" in net.a.ctl("logs", "-n", "5")

    net.a.ctl("debug", "vrrpd", "packets")
    assert "advertisement sent" in wait_entry("HOLDFAST_TOPIC=packets")["MESSAGE"]
    journald.stop()
    lost = len(net.a.log())
    wait_for(lambda: "advertisement sent" in net.a.log()[lost:], "something is said to nobody")
    journald.start()
    assert "could not be written here" in wait_entry("HOLDFAST_KIND=left-out", "HOLDFAST_PROCESS=vrrpd")["MESSAGE"]
    net.a.ctl("debug", "none")
    assert wait_entry("HOLDFAST_PROCESS=vrrpd", "MESSAGE=debug topics: none")
    journald.process.terminate()
    journald.process.wait(10)
