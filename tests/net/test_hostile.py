"""Servers that lie, stall and pour: their checks fail, and nothing else notices."""

import pathlib
import subprocess
import sys

import hostile
import pytest
from conf import block
from harness import wait_for

SERVER = "10.77.0.100"
PERIOD = 0.3
TIMEOUT = 0.5
URL = block("url", "path /")
HTTP = block("HTTP_GET", URL)

# port, its check, and what is said of it
BAD = [
    (hostile.SILENT, HTTP, "no answer for"),
    (hostile.DRIP, HTTP, "the head of the reply did not end within"),
    (hostile.RESET, HTTP, "connection reset"),
    (hostile.HEADERS, HTTP, "a head of more than"),
    (hostile.CHUNKED, HTTP, "the reply did not end within"),
    (hostile.PLAIN, block("SSL_GET", URL), "TLS handshake failed: wrong version number"),
    (hostile.EARLY, HTTP, "closed the connection within the head"),
    (hostile.LINE, block("SMTP_CHECK"), "a line without an end"),
    (hostile.DNS, block("DNS_CHECK"), "but [0-9]+ datagrams of other content"),
]


class Servers:
    """hostile.py at the client."""

    def __init__(self, net):
        self.process = subprocess.Popen(
            ["ip", "netns", "exec", net.client.ns, sys.executable, "-B", hostile.__file__, SERVER],
            stdout=subprocess.PIPE, text=True)
        assert self.process.stdout.readline() == "ready\n"

    def healthy_asked(self, count):
        """When the healthy one was asked for the next so many times."""
        return [float(self.process.stdout.readline()) for _ in range(count)]

    def close(self):
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()


@pytest.fixture
def servers():
    made = []
    yield lambda net: made.append(Servers(net)) or made[-1]
    for one in made:
        one.close()


def configuration():
    reals = [block(f"real_server {SERVER} {port}", check) for port, check, _ in [(hostile.HEALTHY, HTTP, "")] + BAD]
    return block("virtual_server 10.77.0.50 80", f"delay_loop {PERIOD}", "retry 1", "delay_before_retry 0.1", "warmup 0",
                 f"connect_timeout {TIMEOUT}", "lb_algo rr", "lb_kind NAT", "protocol TCP", *reals)


def kept_kb(pid):
    """What a process may keep that frees all it is sent: the sanitizer keeps 256 MB of what was freed."""
    sanitized = "libasan" in pathlib.Path(f"/proc/{pid}/maps").read_text()
    return 8192 + sanitized * (256 << 10)


def memory_kb(pid):
    lines = pathlib.Path(f"/proc/{pid}/status").read_text().splitlines()
    return int(next(line for line in lines if line.startswith("VmRSS:")).split()[1])


def by_port(node):
    return {real["port"]: real for real in node.status()["virtual_servers"][0]["real_servers"]}


def alive(status):
    return [real["alive"] for one in status["virtual_servers"] for real in one["real_servers"]]


def test_hostile_servers(lab, servers):
    net = lab(sniff=False)
    running = servers(net)
    net.a.start(configuration())
    wait_for(lambda: net.a.shows(alive) == [True] + [False] * len(BAD), "what is hostile is down, and nothing else",
             timeout=20)
    for port, _, reason in BAD:
        assert net.a.logged(rf"{SERVER}]:tcp:{port}.*({reason})"), f"{port}: {by_port(net.a)[port]}"
    checkerd = net.a.pid("checkerd")
    before = memory_kb(checkerd)
    running.healthy_asked(1)
    asked = running.healthy_asked(20)
    gaps = [later - earlier for earlier, later in zip(asked, asked[1:])]
    assert max(gaps) < 3 * PERIOD, f"the healthy server was asked late: {gaps}"
    assert memory_kb(checkerd) < before + kept_kb(checkerd), "checkerd keeps what it is sent"
    assert by_port(net.a)[hostile.HEALTHY]["alive"] and net.a.pid("checkerd") == checkerd
