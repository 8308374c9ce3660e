"""The table is judged by Debian's keepalived: given the same file, it must make the same of it.

What is in ipvs_cases.py runs on a node with keepalived and, at the same time, on one with Holdfast, each with an IPVS table
of its own. Both must end with an empty table.
"""

import difflib
import re
import socket
import subprocess
import threading
import time

import netns
import pytest
from harness import Lab, wait_for
from ipvs_cases import ALIVE, ALONE, TOGETHER

KEY = re.compile(r"^(?:-[Aa] )?(?:-t|-u|--sctp-service|-f) (?:10\.(\d+)\.|\[fd77:([0-9a-f]+):|(\d+))")
IPV6_ONLY = 26
TIMEOUTS = ("900", "120", "300")


# ---- many cases in one file ----

def owned(number, text):
    """The text with addresses, marks and a group that no other case has."""
    text = re.sub(r"\b10\.77\.", f"10.{100 + number}.", text)
    text = text.replace("fd77::", f"fd77:{number:x}::")
    text = re.sub(r"(-f|fwmark) (\d+)", lambda m: f"{m[1]} {100 * number + int(m[2])}", text)
    return re.sub(r"(group|virtual_server_group) G\b", rf"\1 G{number}", text)


def owner(line):
    """The number of the case that a line of the table belongs to."""
    ipv4, ipv6, mark = KEY.match(line).groups()
    return int(ipv4) - 100 if ipv4 else int(ipv6, 16) if ipv6 else int(mark) // 100


def as_written(number, line):
    """The line with the addresses and marks of the case as they are in ipvs_cases.py."""
    line = line.replace(f"10.{100 + number}.", "10.77.").replace(f"fd77:{number:x}::", "fd77::")
    return re.sub(r"-f (\d+)", lambda m: f"-f {int(m[1]) - 100 * number}", line)


# ---- the table ----

def ipvsadm(node, *arguments):
    done = subprocess.run(["ip", "netns", "exec", node.ns, "ipvsadm", *arguments], capture_output=True, text=True)
    assert done.returncode == 0, f"ipvsadm {arguments}: {done.stderr}"
    return done.stdout


def thresholds(node):
    """Lines like those of `ipvsadm -S`, which leaves them out."""
    lines, service = [], None
    for words in (line.split() for line in ipvsadm(node, "-Ln", "--thresholds").splitlines()[3:]):
        if words[0] != "->":
            service = {"TCP": "-t", "UDP": "-u", "SCTP": "--sctp-service", "FWM": "-f"}[words[0]] + " " + words[1]
        elif words[2:4] != ["0", "0"]:
            lines.append(f"{service} -r {words[1]} thresholds {words[2]} {words[3]}")
    return lines


def table(node):
    return sorted(ipvsadm(node, "-Sn").splitlines() + thresholds(node))


def parts(node):
    """number -> what the table has of that case."""
    found = {}
    for line in table(node):
        found.setdefault(owner(line), []).append(line)
    return {number: [as_written(number, line) for line in lines] for number, lines in found.items()}


def reached(case, lines):
    """What the checks do to keepalived's table is done."""
    text = "\n".join(lines)
    return all(part in text for part in case.table) and not any(part in text for part in case.absent)


# ---- running ----

def prepare(node, case):
    for name, text in {**case.scripts, **case.files}.items():
        path = node.dir / name
        path.write_text(text)
        path.chmod(0o755 if name in case.scripts else 0o644)


def listen(node, port):
    """Takes connections for as long as the tests run."""
    made = netns.socket_inside(node.ns, socket.AF_INET6, socket.SOCK_STREAM, 0)
    made.setsockopt(socket.IPPROTO_IPV6, IPV6_ONLY, 0)
    made.bind(("::", port))
    made.listen(100)

    def take():
        while True:
            made.accept()[0].close()
    threading.Thread(target=take, daemon=True).start()


class Pair:
    """keepalived on a, Holdfast on b."""

    def __init__(self):
        self.net = Lab(sniff=False)
        self.judge, self.ours = self.net.a, self.net.b
        for node in self.net.nodes:
            listen(node, ALIVE)
            node.isolate()  # they are no pair

    def start(self, conf, arguments):
        for node, kind in ((self.judge, "keepalived"), (self.ours, "holdfast")):
            node.log_path.unlink(missing_ok=True)
            node.start(conf.replace("{dir}", str(node.dir)), kind=kind, arguments=arguments)
        wait_for(lambda: "Startup complete" in self.judge.log(), "keepalived has started", 30)
        wait_for(lambda: self.ours.process.poll() is not None or self.ours.logged("configuration 1 is in force"),
                 "Holdfast has started", 30)
        assert self.ours.process.poll() is None, self.ours.log()

    def stop(self):
        """Holdfast must leave nothing; keepalived now and then does not end in its own time, and is killed."""
        self.judge.kill()
        ipvsadm(self.judge, "-C")
        for role in ("master", "backup"):
            if f"{role} sync" in ipvsadm(self.judge, "-Ln", "--daemon"):
                ipvsadm(self.judge, "--stop-daemon", role)
        self.ours.verify()
        assert self.ours.stop() == 0 and table(self.ours) == []
        for node in self.net.nodes:
            ipvsadm(node, "--set", *TIMEOUTS)

    def remove(self):
        self.net.remove()


@pytest.fixture(scope="module")
def pair():
    made = Pair()
    yield made
    made.remove()


def agreed(pair, look, wanted):
    """What Holdfast's table has becomes what it has to be."""
    deadline = time.monotonic() + 10
    while (found := look()) != wanted and time.monotonic() < deadline:
        time.sleep(0.1)
    said = [line for line in pair.ours.log().splitlines() if "ipvsd" in line]
    assert found == wanted, "\n".join(["lines that are missing (-) or too many (+):", *(
        line for line in difflib.ndiff(wanted, found) if line[0] in "+-"), *said[-20:]])


@pytest.mark.parametrize("name", list(ALONE))
def test_same_table_alone(pair, name):
    def look(node):
        return table(node) + [ipvsadm(node, "-Ln", what).strip() for what in ("--timeout", "--daemon")]
    case = ALONE[name]
    pair.start(case.conf, case.arguments)
    try:
        wait_for(lambda: all(part in "\n".join(look(pair.judge)) for part in case.table), "keepalived has done all", 60)
        agreed(pair, lambda: look(pair.ours), look(pair.judge))
    finally:
        pair.stop()
    assert ipvsadm(pair.ours, "-Ln", "--daemon").strip() == ""


@pytest.fixture(scope="module")
def together(pair):
    """What keepalived makes of the cases of TOGETHER; the daemons run until the last test of them."""
    for node in pair.net.nodes:
        for case in TOGETHER.values():
            prepare(node, case)
    pair.start("".join(owned(n, case.conf) for n, case in enumerate(TOGETHER.values(), 1)), ("-C",))

    def settled():
        found = parts(pair.judge)
        return found if all(reached(case, found.get(n, [])) for n, case in enumerate(TOGETHER.values(), 1)) else None
    try:
        yield wait_for(settled, "keepalived has done all", 60, interval=0.3)
    except AssertionError:
        pair.net.show_logs()
        raise
    finally:
        pair.stop()


@pytest.mark.parametrize("number", range(1, len(TOGETHER) + 1), ids=list(TOGETHER))
def test_same_table(pair, together, number):
    case = list(TOGETHER.values())[number - 1]
    wanted = sorted(case.holdfast) if case.differs else together.get(number, [])
    agreed(pair, lambda: parts(pair.ours).get(number, []), wanted)
