#!/usr/bin/python3
"""What programming IPVS costs, beside keepalived, on a kernel of its own (user-mode-linux) for both.

There a system call costs some 35 µs, so absolute times are far from those of a real machine; the ratio counts. Times run until
the kernel has it, asked by getsockopt(2), which is one system call, at the lowest priority.
"""

import argparse
import contextlib
import ctypes
import json
import multiprocessing
import os
import pathlib
import socket
import statistics
import struct
import subprocess
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent / "net"), str(HERE.parent / "kernel")]

import netns  # noqa: E402
import uml  # noqa: E402
from conf import block  # noqa: E402
from harness import Lab, wait_for  # noqa: E402
from memory import pss_kb  # noqa: E402

KINDS = ("holdfast", "keepalived")
GET_INFO, GET_DESTS = 1153, 1156  # IP_VS_SO_GET_… of <linux/ip_vs.h>, IPv4 only
RELOADED = {"holdfast": " is in force", "keepalived": "Reload complete"}
STARTED = {"holdfast": "configuration 1 is in force", "keepalived": "Startup complete"}
LIMIT = 120  # seconds for anything


class Table:
    """The IPVS table of a namespace."""

    HEAD, ENTRY = struct.Struct("=Hxx4s2sxxIIxxxx"), 96  # struct ip_vs_get_dests, struct ip_vs_dest_entry

    def __init__(self, ns):
        self.socket = netns.socket_inside(ns, socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW)
        self.libc = ctypes.CDLL(None, use_errno=True)

    def get(self, option, buffer):
        size = ctypes.c_uint(len(buffer))
        if self.libc.getsockopt(self.socket.fileno(), socket.IPPROTO_IP, option, buffer, ctypes.byref(size)) != 0:
            raise OSError(ctypes.get_errno(), "getsockopt of IPVS")
        return buffer.raw[:size.value]

    def services(self):
        return struct.unpack("=III", self.get(GET_INFO, ctypes.create_string_buffer(12)))[2]

    def weights(self, service, servers):
        """address -> weight of the real servers of a service, up to so many; {} when there is no such service."""
        head = self.HEAD.pack(socket.IPPROTO_TCP, socket.inet_aton(service), struct.pack(">H", 80), 0, servers)
        buffer = ctypes.create_string_buffer(head + bytes(servers * self.ENTRY), len(head) + servers * self.ENTRY)
        try:
            found = self.get(GET_DESTS, buffer)[len(head):]
        except ProcessLookupError:  # ESRCH
            return {}
        rows = [struct.unpack_from("=4sHxxIi", found, at) for at in range(0, len(found), self.ENTRY)]
        return {socket.inet_ntoa(address): weight for address, _, _, weight in rows if address != bytes(4)}


# ---- configurations ----

def service(number):
    return f"10.100.{number // 250}.{number % 250 + 1}"


def server(number, place):
    return f"127.{10 + place}.{number // 250}.{number % 250 + 1}"


