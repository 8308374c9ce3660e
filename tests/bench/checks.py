"""What health checks cost: thousands of them against listeners on loopback, and vrrp_scripts beside keepalived's.

keepalived's checkers need a kernel with IPVS, so the network checks are Holdfast's alone.
"""

import pathlib
import re
import resource
import selectors
import socket
import statistics
import threading
import time

import netns
from conf import block, instance

PER_SERVICE = 100


def address(number):
    """A loopback address of its own for every real server."""
    return f"127.1.{number // 250}.{number % 250 + 1}"


def allow_descriptors(count):
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, count), max(hard, count)))


class Listeners:
    """One socket for each real server. Those of a sample are accepted from, and note when; of the others the
    kernel keeps what fits into their queue, and that is enough for a short time."""

    def __init__(self, ns, count, answer=None, sample=100):
        allow_descriptors(count + 1000)
        self.answer, self.ended = answer, False
        self.sockets = netns.call_inside(ns, lambda: [self.make(number) for number in range(count)])
        self.seen = {}
        step = 1 if answer else max(1, count // sample)
        self.selector = selectors.DefaultSelector()
        for number in range(0, count, step):
            self.selector.register(self.sockets[number], selectors.EVENT_READ, number)
            self.seen[number] = []
        self.thread = threading.Thread(target=self.serve, daemon=True)
        self.thread.start()

    @staticmethod
    def make(number):
        made = socket.socket()
        made.bind((address(number), 80))
        made.listen(64)
        made.setblocking(False)
        return made

    def serve(self):
        while not self.ended:
            for key, _ in self.selector.select(0.2):
                now = time.monotonic()
                connection, _ = key.fileobj.accept()
                self.seen[key.data].append(now)
                connection.close()

    def lateness_ms(self, interval=1.0):
        """How much later than its own best turn every check came, in order."""
        late = []
        for times in self.seen.values():
            offsets = [moment - turn * interval for turn, moment in enumerate(times)]
            late += [(offset - min(offsets)) * 1e3 for offset in offsets]
        return sorted(late)

    def forget(self):
        for times in self.seen.values():
            times.clear()

    def close(self):
        self.ended = True
        self.thread.join()
        for made in self.sockets:
            made.close()


def services(count, check):
    """count real servers with one checker each, in virtual servers of PER_SERVICE."""
    text = []
    for first in range(0, count, PER_SERVICE):
        reals = [block(f"real_server {address(number)} 80", check)
                 for number in range(first, min(first + PER_SERVICE, count))]
        text.append(block(f"virtual_server 10.78.{2 if count==100 else 0}.{first // PER_SERVICE + 1} 80", "delay_loop 1", "lb_algo rr",
                          "lb_kind NAT", "protocol TCP", *reals))
    return "".join(text)


def connections(ns):
    """How many this namespace has begun since it was made."""
    text = netns.call_inside(ns, lambda: pathlib.Path("/proc/thread-self/net/snmp").read_text())
    names, values = re.findall(r"^Tcp: (.*)$", text, re.MULTILINE)
    return int(dict(zip(names.split(), values.split()))["ActiveOpens"])
