"""What health checks cost: thousands of them against listeners on loopback, and vrrp_scripts beside keepalived's.

Checkers beside keepalived's are in checks_beside.py.
"""

import os
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
from harness import wait_for

PER_SERVICE = 100
INTERVAL = 1.0
PAGE = b"HTTP/1.0 200 OK\r\nContent-Length: 3\r\n\r\nok\n"
TCP = block("TCP_CHECK", "connect_timeout 2")
HTTP = block("HTTP_GET", "connect_timeout 2", block("url", "path /", "status_code 200"))


def address(number):
    """A loopback address of its own for every real server."""
    return f"127.1.{number // 250}.{number % 250 + 1}"


def allow_descriptors(count):
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, count), max(hard, count)))


class Listeners:
    """One socket for each real server. Those of a sample are accepted from, and note when; of the others the
    kernel keeps what fits into their queue, which is enough for a short time. With an answer all are served."""

    def __init__(self, ns, count, answer=None, sample=100):
        allow_descriptors(count + 1000)
        self.answer, self.ended = answer, False
        self.sockets = netns.call_inside(ns, lambda: [self.make(number) for number in range(count)])
        self.seen = {}
        self.selector = selectors.DefaultSelector()
        for number in range(0, count, 1 if answer else max(1, count // sample)):
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
                if self.answer:  # the request fits into one segment and need not be read
                    connection.send(self.answer)
                    connection.shutdown(socket.SHUT_WR)
                    connection.recv(4096)
                connection.close()

    def lateness_ms(self):
        """How much later than at its own best turn every check came, in order."""
        late = []
        for times in self.seen.values():
            offsets = [moment - turn * INTERVAL for turn, moment in enumerate(times)]
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
        text.append(block(f"virtual_server 10.78.0.{first // PER_SERVICE + 1} 80", f"delay_loop {INTERVAL}",
                          "lb_algo rr", "lb_kind NAT", "protocol TCP", *reals))
    return "".join(text)


def connections(ns):
    """How many this namespace has begun since it was made."""
    text = netns.call_inside(ns, lambda: pathlib.Path("/proc/thread-self/net/snmp").read_text())
    names, values = re.findall(r"^Tcp: (.*)$", text, re.MULTILINE)
    return int(dict(zip(names.split(), values.split()))["ActiveOpens"])


def network(bench, count, check, answer, seconds):
    """(CPU in microseconds per check, lateness p99 in ms, KB per checker, seconds that a reload takes)"""
    with bench.lab(sniff=False) as net:
        listeners = Listeners(net.a.ns, count, answer)
        try:
            net.a.start(services(PER_SERVICE, check), kind="holdfast")
            wait_for(lambda: connections(net.a.ns) >= PER_SERVICE, "the first checks", 10)
            pid = net.a.pid("checkerd")
            few = bench.pss_kb([pid])
            begin = time.monotonic()
            net.a.configure(services(count, check))
            net.a.reload()
            wait_for(lambda: net.a.logged("configuration 2 is in force"), "the reload", 30)
            reload = time.monotonic() - begin
            wait_for(lambda: all(listeners.seen.values()), "every server is checked", 20, interval=0.1)
            listeners.forget()
            cpu, begun = bench.cpu_ns([pid]), connections(net.a.ns)
            bench.wait_elapsed(seconds)
            cpu, begun = bench.cpu_ns([pid]) - cpu, connections(net.a.ns) - begun
            late = listeners.lateness_ms()
            assert begun > 0.5 * count * seconds / INTERVAL, f"{begun} checks of {count} in {seconds} s"
            assert "down" not in net.a.log(), "a server was found down"
            return (cpu / 1e3 / begun, late[len(late) * 99 // 100],
                    max(0, bench.pss_kb([pid]) - few) / (count - PER_SERVICE), reload)
        finally:
            listeners.close()


def scripts_conf(count):
    return "".join(block(f"vrrp_script s{number}", "script /bin/true", "interval 1", "user nobody")
                   for number in range(count)) + instance(
                       priority=100, extra=block("track_script", *(f"s{number} weight 1" for number in range(count))))


def children_cpu_ns(pids):
    """CPU of all children that the processes had and that have ended: scripts."""
    ticks = 0
    for pid in pids:
        fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
        ticks += int(fields[13]) + int(fields[14])  # cutime, cstime
    return ticks * 10 ** 9 // os.sysconf("SC_CLK_TCK")


def lasting(bench, ns):
    """The processes of the namespace that are no scripts: those are gone after a moment."""
    before = set(netns.pids(ns))
    bench.wait_elapsed(1)
    return sorted(before & set(netns.pids(ns)))


def scripts(bench, kind, count, seconds):
    """CPU in microseconds per run of a script: (of the suite itself, with the scripts)"""
    with bench.lab(sniff=False) as net:
        net.a.start(scripts_conf(count), kind=kind)
        net.wait_master(net.a, bench.VIP, timeout=20)
        pids = lasting(bench, net.a.ns)
        own, whole = [], []
        for _ in range(3):
            suite, children = bench.cpu_ns(pids), children_cpu_ns(pids)
            bench.wait_elapsed(seconds / 3)
            runs = count * seconds / 3
            own.append((bench.cpu_ns(pids) - suite) / 1e3 / runs)
            whole.append(own[-1] + (children_cpu_ns(pids) - children) / 1e3 / runs)
        return statistics.median(own), statistics.median(whole)


def measure(results, bench, sizes, script_count, seconds):
    """sizes: how many TCP and how many HTTP checks."""
    for name, count, check, answer in (("TCP", sizes[0], TCP, None), ("HTTP", sizes[1], HTTP, PAGE)):
        cpu, late, memory, reload = network(bench, count, check, answer, seconds)
        rows = results["holdfast"]
        rows[f"{count} {name} checks a second: CPU per check"] = (cpu, "µs")
        rows[f"{count} {name} checks a second: lateness, p99"] = (late, "ms", 50)
        rows[f"{count} {name} checks a second: memory per checker"] = (memory, "KB")
        rows[f"{count} {name} checks a second: reload"] = (reload * 1e3, "ms")
    for kind in results:
        own, whole = scripts(bench, kind, script_count, seconds)
        results[kind][f"{script_count} vrrp_scripts a second: CPU of the suite per run"] = (own, "µs")
        results[kind][f"{script_count} vrrp_scripts a second: CPU per run, with the script"] = (whole, "µs")
