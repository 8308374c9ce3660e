"""Rows of the system call tables that only a kernel like this one needs: it reads no clock for a program without
being called, and it has IPVS. The kernel cannot count calls for tests/audit/calls.py, so the suite is traced."""

import json
import re
import subprocess

from conf import FAST, block, instance
from harness import BUILD, wait_for

VIP = "10.77.0.50"
SERVICE = "".join(block(
    f"virtual_server {VIP} {port}", "delay_loop 1", "lb_algo rr", "lb_kind NAT", f"protocol {protocol}",
    block("real_server 10.77.0.100 80", "weight 1", *([check] if check else [])))
    for port, protocol, check in ((80, "TCP", block("TCP_CHECK", "connect_timeout 1")), (81, "SCTP", "")))
CLOCKS = {"clock_gettime", "gettimeofday", "time"}
LINE = re.compile(r"^(\d+) +(\w+)\((.*)", re.M)


def tables():
    done = subprocess.run([str(BUILD / "holdfastctl"), "seccomp", "--tables", "--json"], capture_output=True,
                          text=True, check=True)
    return {process["name"]: process for process in json.loads(done.stdout)["processes"]}


def calls_by_process(trace, names):
    """What each process of these pids called once it had loaded its own filter."""
    entered, called = set(), {name: set() for name in names.values()}
    for pid, call, arguments in LINE.findall(trace):
        if call == "seccomp" and arguments.startswith("SECCOMP_SET_MODE_FILTER") and "NULL" not in arguments:
            entered.add(int(pid))
        elif int(pid) in entered and int(pid) in names:
            called[names[int(pid)]].add(call)
    return called


def test_spare_rows_are_needed_here(lab):
    net = lab(a="10.77.0.1/24")
    node, trace = net.a, net.a.dir / "trace"
    wrapper = node.dir / "traced"
    wrapper.write_text(f"#!/bin/sh\nexec strace -f -qq -o {trace} -e signal=none -e trace="
                       f"seccomp,pread64,{','.join(sorted(CLOCKS))} {node.daemon} \"$@\"\n")
    wrapper.chmod(0o755)
    node.daemon, node.strict = str(wrapper), False
    node.start(instance(priority=150, **FAST) + SERVICE)
    net.wait_master(node, VIP, timeout=60)
    names = wait_for(lambda: (found := {node.pid(name): name for name in ("holdfast", "parentd", "vrrpd", "checkerd",
                                                                          "ipvsd")}) and None not in found and found,
                     "all processes run", 60)
    wanted = {(name, rule["call"]) for name, process in tables().items() for rule in process["rules"]
              if rule["spare"] and rule["call"] in CLOCKS}
    wanted.add(("ipvsd", "pread64"))

    def missing():
        called = calls_by_process(trace.read_text(), names)
        return {(name, call) for name, call in wanted if call not in called[name]}

    try:
        wait_for(lambda: not missing(), "every row is used", 30)
    except AssertionError:
        assert not missing()
    finally:
        node.kill()
