"""Holdfast and Debian's keepalived side by side: what a failover costs, and what an advertisement costs.

Each measurement runs with two nodes of the same kind in namespaces of their own, first one kind, then
the other, alternating, so that what else the machine does meets both. A process that dies or hangs, and
the upgrade, are in survival.py.
"""

import argparse
import contextlib
import json
import os
import pathlib
import signal
import statistics
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "net"))

import checks  # noqa: E402
import checks_beside  # noqa: E402
import ipvs_beside  # noqa: E402
import netns  # noqa: E402
import survival  # noqa: E402
import vrrp  # noqa: E402
from conf import instance  # noqa: E402
from harness import Lab, wait_for  # noqa: E402
from memory import pss_kb  # noqa: E402

KINDS = ("holdfast", "keepalived")
VIP = "10.77.0.50"
HIGH, LOW = 150, 100


@contextlib.contextmanager
def lab(**more):
    net = Lab(a="10.77.0.1/16", b="10.77.0.2/16", client="10.77.0.100/16", **more)
    try:
        yield net
    except Exception:
        net.show_logs()
        raise
    finally:
        net.remove()


def many(count, priority, advert):
    return "".join(instance(name=f"VI_{n}", vrid=n, vips=(f"10.77.1.{n}/16",), priority=priority, version=3,
                            advert=advert) for n in range(1, count + 1))


def many_addresses(count):
    return [f"10.77.1.{n}" for n in range(1, count + 1)]


# ---- interruption ----

def cut(net, how):
    """Ends the master in one way."""
    if how == "stop":
        net.a.ask_to_stop()
    elif how == "cable":
        net.a.unplug()
    else:
        net.a.isolate()
        net.a.kill()


def interruption(kind, how, advert=0.1):
    """(seconds without an answer, seconds beyond the protocol's own limit) of one failover."""
    with lab() as net:
        for node, priority in ((net.a, HIGH), (net.b, LOW)):
            node.start(instance(priority=priority, version=3, advert=str(advert)), kind=kind)
        net.wait_master(net.a, VIP)
        net.wait_adverts(net.a, 5)
        ping = net.client.ping(VIP, period_ms=1)
        net.wait_adverts(net.a, 2)
        since = time.time()
        cut(net, how)
        net.wait_master(net.b, VIP, alone=False)
        net.wait_adverts(net.b, 3)
        ping.stop()
        start, seconds = max(ping.outages(since - 0.05), key=lambda outage: outage[1])
        if how == "stop":
            release = [p for p in net.sniffer.adverts("a", since=since) if p.priority == 0][0]
            limit, begin = vrrp.skew(LOW, advert, 3), release.time
        else:
            heard = [p for p in net.sniffer.adverts("a") if p.time <= start + 0.005]
            limit, begin = vrrp.master_down(LOW, advert, 3), heard[-1].time
        return seconds, start + seconds - begin - limit


def measure_interruptions(results, runs):
    for how in ("stop", "cable", "dead host"):
        taken = {kind: [] for kind in KINDS}
        for _ in range(runs):
            for kind in KINDS:
                taken[kind].append(interruption(kind, how))
        for kind in KINDS:
            seconds, beyond = zip(*taken[kind])
            results[kind][f"interruption, {how}"] = (statistics.median(seconds) * 1e3, "ms")
            results[kind][f"  {how}: beyond the protocol's limit"] = (
                statistics.median(beyond) * 1e3, "ms")
            results[kind][f"  {how}: worst of {runs} beyond it"] = (max(beyond) * 1e3, "ms")


# ---- cost ----

def cpu_ns(pids):
    """CPU time that the processes have used, all threads, in nanoseconds."""
    total = 0
    for pid in pids:
        for task in os.listdir(f"/proc/{pid}/task"):
            total += int(pathlib.Path(f"/proc/{pid}/task/{task}/schedstat").read_text().split()[0])
    return total


def vrrp_process(node):
    """The process that speaks VRRP: vrrpd, or keepalived's child (its parent is the first)."""
    if node.kind == "holdfast":
        return [node.pid("vrrpd")]
    return [pid for pid in node.pids_of("keepalived") if pid != node.process.pid]


def sent_packets(net, node):
    """Frames that the lan has received from the node."""
    port = node.ports["eth0"][0]
    return netns.ip_json("-s", "link", "show", port, ns=net.ns)[0]["stats64"]["rx"]["packets"]


