"""Modules of a kernel of one's own, and how the kernel loads them."""

import os
import pathlib
import re
import subprocess

import pytest

HELPER = pathlib.Path("/proc/sys/kernel/modprobe")


def modprobe(*arguments):
    subprocess.run([os.environ["MODPROBE"], *arguments], check=True)


def loaded():
    return re.findall(r"^\w+", pathlib.Path("/proc/modules").read_text(), re.M)


def unload_ipvs():
    """All of it; no service may be left anywhere."""
    modules = sorted((name for name in loaded() if name.startswith("ip_vs")), reverse=True)
    if modules:
        modprobe("-r", *modules)
    assert "ip_vs" not in loaded()


class Loader:
    """Stands in for the program that the kernel loads modules by."""

    def __init__(self, directory):
        directory.chmod(0o755)
        self.log, self.missing, self.program = (directory / name for name in ("log", "missing", "loader"))
        self.program.write_text(
            f"#!/bin/sh\necho \"$@\" >>{self.log}\n"
            f"for name in $(cat {self.missing}); do case \"$*\" in *$name*) exit 1 ;; esac; done\n"
            f"exec {os.environ['MODPROBE']} \"$@\"\n")
        self.program.chmod(0o755)
        self.lack()
        HELPER.write_text(str(self.program))

    def lack(self, *names):
        """Does not find modules with these in their names any more; every other one."""
        self.missing.write_text("\n".join(names))

    def asked_for(self, name):
        """How often the kernel wanted a module."""
        return self.log.read_text().split().count(name) if self.log.exists() else 0


@pytest.fixture
def loader(tmp_path):
    yield Loader(tmp_path)
    HELPER.write_text(os.environ["MODPROBE"])
