"""The suite with tests/net/script_parent.c in parentd's place, and scripts for its runners."""

import collections
import os
import pathlib
import shutil
import socket
import stat

from harness import BUILD, wait_for

EXITED, SIGNALED, TIMED_OUT, NOT_STARTED, NOT_RUN = range(5)
Done = collections.namedtuple("Done", "slot run outcome status duration_us output")


def status_of(pid):
    """/proc/PID/status as a dictionary; empty when there is no such process any more."""
    try:
        text = pathlib.Path(f"/proc/{pid}/status").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return {}
    return dict(line.split(":\t", 1) for line in text.splitlines() if ":\t" in line)


def children_of(pid):
    found = []
    for entry in pathlib.Path("/proc").glob("[0-9]*"):
        if status_of(entry.name).get("PPid") == str(pid):
            found.append(int(entry.name))
    return found


def alive(pid):
    return status_of(pid).get("State", "Z")[0] not in "ZX"


def group_is_gone(group):
    """No process of the group is left, not even a zombie."""
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return True
    return False


class Check:
    """A script that says what a file says: an exit status."""

    def __init__(self, node, name="chk"):
        node.dir.chmod(0o755)
        self.says = node.dir / f"{name}.says"
        self.path = node.dir / f"{name}.sh"
        self.path.write_text(f"#!/bin/sh\nread status <{self.says}\necho \"the file says $status\"\nexit $status\n")
        self.path.chmod(0o755)
        self.say(0)

    def say(self, status):
        new = self.says.with_suffix(".new")
        new.write_text(f"{status}\n")
        new.chmod(0o644)
        new.rename(self.says)


class Scripts:
    """A running suite, and what its runners said."""

    def __init__(self, node, arguments=()):
        self.node = node
        self.libexec = node.dir / "libexec"
        self.libexec.mkdir()
        for name in ("vrrpd", "checkerd", "ipvsd", "runner"):
            shutil.copy(BUILD / "libexec" / name, self.libexec)
        shutil.copy(BUILD / "tests/script-parent", self.libexec / "parentd")
        self.runs = 0
        self.lines = []
        self.listener = None
        node.start("", arguments=["--libexec-dir", str(self.libexec), *arguments])
        self.listen()

    def connect(self):
        def try_it():
            client = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            try:
                client.connect(str(self.node.run_dir / "control.sock"))
                return client
            except OSError:
                client.close()
        return wait_for(try_it, "the control socket answers")

    def listen(self):
        """Hears what happens from now on, and what nobody has heard yet."""
        if self.listener:
            self.listener.close()
        self.rest = b""
        self.listener = self.connect()
        self.listener.setblocking(False)
        self.say("listen")

    def say(self, *words):
        self.listener.setblocking(True)
        self.listener.sendall(("\t".join(str(w) for w in words) + "\n").encode())
        self.listener.setblocking(False)

    def hear(self):
        try:
            while part := self.listener.recv(1 << 20):
                self.rest += part
        except OSError:
            pass
        *whole, self.rest = self.rest.split(b"\n")
        self.lines += [line.decode().split("\t") for line in whole]
        return self.lines

    def said(self, *words, count=1):
        """Waits until lines that begin with these words were said so often."""
        words = [str(w) for w in words]

        def enough():
            found = [line for line in self.hear() if line[:len(words)] == words]
            return found if len(found) >= count else None
        return wait_for(enough, f"{words} said {count} times", timeout=20)

    def want(self, *users):
        self.say("want", *[word for uid, gid, name in users for word in (uid, gid, name)])

    def want_up(self, *users):
        """Has runners for these users; returns their slots."""
        self.want(*users)
        wait_for(lambda: all(any(s["uid"] == uid and s["up"] for s in self.info()) for uid, _, _ in users),
                 "the runners are up")
        by_uid = {s["uid"]: s["slot"] for s in self.info() if s["up"]}
        return [by_uid[uid] for uid, _, _ in users]

    def info(self):
        with self.connect() as client:
            client.sendall(b"info\n")
            text = b""
            while not text.endswith(b"end\n"):
                part = client.recv(1 << 16)
                if not part:
                    return []
                text += part
        found = []
        for line in text.decode().splitlines()[:-1]:
            _, slot, pid, up, uid, gid, name, restarts = line.split("\t")
            found.append({"slot": int(slot), "pid": int(pid), "up": up == "1", "uid": int(uid), "gid": int(gid),
                          "name": name, "restarts": int(restarts)})
        return found

    def pid(self, slot):
        return next(s["pid"] for s in self.info() if s["slot"] == slot)

    def nurseries(self):
        return [pid for pid in self.node.pids_of("runner")
                if pathlib.Path(f"/proc/{pid}/comm").read_text().strip() == "nursery"]

    def order(self, slot, *words, queue=0, timeout_ms=0):
        self.runs += 1
        self.say("run", slot, self.runs, queue, timeout_ms, *words)
        return self.runs

    def done(self, run):
        def found():
            return next((line for line in self.hear() if line[0] == "done" and line[2] == str(run)), None)
        line = wait_for(found, f"run {run} has ended", timeout=20)
        return Done(int(line[1]), int(line[2]), int(line[3]), int(line[4]), int(line[5]), line[6].replace("\v", "\n"))

    def run(self, slot, *words, **arguments):
        return self.done(self.order(slot, *words, **arguments))

    def script(self, text, interpreter="#!/bin/sh\n"):
        """A file that holds this script, executable by everybody."""
        path = self.node.dir / f"script-{len(list(self.node.dir.iterdir()))}"
        path.write_text(interpreter + text)
        path.chmod(stat.S_IRWXU | 0o055)
        return str(path)

    def place(self):
        """A directory that everybody may write to."""
        path = self.node.dir / f"place-{len(list(self.node.dir.iterdir()))}"
        path.mkdir()
        path.chmod(0o777)
        return path


def open_files(pid):
    return len(os.listdir(f"/proc/{pid}/fd"))