def start_many(net, kind, count, advert, settle=20.0):
    """Two nodes with count instances each; returns whether they settled: all addresses on a, none on b."""
    net.a.start(many(count, HIGH, advert), kind=kind)
    addresses = set(many_addresses(count))
    # Both at once is a fight of its own, which keepalived 2.2.7 with 255 instances does not end.
    wait_for(lambda: addresses <= {address["local"] for address in net.a.addresses()}, "master of all", settle,
             interval=0.1)
    net.b.start(many(count, LOW, advert), kind=kind)

    def settled():
        on_a = {address["local"] for address in net.a.addresses()}
        on_b = {address["local"] for address in net.b.addresses()}
        return addresses <= on_a and not addresses & on_b
    try:
        wait_for(settled, "settled", settle, interval=0.1)
    except AssertionError:
        return False
    return True


def window(net, processes, seconds):
    """CPU in microseconds per advertisement, for each list of processes, over a time."""
    before = {what: cpu_ns(pids) for what, pids in processes.items()}
    packets = sent_packets(net, net.a)
    wait_elapsed(seconds)
    used = {what: cpu_ns(pids) - before[what] for what, pids in processes.items()}
    packets = sent_packets(net, net.a) - packets
    return {what: ns / 1e3 / packets for what, ns in used.items()}


def cost(kind, count, seconds, rest, advert="0.1"):
    """CPU in microseconds per advertisement: sent, received, sent and received by the whole suite.
    The median of five windows, since what else runs makes single ones dearer."""
    with lab(sniff=False) as net:
        start_many(net, kind, count, advert)
        wait_elapsed(rest)
        processes = {"sent": vrrp_process(net.a), "received": vrrp_process(net.b),
                     "sent, whole suite": netns.pids(net.a.ns), "received, whole suite": netns.pids(net.b.ns)}
        windows = [window(net, processes, seconds / 5) for _ in range(5)]
        return {what: statistics.median(one[what] for one in windows) for what in processes}


def wait_elapsed(seconds):
    """Measuring means letting time pass."""
    deadline = time.monotonic() + seconds
    while (left := deadline - time.monotonic()) > 0:
        time.sleep(left)


def measure_cost(results, counts, seconds, rest=6.5):
    """rest: until the second burst of gratuitous ARP is over."""
    for count in counts:
        for kind in KINDS:
            for what, microseconds in cost(kind, count, seconds, rest).items():
                results[kind][f"CPU per advertisement {what}, {count} × 100 ms"] = (microseconds, "µs")


def memory(kind, count):
    with lab(sniff=False) as net:
        net.a.start(many(count, HIGH, "0.5"), kind=kind)
        net.wait_master(net.a, *many_addresses(count), timeout=30)
        return pss_kb(netns.pids(net.a.ns))


def measure_memory(results, counts):
    for count in counts:
        for kind in KINDS:
            results[kind][f"memory of the suite (PSS), {count} instances"] = (memory(kind, count) / 1024, "MB")


def ready(kind, count):
    """(seconds until every instance has logged its first state, until every owner's address is up)"""
    with lab(sniff=False) as net:
        entered = {"holdfast": "-> BACKUP", "keepalived": "Entering BACKUP STATE"}[kind]
        begin = time.monotonic()
        net.a.start(many(count, LOW, "1"), kind=kind)
        wait_for(lambda: net.a.log().count(entered) >= count, "all are BACKUP", 60, interval=0.002)
        backup = time.monotonic() - begin
        monitor = net.monitor(net.b)
        begin = time.monotonic()
        net.b.start(many(count, 255, "1"), kind=kind)
        wait_for(lambda: len(monitor.seen) >= count, "all addresses up", 60, interval=0.002)
        return backup, time.monotonic() - begin


def measure_ready(results, count, runs):
    for kind in KINDS:
        backup, master = zip(*(ready(kind, count) for _ in range(runs)))
        results[kind][f"start until {count} are BACKUP"] = (statistics.median(backup) * 1e3, "ms")
        results[kind][f"start until {count} owners hold their address"] = (statistics.median(master) * 1e3, "ms")


def transitions(kind, count, advert, seconds):
    """Addresses that were added or removed on either node while nothing happened."""
    with lab(sniff=False) as net:
        start_many(net, kind, count, advert)
        watchers = [net.monitor(node) for node in net.nodes]
        wait_elapsed(seconds)
        return sum(len(watcher.seen) for watcher in watchers)


def measure_transitions(results, count, adverts, seconds):
    for advert in adverts:
        for kind in KINDS:
            name = f"unwanted transitions in {seconds} s, {count} × {float(advert) * 1000:.0f} ms"
            results[kind][name] = (transitions(kind, count, advert, seconds), "")


# ---- output ----

def cell(row):
    """row: (value, unit), and what is aimed at where there is such a thing; value None: it never happens."""
    if row is None:
        return "-"
    value, unit = row[:2]
    if value is None:
        return "never"
    return f"{value:.{0 if unit == '' else 2}f} {unit}".strip()


