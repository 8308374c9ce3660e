"""The unit: how much systemd says that it leaves, that docs/SECURITY.md says the same, and what a restart does."""

import json
import os
import re
import shutil
import signal
import subprocess

import pytest

from deb import TOP, run

UNIT = TOP / "packaging/systemd/holdfast.service"
LEAVE = TOP / "packaging/libexec/leave-if-restarted"
analyze = pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd is not installed here")


def assessed():
    return json.loads(run("systemd-analyze", "security", "--offline=true", "--json=short", UNIT,
                          env={**os.environ, "SYSTEMD_ANALYZE_DEBUG": "1"}))


def points(row):
    return -(-row["badness"] * row["weight"] // row["range"])


@analyze
def test_the_score():
    run("systemd-analyze", "security", "--offline=true", "--threshold=26", UNIT)


@analyze
def test_the_manual_adds_up():
    """The table of what is left has the points that systemd counts, to the last one."""
    text = (TOP / "docs/SECURITY.md").read_text().split("## As a service")[1].split("\n## ")[0]
    whole, left = map(int, re.search(r"Of (\d+) points (\d+) are left", text).groups())
    rows = [row for row in assessed() if row["badness"] is not None]
    if sum(row["weight"] for row in rows) != whole:
        pytest.skip("another systemd, which counts in another way")
    assert sum(map(points, rows)) == left
    cells = [line.split("|")[2] for line in text.splitlines() if line.startswith("| ")][1:]
    assert sum(int(number) for cell in cells for number in cell.split(",")) == left


@analyze
def test_every_exemption_has_its_reason_beside_it():
    comments = "\n".join(line for line in UNIT.read_text().splitlines() if line.startswith("#"))
    words = {"SystemCallFilter": "@privileged", "CapabilityBoundingSet": "NET_ADMIN", "AmbientCapabilities": "Ambient",
             "RestrictAddressFamilies": "INET6", "UMask": "what they leave behind is often read by others",
             "DeviceAllow": "ProtectClock"}
    for row in assessed():
        if row["badness"]:
            name = re.match(r"\w+", row["name"]).group()
            assert words.get(name, name) in comments, row["name"]


@pytest.mark.parametrize("jobs, leaves", [
    ("12 holdfast.service restart running", True),
    ("12 holdfast.service try-restart waiting", True),
    ("12 holdfast.service stop running", False),
    ("12 other.service restart running\n13 holdfast.service stop running", False),
    ("", False)])
def test_only_a_restart_leaves(tmp_path, jobs, leaves):
    fake = tmp_path / "systemctl"
    fake.write_text(f"#!/bin/sh\ncat <<'E'\n{jobs}\nE\n")
    fake.chmod(0o755)
    with subprocess.Popen(["sleep", "60"]) as main:
        def run_it():
            return subprocess.Popen([LEAVE, "holdfast.service"],
                                    env={"PATH": f"{tmp_path}:{os.environ['PATH']}", "MAINPID": str(main.pid)})
        with run_it() as script:
            if leaves:
                assert main.wait(10) == -signal.SIGQUIT
            assert script.wait(10) == 0
        assert (main.poll() is not None) == leaves
        main.kill()
