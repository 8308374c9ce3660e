"""uml.py itself: what it hands on, what it keeps from the host, and that nothing of it stays behind."""

import os
import pathlib
import signal
import subprocess
import tempfile
import time

import pytest
import uml
from harness import wait_for

ON_HOST = True


def start(*command, timeout=60, cwd="/"):
    return subprocess.Popen([str(uml.HERE / "uml.py"), "--timeout", str(timeout), *command], cwd=cwd,
                            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def run(*command, **more):
    process = start(*command, **more)
    return process.communicate()[0], process.returncode


def processes():
    """pid -> (parent's pid, pid namespace)"""
    found = {}
    for entry in pathlib.Path("/proc").glob("[0-9]*"):
        try:
            parent = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
            found[int(entry.name)] = parent, os.readlink(entry / "ns/pid")
        except OSError:
            pass  # it has ended
    return found


def namespace_below(pid):
    """The pid namespace that the runner with this pid made; None when it has not yet."""
    ours, known, family = os.readlink("/proc/self/ns/pid"), processes(), {pid}
    for _ in range(2):  # unshare, cell
        family |= {child for child, (parent, _) in known.items() if parent in family}
    return next((known[child][1] for child in family & known.keys() if known[child][1] != ours), None)


def members(namespace):
    return [pid for pid, (_, theirs) in processes().items() if theirs == namespace]


@pytest.fixture
def place():
    with tempfile.TemporaryDirectory(prefix="hf-", dir="/tmp") as path:
        yield pathlib.Path(path)


def test_status_and_output_are_those_of_the_command():
    out, status = run("bash", "-c", "echo 'one  \"two\"'; echo three >&2; exit 7")
    assert (out, status) == ("one  \"two\"\nthree\n", 7)


def test_the_host_is_seen_but_not_changed(place):
    (place / "here").write_text("text of the host\n")
    before = time.time() - time.monotonic()
    out, status = run("bash", "-c", f"""
        cat here
        for path in {place} {uml.HERE} /etc /usr /var/lib /root; do
            touch $path/hf-touched 2>/dev/null && echo wrote to $path
        done
        touch /tmp/hf-{place.name} && date -s 2001-01-01 && hostname changed""", cwd=place)
    assert status == 0 and out.startswith("text of the host\n")
    assert "wrote to" not in out and "2001" in out
    assert not pathlib.Path(f"/tmp/hf-{place.name}").exists()
    assert abs(time.time() - time.monotonic() - before) < 1
    assert os.uname().nodename != "changed"


def test_a_command_that_does_not_end_is_ended():
    process = start("bash", "-c", "echo begun; sleep 1000", timeout=8)
    namespace = wait_for(lambda: namespace_below(process.pid), "the kernel runs")
    out, _ = process.communicate()
    assert process.returncode == uml.NO_RESULT
    assert "killed after 8 s without a result" in out and out.count("begun") == 2
    wait_for(lambda: not members(namespace), "its processes are gone")


def test_a_kernel_that_panics_is_reported():
    out, status = run("bash", "-c", "echo c >/proc/sysrq-trigger; sleep 1000", timeout=60)
    assert status == uml.NO_RESULT
    assert "ended without a result" in out and "Kernel panic" in out


def test_nothing_outlives_a_runner_that_is_killed():
    process = start("bash", "-c", "echo begun; sleep 1000")
    assert process.stdout.readline() == "begun\n"
    namespace = namespace_below(process.pid)
    assert len(members(namespace)) > 2
    process.send_signal(signal.SIGKILL)
    process.wait()
    wait_for(lambda: not members(namespace), "its processes are gone")