def show(results):
    names = list(results["holdfast"])
    width = max(len(name) for name in names)
    print(f"\n{'':{width}}   {'Holdfast':>12}   {'keepalived':>12}   {'aim':>6}")
    for name in names:
        ours, theirs = (results[kind].get(name) for kind in KINDS)
        aim = f"{ours[2]} {ours[1]}".strip() if len(ours) > 2 else ""
        print(f"{name:{width}}   {cell(ours):>12}   {cell(theirs):>12}   {aim:>6}".rstrip())


def write_json(results, path):
    data = {kind: {name: dict(zip(("value", "unit", "aim"), row)) for name, row in rows.items()}
            for kind, rows in results.items()}
    pathlib.Path(path).write_text(json.dumps(data, indent=2, ensure_ascii=False) + "\n")
    print(f"\nwritten to {path}")


def smoke(results):
    """A short form of everything; judges shapes and ratios, never a time."""
    measure_interruptions(results, 1)
    measure_cost(results, (20,), 2, rest=1)
    measure_memory(results, (1,))
    measure_ready(results, 20, 1)
    measure_transitions(results, 20, ("0.1",), 2)
    survival.measure(results, lab, (0.1,), {"holdfast": (5, 2), "keepalived": (1, 1)}, patience=3)
    checks_beside.measure(results, lab, cpu_ns, 50, 0, 2)
    ipvs_beside.measure(results, 20, 3, 1, 2)
    ours, theirs = results["holdfast"], results["keepalived"]
    assert ours.keys() == theirs.keys()
    survival.measure_upgrade(results, lab, (0.3,), 1)
    checks.measure(results, sys.modules[__name__], (300, 200), 20, 3)
    show(results)
    survival.judge(results, (0.1,))
    survival.judge_upgrade(results, (0.3,))
    for name, (value, unit, *_) in ours.items():
        assert value is None or value >= 0 or "beyond" in name, name
        if name in theirs and ("CPU" in name or "memory" in name):
            assert 0 < value < 5 * theirs[name][0], f"{name}: {value} against {theirs[name][0]} {unit}"
    assert ours["interruption, stop"][0] < ours["interruption, dead host"][0]
    assert ours["unwanted transitions in 2 s, 20 × 100 ms"][0] == 0


def full(results, arguments):
    parts = {
        "interruption": lambda: measure_interruptions(results, arguments.runs),
        "cost": lambda: measure_cost(results, (100, 255), 10),
        "memory": lambda: measure_memory(results, (1, 255)),
        "ready": lambda: measure_ready(results, 255, 3),
        "transitions": lambda: measure_transitions(results, 255, ("0.1", "0.01"), 30),
        "survival": lambda: survival.measure(results, lab, survival.INTERVALS, {
            "holdfast": (arguments.kills, max(1, arguments.kills // 10)), "keepalived": (arguments.runs, 1)}),
        "checks": lambda: checks.measure(results, sys.modules[__name__], (10000, 2000), 500, 12),
        "checks-beside": lambda: checks_beside.measure(results, lab, cpu_ns, 1000, 300, 10),
        "ipvs": lambda: ipvs_beside.measure(results, 1000, 10, arguments.rounds, 20),
        "upgrade": lambda: survival.measure_upgrade(results, lab, survival.INTERVALS, arguments.runs),
    }
    for name in arguments.parts or parts:
        print(f"measuring: {name}", flush=True)
        parts[name]()
    show(results)


def main():
    parser = argparse.ArgumentParser(prog="tests/bench/run", description=__doc__)
    parser.add_argument("--smoke", action="store_true", help="a quick run of everything that asserts shapes only")
    parser.add_argument("--runs", type=int, default=7,
                        help="failovers of each kind, kills of keepalived, upgrades (default 7)")
    parser.add_argument("--kills", type=int, default=200,
                        help="kills of vrrpd, and ten times as many as it is stopped (default 200)")
    parser.add_argument("--rounds", type=int, default=3, help="of each daemon with many virtual servers (default 3)")
    parser.add_argument("--json", metavar="FILE", help="also write the figures here")
    parser.add_argument("parts", nargs="*", help="interruption, cost, memory, ready, "
                        "transitions, survival, checks, checks-beside, ipvs, upgrade (default: all)")
    arguments = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # so that namespaces are removed
    netns.reap()
    results = {kind: {} for kind in KINDS}
    if arguments.smoke:
        smoke(results)
    else:
        full(results, arguments)
    if arguments.json:
        write_json(results, arguments.json)


if __name__ == "__main__":
    main()
