"""The machine that these tests run on, as one of the nodes of a lab of tests/net: its own network is a node's."""

import contextlib
import os
import pathlib
import re
import subprocess

import harness
import netns
from harness import wait_for

UNIT = "holdfast.service"
CGROUP = pathlib.Path("/sys/fs/cgroup/system.slice") / UNIT
USERS = {"holdfast": "holdfast", "parentd": "holdfast-parent", "vrrpd": "holdfast-vrrp", "checkerd": "holdfast-check",
         "ipvsd": "holdfast-ipvs"}


def try_to(*command):
    return subprocess.run(command, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          env={**os.environ, "DEBIAN_FRONTEND": "noninteractive", "LANG": "C.UTF-8", "SYSTEMD_PAGER": ""})


def run(*command):
    """Output of a command that must succeed."""
    done = try_to(*command)
    assert done.returncode == 0, f"{' '.join(map(str, command))}: {done.returncode}\n{done.stdout}"
    return done.stdout


def package(version=None):
    (found,) = (harness.BUILD / (f"package-{version}" if version else "package")).glob("*.deb")
    return found


def install(file):
    return run("apt-get", "install", "--quiet", "--quiet", "--yes", "--option", "APT::Sandbox::User=root", file)


def journal(*matches):
    return run("journalctl", "--quiet", "--no-hostname", "--output", "short-precise", *matches)


def shown(unit_property):
    return run("systemctl", "show", "--value", "--property", unit_property, UNIT).strip()


class Machine(harness.Node):
    """Runs the installed service."""

    def make_namespace(self):
        netns.ip("netns", "attach", self.ns, str(os.getpid()))

    def __init__(self, lab, name):
        super().__init__(lab, name)
        self.kind, self.strict = "holdfast", False
        self.conf = pathlib.Path("/etc/holdfast/holdfast.conf")
        self.run_dir = pathlib.Path("/run/holdfast")

    def log(self):
        return journal("--unit", UNIT)

    def pids(self):
        """The service's processes by name; "nursery" is what starts the scripts and their runners."""
        found = {}
        for pid in map(int, (CGROUP / "cgroup.procs").read_text().split() if CGROUP.exists() else ()):
            with contextlib.suppress(OSError):  # one that has ended
                found.setdefault(pathlib.Path(f"/proc/{pid}/comm").read_text().strip(), []).append(pid)
        return found

    def pids_of(self, name):
        return self.pids().get(name, [])

    def ctl(self, *arguments, check=True):
        done = try_to("holdfastctl", *arguments)
        assert not check or done.returncode == 0, f"holdfastctl {arguments}: {done.returncode} {done.stdout}"
        return done.stdout

    def all_work(self):
        """Every process of the suite is there, and works."""
        def condition(status):
            processes = {process["name"]: process for process in status["processes"]}
            return USERS.keys() <= processes.keys() and all(one["working"] for one in processes.values())
        wait_for(lambda: self.shows(condition), "all processes work", 30)


def status_of(pid):
    """/proc/PID/status as a dictionary."""
    text = pathlib.Path(f"/proc/{pid}/status").read_text()
    return dict(re.findall(r"^(\w+):[ \t]*(.*?)[ \t]*$", text, re.M))
