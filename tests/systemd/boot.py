#!/usr/bin/python3
"""Runs a command as root in a Debian 12 with systemd: boot.py [--timeout S] [--memory SIZE] COMMAND [ARGUMENT…]

What tests/kernel/uml.py does, with a root file system of its own (tests/systemd/build-image), which it may
change as it likes: the changes are in memory and gone afterwards. systemd is process 1; the command is
a service that starts when all others have. It sees the checkout and the build directory where they
are on the host, and all of the host below /host, of which it can change nothing.
"""

import pathlib
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "kernel"))

import uml  # noqa: E402


def kernel_arguments(command):
    image = subprocess.run([HERE / "build-image"], check=True, stdout=subprocess.PIPE, text=True).stdout.strip()
    return [f"ubd0=/dev/shm/changes,{image}", "root=/dev/ubda", "rootfstype=ext4", "loglevel=2", "init=/sbin/host-init",
            f"INIT={HERE / 'init'}", "systemd.unit=command.target", "systemd.show_status=no",
            f"COMMAND={uml.shell_code(command)}"]


if __name__ == "__main__":
    sys.exit(uml.main(__doc__.splitlines()[0], kernel_arguments))