def many(services, servers, changed=1):
    """So many services with so many servers each, of which one in the middle has another weight."""
    odd = (services // 2, servers // 2)
    return "".join(block(
        f"virtual_server {service(n)} 80", "delay_loop 3600", "lb_algo rr", "lb_kind NAT", "protocol TCP",
        *(block(f"real_server {server(n, m)} 80", f"weight {changed if (n, m) == odd else 1}",
                block("TCP_CHECK", "connect_timeout 3")) for m in range(servers))) for n in range(services))


def judged(address, real, checker):
    """One more service with one server, for verdicts."""
    return block(f"virtual_server {address} 80", "delay_loop 0.2", "retry 1", "delay_before_retry 0", "warmup 0",
                 "inhibit_on_failure", "lb_algo rr", "lb_kind NAT", "protocol TCP",
                 block(f"real_server {real} 80", "weight 1", checker))


FILE = block("FILE_CHECK", "track_file verdict")
HTTP = block("HTTP_GET", block("url", "path /", "status_code 200"), "connect_timeout 3", "connect_ip 127.9.0.1", "connect_port 81")


# ---- in the guest ----

@contextlib.contextmanager
def node(kind):
    """A host with an IPVS table of its own, and listeners for the checks."""
    net = Lab(sniff=False)
    listener = netns.socket_inside(net.a.ns, socket.AF_INET, socket.SOCK_STREAM, 0)
    try:
        listener.bind(("0.0.0.0", 80))
        listener.listen(4096)  # nobody needs to take the connections
        yield net.a, Table(net.a.ns)
    except Exception:
        net.show_logs()
        raise
    finally:
        net.remove()
        listener.close()


def wait_table(table, services, servers):
    """Waits until all is in the kernel."""
    seen = [service(n) for n in {0, services // 3, services // 2, services - 1}]

    def full():
        return table.services() >= services and all(len(table.weights(one, servers)) == servers for one in seen)
    wait_for(full, "the table is complete", LIMIT, interval=0.005)
    wait_for(lambda: all(len(table.weights(service(n), servers)) == servers for n in range(services)), "all of it",
             LIMIT, interval=0.005)


def balancer(node):
    """The process that programs IPVS."""
    if node.kind == "holdfast":
        return [node.pid("ipvsd")]
    return [pid for pid in node.pids_of("keepalived") if pid != node.process.pid]


def reload(one, text, done):
    """Seconds until done(), and until the daemon says that the reload is over."""
    one.configure(text)
    with open(one.log_path) as log:
        log.seek(0, os.SEEK_END)
        said = []
        begin = time.monotonic()
        one.reload()
        wait_for(done, "the kernel has it", LIMIT, interval=0.002)
        kernel = time.monotonic() - begin
        wait_for(lambda: said.append(log.read()) or RELOADED[one.kind] in "".join(said), "the reload is over", LIMIT,
                 interval=0.005)
        return kernel, time.monotonic() - begin


def stop(one, table):
    """Seconds until the table is empty; None when the daemon ends and it is not."""
    begin = time.monotonic()
    one.ask_to_stop()
    while table.services() > 0:
        if one.process.poll() is not None:
            return None
        time.sleep(0.002)
    return time.monotonic() - begin


def settle(one):
    """Waits until the daemon has said that it has started."""
    wait_for(lambda: STARTED[one.kind] in one.log(), "it has started", LIMIT, interval=0.1)
    rest()


def rest():
    """Lets a daemon finish what it does after it has said that it is ready."""
    time.sleep(1)


def scale(kind, services, servers):
    """One daemon from start to stop: what -> seconds or KB."""
    found = {}
    with node(kind) as (one, table):
        one.configure(many(services, servers))
        begin = time.monotonic()
        one.start(kind=kind, arguments=("-C",))
        wait_table(table, services, servers)
        found["start"] = time.monotonic() - begin
        settle(one)
        found["memory"], found["memory of the suite"] = pss_kb(balancer(one)), pss_kb(netns.pids(one.ns))
        _, found["reload, no change"] = reload(one, many(services, servers), lambda: True)
        rest()
        service_changed, changed = service(services // 2), server(services // 2, servers // 2)
        found["reload, one change"], found["reload, one change, all of it"] = reload(
            one, many(services, servers, 7), lambda: table.weights(service_changed, servers).get(changed) == 7)
        rest()
        found["stop"] = stop(one, table)
    return found


class Answers:
    """A web server in the node, which notes when it last answered."""

    def __init__(self, ns):
        self.listener = netns.socket_inside(ns, socket.AF_INET, socket.SOCK_STREAM, 0)
        self.listener.bind(("127.9.0.1", 81))
        self.listener.listen(64)
        self.status, self.when = multiprocessing.Value("i", 200), multiprocessing.Value("d", 0)
        self.process = multiprocessing.Process(target=self.serve, daemon=True)
        self.process.start()

    def serve(self):
        while True:
            connection, _ = self.listener.accept()
            connection.recv(4096)
            self.when.value = time.monotonic()
            connection.sendall(b"HTTP/1.0 %d -\r\nContent-Length: 0\r\n\r\n" % self.status.value)
            connection.close()


def until_weight(table, one, wanted):
    """The moment when the kernel has that weight for the only server of a service: asked all the time, but only
    when nobody else has something to do."""
    deadline = time.monotonic() + LIMIT
    while list(table.weights(one, 1).values()) != [wanted]:
        if time.monotonic() > deadline:
            raise AssertionError(f"no weight {wanted} within {LIMIT} s")
    return time.monotonic()


def verdicts(kind, services, servers, runs):
    """Seconds from news to the kernel's weight, of a file and of a web server, beside so many other services."""
    found = {"file": [], "web": []}
    with node(kind) as (one, table):
        news = one.dir / "verdict"
        news.write_text("0\n")
        answers = Answers(one.ns)
        one.start(block("track_file verdict", f"file {news}", "weight 1") + judged("10.101.0.1", "127.9.0.1", FILE)
                  + judged("10.101.0.2", "127.9.0.2", HTTP) + many(services, servers), kind=kind, arguments=("-C",))
        wait_table(table, services, servers)
        settle(one)
        os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))
        for turn in range(runs):
            begin = time.monotonic()
            news.write_text(f"{turn % 2 * 4 + 1}\n")
            found["file"].append(until_weight(table, "10.101.0.1", turn % 2 * 4 + 2) - begin)
            answers.status.value = 200 if turn % 2 else 500
            moment = until_weight(table, "10.101.0.2", turn % 2)
            found["web"].append(moment - answers.when.value)
        os.sched_setscheduler(0, os.SCHED_OTHER, os.sched_param(0))
        answers.process.kill()
    return found


def guest(services, servers, runs, flips):
    """Prints one line of JSON for each round."""
    subprocess.run(["ipvsadm", "-Ln"], capture_output=True, check=True)  # loads the module
    for _ in range(runs):
        for kind in KINDS:
            print(json.dumps({"kind": kind, "scale": scale(kind, services, servers)}), flush=True)
            for what, many_services in (("alone", 1), ("many", services)):
                print(json.dumps({"kind": kind, what: verdicts(kind, many_services, servers, flips)}), flush=True)


# ---- on the host ----

def rounds(services, servers, runs, flips):
    command = [sys.executable, "-B", str(HERE / "ipvs_beside.py"), "--guest", *map(str, (services, servers, runs, flips))]
    machine = uml.Guest(uml.kernel_arguments(command), "768M")
    lines = []
    try:
        lines += machine.lines()
    finally:
        machine.kill()
        machine.wait()
    if machine.status != 0:
        raise RuntimeError("the measurement failed:\n" + "\n".join(lines + machine.console))
    return [json.loads(line) for line in lines if line.startswith("{")]


NAMES = {
    "start": ("start until all is in the kernel", "s"),
    "reload, no change": ("reload, nothing changed", "s"),
    "reload, one change": ("reload, one weight changed: until the kernel has it", "s"),
    "reload, one change, all of it": ("reload, one weight changed: until it is over", "s"),
    "stop": ("stop until the table is empty", "s"),
    "memory": ("memory of the process that programs IPVS (PSS)", "MB"),
    "memory of the suite": ("memory of the suite (PSS)", "MB"),
}


def measure(results, services, servers, runs, flips):
    found = rounds(services, servers, runs, flips)
    size = f"{services} × {servers}"
    for kind in KINDS:
        rows, mine = results[kind], [one for one in found if one["kind"] == kind]
        for key, (name, unit) in NAMES.items():
            values = [one["scale"][key] for one in mine if "scale" in one]
            value = None if None in values else statistics.median(values) / (1024 if unit == "MB" else 1)
            rows[f"IPVS, {size}: {name}"] = (value, unit)
        for what, beside in (("alone", "alone"), ("many", f"beside {size}")):
            for key, name in (("file", "a file's news"), ("web", "a web server's answer")):
                times = [moment for one in mine if what in one for moment in one[what][key]]
                rows[f"IPVS, {name} to the kernel's weight, {beside}: median"] = (statistics.median(times) * 1e3, "ms")
                rows[f"IPVS, {name} to the kernel's weight, {beside}: worst of {len(times)}"] = (max(times) * 1e3, "ms")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--guest", nargs=4, type=int, metavar=("SERVICES", "SERVERS", "RUNS", "FLIPS"), required=True)
    guest(*parser.parse_args().guest)


if __name__ == "__main__":
    main()
