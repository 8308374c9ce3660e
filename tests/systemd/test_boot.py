"""The Debian that boot.py boots: what the other tests here take for granted."""

import os
import pathlib
import subprocess

import pytest


def test_every_service_has_started():
    done = subprocess.run(["systemctl", "list-units", "--failed", "--plain", "--no-legend"], text=True, capture_output=True)
    assert (done.returncode, done.stdout) == (0, "")


def test_it_is_a_kernel_of_its_own_with_the_host_in_sight():
    assert "User Mode Linux" in pathlib.Path("/proc/cpuinfo").read_text()
    assert pathlib.Path("/etc/debian_version").read_text().startswith("12.")
    assert os.path.samestat(os.stat(__file__), os.stat("/host" + __file__))
    with pytest.raises(OSError):
        pathlib.Path("/host/hf-touched").touch()


def test_it_may_be_changed():
    pathlib.Path("/hf-touched").touch()
    assert os.stat("/hf-touched").st_uid == 0
