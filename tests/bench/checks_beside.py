#!/usr/bin/python3
"""What a check of a server costs, beside keepalived's, whose checkers need a kernel with IPVS.

On this kernel the servers are listeners of nginx, keepalived is made to believe in IPVS by no_ipvs.c,
and the CPU is the scheduler's account of each daemon's processes. On a kernel of its own
(user-mode-linux, which has IPVS) such an account is not to be had: there it is the CPU of the host's
processes which are that kernel, with its network and the servers in it, which are the same for both.
"""

import argparse
import contextlib
import os
import pathlib
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent / "net"), str(HERE.parent / "kernel")]

import netns  # noqa: E402
import uml  # noqa: E402
from conf import block  # noqa: E402
from harness import Lab, wait_for  # noqa: E402

KINDS = ("holdfast", "keepalived")
FIRST_PORT = 8000
SERVER = "10.77.0.100"
STATUS = 7999

NGINX = """worker_processes 1;
pid {dir}/nginx.pid;
error_log {dir}/error.log;
events {{ worker_connections 8192; }}
http {{
	access_log off;
	client_body_temp_path {dir}/t1; proxy_temp_path {dir}/t2; fastcgi_temp_path {dir}/t3;
	uwsgi_temp_path {dir}/t4; scgi_temp_path {dir}/t5;
	server {{ listen {server}:{first}-{last}; location / {{ return 200 "healthy\\n"; }} }}
	server {{ listen {server}:{status}; location / {{ stub_status; }} }}
}}
"""

CHECKS = {
    "tcp": block("TCP_CHECK", "connect_timeout 3", "warmup 0"),
    "http": block("HTTP_GET", block("url", "path /", "status_code 200"), "connect_timeout 3", "warmup 0"),
}


# ---- servers and daemon ----

def start_servers(net, count):
    path = net.dir / "nginx.conf"
    path.write_text(NGINX.format(dir=net.dir, server=SERVER, first=FIRST_PORT, last=FIRST_PORT + count - 1,
                                 status=STATUS))
    subprocess.run(["ip", "netns", "exec", net.client.ns, "nginx", "-c", path, "-e", net.dir / "error.log"],
                   check=True)


def accepted(net):
    """Connections that the servers have taken."""
    with netns.socket_inside(net.client.ns, 2, 1, 0) as client:
        client.settimeout(10)
        client.connect((SERVER, STATUS))
        client.sendall(b"GET / HTTP/1.0\r\n\r\n")
        text = b""
        while part := client.recv(4096):
            text += part
    return int(text.decode().split("requests")[1].split()[0])


def configuration(check, count):
    servers = [block(f"real_server {SERVER} {FIRST_PORT + n}", CHECKS[check]) for n in range(count)]
    return block("virtual_server 10.77.0.50 80", "delay_loop 1", "lb_algo rr", "lb_kind NAT", "protocol TCP", *servers)


def start(net, kind, check, count):
    """Servers, and a daemon that has checked each a few times."""
    start_servers(net, count)
    net.a.start(configuration(check, count), kind=kind)
    wait_for(lambda: accepted(net) > 3 * count, "every server was checked", timeout=60, interval=1)


# ---- on this kernel ----

@contextlib.contextmanager
def believing_in_ipvs():
    """Preloads no_ipvs.c into keepalived."""
    with tempfile.TemporaryDirectory() as directory:
        library = f"{directory}/no_ipvs.so"
        subprocess.run(["cc", "-shared", "-fPIC", "-o", library, HERE / "no_ipvs.c"], check=True)
        os.environ["LD_PRELOAD"] = library
        try:
            yield
        finally:
            del os.environ["LD_PRELOAD"]


def measure_here(lab, cpu_ns, kind, check, count, seconds):
    """Microseconds of CPU of the daemon's processes per check, and checks per second."""
    with lab(sniff=False) as net, believing_in_ipvs() if kind == "keepalived" else contextlib.nullcontext():
        start(net, kind, check, count)
        pids = netns.pids(net.a.ns)
        checks, used, began = accepted(net), cpu_ns(pids), time.monotonic()
        time.sleep(seconds)  # the window of the measurement
        checks, used, elapsed = accepted(net) - checks, cpu_ns(pids) - used, time.monotonic() - began
        return used / checks / 1e3, checks / elapsed


# ---- on a kernel of its own ----

def guest(kind, check, count, seconds):
    net = Lab(sniff=False)
    try:
        start(net, kind, check, count)
        for mark in ("begin", "end"):
            print(mark, accepted(net), flush=True)
            if mark == "begin":
                time.sleep(seconds)  # the window of the measurement
    except Exception:
        net.show_logs()
        raise
    finally:
        net.remove()


def family(pid):
    """A process and all that come from it."""
    parents = {}
    for entry in pathlib.Path("/proc").glob("[0-9]*"):
        try:
            parents[int(entry.name)] = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
        except OSError:
            pass
    found, new = set(), {pid}
    while new:
        found |= new
        new = {child for child, parent in parents.items() if parent in new} - found
    return found


def cpu_s(pids):
    ticks = 0
    for pid in pids:
        with contextlib.suppress(OSError):  # it has ended meanwhile
            fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
            ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def measure_apart(kind, check, count, seconds):
    """Microseconds of CPU of that whole kernel per check."""
    command = [sys.executable, "-B", str(HERE / "checks_beside.py"), "--guest", kind, check, str(count), str(seconds)]
    machine = uml.Guest(uml.kernel_arguments(command), "512M")
    marks, lines = {}, []
    try:
        for line in machine.lines():
            lines.append(line)
            mark, _, checks = line.partition(" ")
            if mark in ("begin", "end"):
                marks[mark] = (int(checks), cpu_s(family(machine.process.pid)))
    finally:
        machine.kill()
        machine.wait()
    if len(marks) != 2:
        raise RuntimeError(f"{kind} did not get that far:\n" + "\n".join(lines))
    checks, used = (end - begin for begin, end in zip(marks["begin"], marks["end"]))
    return used / checks * 1e6


def measure(results, lab, cpu_ns, count, apart, seconds):
    """count servers a second on this kernel, apart of them on one of its own (0: not at all)."""
    for check, name in (("tcp", "TCP_CHECK"), ("http", "HTTP_GET")):
        for kind in KINDS:
            cost, rate = measure_here(lab, cpu_ns, kind, check, count, seconds)
            results[kind][f"CPU per {name}, {count} servers, delay_loop 1"] = (cost, "µs")
            results[kind][f"  {name}: checks done"] = (rate, "/s")
            if apart:
                results[kind][f"  {name}: own kernel, {apart} servers, CPU of all of it"] = (
                    measure_apart(kind, check, apart, seconds), "µs")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--guest", nargs=4, metavar=("KIND", "CHECK", "COUNT", "SECONDS"), required=True)
    kind, check, count, seconds = parser.parse_args().guest
    guest(kind, check, int(count), float(seconds))


if __name__ == "__main__":
    main()
