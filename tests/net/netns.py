"""Network namespaces without processes in them: made by ip(8), entered only to open sockets.

Every name begins with hf-PID-, so that runs side by side do not meet and a run that was killed can be
recognised: reap() removes what belongs to processes that are no more.
"""

import ctypes
import itertools
import json
import os
import re
import signal
import socket
import subprocess
import threading

CLONE_NEWNET = 0x40000000
_libc = ctypes.CDLL(None, use_errno=True)
_counter = itertools.count(1)


def unique(word):
    """A namespace name that nobody else uses."""
    return f"hf-{os.getpid()}-{next(_counter)}-{word}"


def ip(*arguments, ns=None, batch=None):
    """Runs ip(8), in a namespace if asked; batch is a list of commands. Returns its output."""
    command = ["ip"] + (["-n", ns] if ns else [])
    command += ["-batch", "-"] if batch is not None else list(arguments)
    done = subprocess.run(
        command, input="\n".join(batch) if batch is not None else None, text=True, capture_output=True
    )
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(command)} {batch or ''}: {done.stderr.strip()}")
    return done.stdout


def ip_json(*arguments, ns):
    out = ip("-j", *arguments, ns=ns)
    return json.loads(out) if out.strip() else []


def pids(ns):
    done = subprocess.run(["ip", "netns", "pids", ns], text=True, capture_output=True)
    return [int(word) for word in done.stdout.split()]


def remove(ns):
    """Kills what still runs in the namespace and deletes it."""
    for pid in pids(ns):
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
    subprocess.run(["ip", "netns", "del", ns], capture_output=True)


def reap():
    """Removes namespaces of test processes that died without cleaning up."""
    names = os.listdir("/run/netns") if os.path.isdir("/run/netns") else []
    for name in names:
        match = re.match(r"hf-(\d+)-", name)
        if match and not os.path.exists(f"/proc/{match.group(1)}"):
            remove(name)


def call_inside(ns, function):
    """Calls function in a thread that is in the namespace; a socket made there stays there."""
    outcome = []

    def run():
        try:
            with open(f"/run/netns/{ns}", "rb") as handle:
                if _libc.setns(handle.fileno(), CLONE_NEWNET) != 0:
                    raise OSError(ctypes.get_errno(), f"setns {ns}")
            outcome.append((function(), None))
        except BaseException as error:  # carried over to the caller
            outcome.append((None, error))

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    value, error = outcome[0]
    if error:
        raise error
    return value


def socket_inside(ns, *arguments):
    return call_inside(ns, lambda: socket.socket(*arguments))
