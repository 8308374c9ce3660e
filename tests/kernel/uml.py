#!/usr/bin/python3
"""Runs a command as root on a kernel of its own: uml.py [--timeout S] [--memory SIZE] COMMAND [ARGUMENT…]

The kernel is Debian's user-mode-linux, an ordinary process: it has IPVS, its own clock and modules, and
sees the host's files, of which it can change none (tests/kernel/cell). In it, tests/kernel/init makes
file systems in memory where programs write, runs the command in the caller's directory with the
HOLDFAST_ variables of its environment, and powers off.

The command's output is passed on as it comes, its exit status is returned. A kernel that does not get
that far, or not in time, is killed, with every process in it; status 124, and all it wrote is printed.
"""

import argparse
import base64
import os
import pathlib
import re
import shlex
import shutil
import subprocess
import sys
import threading
import time

HERE = pathlib.Path(__file__).resolve().parent
PROGRAM = pathlib.Path(sys.argv[0]).name
NO_RESULT = 124
SLOWER = "0.6"  # seconds of FAST (tests/net/conf.py): such a kernel has one slow CPU, for the tests too
BEGIN, END = "=== command", re.compile(r"=== exit (\d+)$")  # what init writes around the command's output


def inside():
    """True on such a kernel."""
    return "User Mode Linux" in pathlib.Path("/proc/cpuinfo").read_text()


def shell_code(command):
    """What init runs. In base64, for the kernel's command line knows no quotes inside a value."""
    passed = {"HOLDFAST_FAST": SLOWER}
    passed |= {name: value for name, value in os.environ.items() if name.startswith("HOLDFAST_")}
    needed = {os.getcwd(), str(HERE.parents[1]), passed.get("HOLDFAST_BUILD", "/")}
    lines = [f"show {shlex.quote(directory)}" for directory in sorted(needed)]  # parents first
    lines += [f"export {name}={shlex.quote(value)}" for name, value in passed.items()]
    lines += [f"cd {shlex.quote(os.getcwd())} && exec {shlex.join(command)}"]
    return base64.b64encode("\n".join(lines).encode()).decode()


def kernel_arguments(command):
    """How the kernel finds its root and what it runs."""
    return ["rootfstype=hostfs", "quiet", f"init={HERE / 'init'}", f"COMMAND={shell_code(command)}"]


class Guest:
    """One boot. Everything that it consists of dies with this process, or earlier by kill()."""

    def __init__(self, arguments, memory):
        self.console = []
        self.status = None
        # setpriv ends unshare when we die, unshare ends the cell, and the cell is process 1 of a pid
        # namespace: whatever happens, no process of the kernel can stay behind.
        # Some in it have real-time priority, of which the host knows nothing: nice.
        self.process = subprocess.Popen(
            ["nice", "-n", "-10", "setpriv", "--pdeathsig", "KILL", "unshare", "--mount", "--net", "--ipc", "--pid",
             "--mount-proc", "--fork", "--kill-child=KILL", str(HERE / "cell"), "linux.uml", "rw", f"mem={memory}",
             "con0=fd:0,fd:1", "con=null", "ssl=null", *arguments],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)

    def lines(self):
        """What the command writes, line by line. Sets status when the kernel tells it."""
        running = False
        for line in self.process.stdout:
            line = line.decode(errors="replace").rstrip()
            self.console.append(line)
            end = END.match(line)
            if end:
                self.status = int(end.group(1))
                return
            if running:
                yield line
            running = running or line == BEGIN

    def kill(self):
        self.process.kill()

    def wait(self):
        """Until all of it has ended: then nobody can write to the console any more."""
        self.process.wait()
        self.process.communicate()


def run(arguments, timeout, memory):
    """Boots a kernel, prints the output of the command that it runs and returns its exit status."""
    guest = Guest(arguments, memory)
    late = threading.Event()

    def expire():
        late.set()
        guest.kill()

    timer = threading.Timer(timeout, expire)
    timer.start()
    try:
        for line in guest.lines():
            print(line, flush=True)
    finally:
        timer.cancel()
        guest.kill()  # its files are in memory: nothing is lost
        guest.wait()
    if guest.status is not None:
        return guest.status
    why = f"was killed after {timeout:g} s" if late.is_set() else "ended"
    print(f"\n{PROGRAM}: the kernel {why} without a result; its console:")
    print(*guest.console, sep="\n", flush=True)
    return NO_RESULT


def wall_minus_monotonic():
    return time.time() - time.monotonic()


def main(description, arguments_for):
    """The program. arguments_for(command) is what the kernel is booted with to run that command."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--timeout", type=float, default=120, help="seconds from the start of the kernel")
    parser.add_argument("--memory", default="512M", help="of the kernel, as linux.uml takes it")
    parser.add_argument("command", nargs=argparse.REMAINDER)
    arguments = parser.parse_args()
    if not arguments.command:
        parser.error("no command")
    if shutil.which("linux.uml") is None:
        sys.exit(f"{PROGRAM}: there is no linux.uml; Debian's package user-mode-linux has it")
    before = wall_minus_monotonic()
    status = run(arguments_for(arguments.command), arguments.timeout, arguments.memory)
    if abs(wall_minus_monotonic() - before) > 60:
        sys.exit(f"{PROGRAM}: the clock of the host was changed meanwhile")
    return status


if __name__ == "__main__":
    sys.exit(main(__doc__.splitlines()[0], kernel_arguments))
