"""A service manager as far as the suite sees one: what systemd does for packaging/systemd/holdfast.service.

It starts the daemon as user holdfast with the rights of the unit, hears its notifications, keeps the
descriptors that it is given, and passes them to the next one that it starts.
"""

import array
import contextlib
import os
import pathlib
import select
import shutil
import socket
import subprocess
import threading
import time

from harness import KIND, TOP, wait_for

UNIT = TOP / "packaging/systemd/holdfast.service"
WATCHDOG_US = 2_000_000
FDS_MAX = 64


def unit_value(name):
    """The last value of a setting of the unit."""
    values = [line.split("=", 1)[1] for line in UNIT.read_text().splitlines() if line.startswith(name + "=")]
    return values[-1]


def granted():
    """The words that give a command the user and the rights of the unit."""
    caps = [name.removeprefix("CAP_").lower() for name in unit_value("AmbientCapabilities").split()]
    plus = ",".join("+" + name for name in caps)
    words = ["setpriv", f"--reuid={unit_value('User')}", f"--regid={unit_value('Group')}", "--clear-groups",
             "--no-new-privs", f"--inh-caps=-all,{plus}", f"--ambient-caps=-all,{plus}", f"--bounding-set=-all,{plus}"]
    limit = ["prlimit", f"--rtprio={unit_value('LimitRTPRIO')}"]
    if subprocess.run([*limit, "true"], capture_output=True).returncode == 0:
        words = limit + words
    return words


class Manager:
    def __init__(self, node):
        self.node = node
        self.path = node.dir / "notify"
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(str(self.path))
        self.path.chmod(0o777)
        self.lock = threading.Lock()
        self.messages = []  # (when, {name: value})
        self.store = []  # (name, descriptor), the newest first
        self.ended = False
        self.deaf = False
        self.thread = threading.Thread(target=self.listen, daemon=True)
        self.thread.start()

    def listen(self):
        while not self.ended:
            if self.deaf:
                time.sleep(0.02)
                continue
            if not select.select([self.socket], [], [], 0.05)[0]:
                continue
            fds = array.array("i")
            text, control, _, _ = self.socket.recvmsg(4096, socket.CMSG_SPACE(FDS_MAX * fds.itemsize))
            for _, _, data in control:
                fds.frombytes(data[:len(data) - len(data) % fds.itemsize])
            self.handle(dict(line.split("=", 1) for line in text.decode().splitlines()), list(fds))

    def be_deaf(self):
        """Its socket is full, and is not read until it hears again (deaf = False)."""
        self.deaf = True
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as other, contextlib.suppress(BlockingIOError):
            other.setblocking(False)
            while True:
                other.sendto(b"FILLED=1", str(self.path))

    def handle(self, message, fds):
        with self.lock:
            self.messages.append((time.monotonic(), message))
            if "FDSTOREREMOVE" in message:
                self.drop(lambda name, fd: name == message["FDNAME"])
            if "FDSTORE" in message:
                for fd in fds:
                    if not any(os.path.sameopenfile(fd, other) and kept == message["FDNAME"]
                               for kept, other in self.store if self.is_file(fd)):
                        self.store.insert(0, (message["FDNAME"], fd))
                    else:
                        os.close(fd)
            self.drop(lambda name, fd: self.hung_up(fd))

    @staticmethod
    def is_file(fd):
        return "memfd" in os.readlink(f"/proc/self/fd/{fd}")

    @staticmethod
    def hung_up(fd):
        poll = select.poll()
        poll.register(fd, 0)
        return bool(poll.poll(0))

    def drop(self, condition):
        for name, fd in [one for one in self.store if condition(*one)]:
            self.store.remove((name, fd))
            os.close(fd)

    def release(self):
        """The service is down, and nobody wants it: what was kept is closed."""
        with self.lock:
            self.drop(lambda name, fd: True)

    def names(self):
        with self.lock:
            self.drop(lambda name, fd: self.hung_up(fd))
            return sorted(name for name, _ in self.store)

    def said(self, name, since=0.0):
        """All values of a name that the daemon sent."""
        with self.lock:
            return [message[name] for when, message in self.messages if name in message and when >= since]

    def start(self, conf=None, arguments=()):
        node = self.node
        assert node.process is None
        node.kind = KIND
        if conf is not None:
            node.configure(conf)
        node.run_dir.mkdir(exist_ok=True)
        shutil.chown(node.run_dir, unit_value("User"), unit_value("Group"))
        with self.lock:
            passed = list(self.store)
        environment = {**os.environ, "NOTIFY_SOCKET": str(self.path), "WATCHDOG_USEC": str(WATCHDOG_US),
                       "LISTEN_FDS": str(len(passed)), "LISTEN_FDNAMES": ":".join(name for name, _ in passed)}
        started = time.monotonic()
        with open(node.log_path, "ab") as log:
            node.process = subprocess.Popen(
                ["ip", "netns", "exec", node.ns, "sh", "-c", 'export LISTEN_PID=$$ WATCHDOG_PID=$$; exec "$@"', "sh",
                 *granted(), *node.command(arguments)],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True, env=environment,
                pass_fds=range(3, 3 + len(passed)), preexec_fn=lambda: self.place([fd for _, fd in passed]))
        return started

    @staticmethod
    def place(fds):
        high = [os.dup2(fd, 200 + i) for i, fd in enumerate(fds)]
        for i, fd in enumerate(high):
            os.dup2(fd, 3 + i)

    def start_ready(self, conf=None, arguments=()):
        since = self.start(conf, arguments)
        self.wait_ready(since)
        return since

    def wait_ready(self, since):
        wait_for(lambda: "1" in self.said("READY", since), f"{self.node.name} is ready")

    def die(self, *names):
        """kill -9 of the main process alone."""
        self.node.process.kill()
        self.gone()

    def gone(self):
        status = self.node.process.wait(10)
        self.node.process = None
        return status

    def close(self):
        self.ended = True
        self.thread.join()
        self.release()
        self.socket.close()
        with contextlib.suppress(FileNotFoundError):
            pathlib.Path(self.path).unlink()
