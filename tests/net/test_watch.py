"""`holdfastctl watch`, on a terminal of its own."""

import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import termios
import time

import pytest
from conf import FAST, instance
from harness import BUILD, wait_for

VIP = "10.77.0.50"
CODE = re.compile(rb"\033\[(\??)([0-9;]*)([A-Za-z])|([^\033]+)|(\033)")


class Terminal:
    """Runs holdfastctl on a pseudo terminal, and keeps what a screen would show."""

    def __init__(self, node, *words, rows=24, columns=80):
        self.master, slave = pty.openpty()
        self.resize(rows, columns)
        self.before = termios.tcgetattr(slave)
        self.slave = slave
        self.process = subprocess.Popen(
            [str(BUILD / "holdfastctl"), "--runtime-dir", str(node.run_dir), *words], stdin=slave, stdout=slave,
            stderr=slave, start_new_session=True, env={**os.environ, "TERM": "xterm"},
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0))
        self.modes, self.clears, self.reads = set(), 0, 0

    def resize(self, rows, columns):
        self.rows = rows
        self.screen = [""] * rows
        self.row, self.column = 0, 0
        fcntl.ioctl(self.master, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def feed(self):
        """Takes what the program has written."""
        while select.select([self.master], [], [], 0)[0]:
            self.reads += 1
            data = os.read(self.master, 1 << 16)
            for private, numbers, letter, text, _ in CODE.findall(data):
                if text:
                    self.write(text.decode())
                else:
                    self.obey(private, numbers, letter)

    def write(self, text):
        line = self.screen[self.row].ljust(self.column)
        assert "\n" not in text or "1049" not in self.modes, "on the whole screen, lines are placed"
        self.screen[self.row] = line[:self.column] + text + line[self.column + len(text):]
        self.column += len(text)

    def obey(self, private, numbers, letter):
        if private and letter in b"hl":
            (self.modes.add if letter == b"h" else self.modes.discard)(numbers.decode())
        elif letter == b"J":
            self.clears += 1
            self.screen = [""] * self.rows
        elif letter == b"K":
            self.screen[self.row] = self.screen[self.row][:self.column]
        elif letter == b"H":
            self.row, self.column = [int(n) - 1 for n in (numbers or b"1;1").split(b";")]

    def shows(self, pattern):
        self.feed()
        return re.search(pattern, "\n".join(self.screen), re.M)

    def wait(self, pattern, timeout=10):
        wait_for(lambda: self.shows(pattern), f"the screen shows {pattern!r}", timeout)

    def type(self, text):
        os.write(self.master, text)

    def ended(self):
        """Its exit status; the terminal must be as it was."""
        status = self.process.wait(10)
        self.feed()
        assert not self.modes & {"1049"} and {"25", "7"} <= self.modes, f"modes left: {self.modes}"
        assert termios.tcgetattr(self.slave) == self.before
        return status


@pytest.fixture
def watch(request):
    made = []
    yield lambda node, *words, **size: made.append(Terminal(node, "watch", *words, **size)) or made[-1]
    for one in made:
        one.process.kill()
        one.process.wait()
        os.close(one.master)
        os.close(one.slave)


def start(net):
    net.a.start(instance(priority=150, **FAST))
    net.wait_master(net.a, VIP)


def test_follows_what_happens(lab, watch):
    net = lab(sniff=False)
    start(net)
    screen = watch(net.a, "--interval=0.1")
    screen.wait(r"\AAll is well: 1 MASTER")
    assert "1049" in screen.modes and "25" not in screen.modes
    screen.wait(r"^every 0.1 s; q ends$")
    net.a.unplug()
    screen.wait(r"^  ! VI_1 in FAULT for \d s: interface down$")
    net.a.plug()
    screen.wait(r"\AAll is well: 1 MASTER")
    assert not screen.shows("FAULT"), "what is over is gone"
    assert screen.clears == 1, "it is never blank in between"
    screen.resize(10, 40)
    screen.wait(r"^every 0.1 s; q ends$")
    assert screen.screen[9].endswith("q ends") and screen.clears == 2
    screen.resize(3, 60)
    screen.wait(r"^and \d+ more lines; every")
    screen.type(b"xq")
    assert screen.ended() == 0


def test_goes_on_without_a_daemon(lab, watch):
    net = lab(sniff=False)
    screen = watch(net.a, "-n", "0.1")
    screen.wait(r"\ACannot reach the daemon for 0 s\n.*control.sock: No such file")
    start(net)
    screen.wait(r"\AAll is well: 1 MASTER")
    net.a.kill("parentd")
    net.a.restarts = {"parentd": 1}
    screen.wait(r"parentd \(replaced 1 time\)")
    screen.wait(r"\AAll is well: 1 MASTER")
    assert net.a.stop() == 0
    screen.wait(r"\ACannot reach the daemon for \d s\n(.*\n)+What it said before:\nAll is well")
    net.a.restarts = {}
    screen.type(b"\x03")
    assert screen.ended() == 0


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_gives_the_terminal_back(lab, watch, number):
    net = lab(sniff=False)
    screen = watch(net.a)
    screen.wait("Cannot reach")
    screen.process.send_signal(number)
    assert screen.ended() == 0


def test_stopped_and_continued(lab, watch):
    net = lab(sniff=False)
    screen = watch(net.a)
    screen.wait("Cannot reach")
    screen.process.send_signal(signal.SIGTSTP)
    wait_for(lambda: os.waitid(os.P_PID, screen.process.pid, os.WSTOPPED | os.WNOHANG | os.WNOWAIT), "it stops")
    screen.feed()
    assert "1049" not in screen.modes and termios.tcgetattr(screen.slave) == screen.before
    screen.process.send_signal(signal.SIGCONT)
    wait_for(lambda: screen.feed() or "1049" in screen.modes, "it goes on")
    screen.type(b"q")
    assert screen.ended() == 0


def test_a_daemon_that_does_not_answer(lab, watch):
    """Keys are heard all the same."""
    net = lab(sniff=False)
    start(net)
    screen = watch(net.a, "-n", "0.2")
    screen.wait("All is well")
    stopped = net.a.pid("parentd")
    launcher = net.a.pid("holdfast")
    os.kill(launcher, signal.SIGSTOP)  # it would replace parentd
    os.kill(stopped, signal.SIGSTOP)
    try:
        screen.wait("Cannot reach .*\n(.*\n)?.*does not answer")
        began = time.monotonic()
        screen.type(b"q")
        assert screen.ended() == 0 and time.monotonic() - began < 8
    finally:
        os.kill(stopped, signal.SIGCONT)
        os.kill(launcher, signal.SIGCONT)


def test_needs_a_terminal(lab):
    net = lab(sniff=False)
    done = subprocess.run([str(BUILD / "holdfastctl"), "--runtime-dir", str(net.a.run_dir), "watch"], text=True,
                          stdin=subprocess.DEVNULL, capture_output=True, timeout=10)
    assert done.returncode == 2 and "terminal" in done.stderr and done.stdout == ""
