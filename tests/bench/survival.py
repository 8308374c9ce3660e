"""What it costs that a process dies, hangs, or is replaced by an upgrade.

Times run from just before the signal (CLOCK_REALTIME) to the kernel's timestamp of the next
advertisement on the lan. Every signal is sent at a random moment between two advertisements.
"""

import math
import os
import random
import signal
import statistics
import time

import netns
from conf import instance
from harness import wait_for

VIP = "10.77.0.50"
HIGH, LOW = 150, 100
PING_MS = 2
LIFE = 1.1  # seconds that a process lives before it is killed: no crash loop
INTERVALS = (1.0, 0.1)
MEDIAN_MS, WORST_MS = 15, 100  # what Holdfast is to reach


def elapse(seconds):
    """Lets time pass; the moment of a fault is not to depend on anything."""
    deadline = time.monotonic() + seconds
    while (left := deadline - time.monotonic()) > 0:
        time.sleep(left)


def vrrp_process(node):
    """The process that speaks VRRP: vrrpd, or keepalived's child (its parent is the first); None while
    there is none."""
    if node.kind == "holdfast":
        return node.pid("vrrpd")
    return next((pid for pid in node.pids_of("keepalived") if pid != node.process.pid), None)


class Pair:
    """Two nodes of one kind, a the master, and a client that pings."""

    def __init__(self, net, kind, interval):
        self.net, self.kind, self.interval = net, kind, interval
        self.chance = random.Random(f"{kind} {interval}")
        for node, priority in ((net.a, HIGH), (net.b, LOW)):
            node.start(instance(priority=priority, version=3, advert=f"{interval:g}"), kind=kind)
        net.wait_master(net.a, VIP, timeout=30)
        net.wait_adverts(net.a, 3)
        self.ping = net.client.ping(VIP, PING_MS)
        self.began = time.time()
        self.born = time.monotonic()

    def adverts(self, since):
        """Advertisements of whoever is master."""
        return [packet for packet in self.net.sniffer.adverts(since=since) if packet.priority > 0]

    def changes(self, since):
        """How often another node went on to advertise than the one before."""
        speakers = ["a"] + [packet.node for packet in self.adverts(since)]
        return sum(1 for before, after in zip(speakers, speakers[1:]) if before != after)

    def signal(self, number):
        """Returns (pid, when) of a signal to the process that speaks VRRP on a."""
        elapse(max(0.0, self.born + LIFE - time.monotonic()) + self.chance.random() * self.interval)
        pid = vrrp_process(self.net.a)
        since = time.time_ns() / 1e9
        os.kill(pid, number)
        return pid, since

    def settle(self, old, since):
        """Until a has a new process, is master alone, and advertises."""
        wait_for(lambda: vrrp_process(self.net.a) not in (None, old), "a new process", 30)
        self.born = time.monotonic()

        def settled():
            latest = self.adverts(since)[-1:]
            return [packet.node for packet in latest] == ["a"] and self.net.holders(VIP) == ["a"]
        wait_for(settled, "a is master again", 60)

    def kill(self):
        """Seconds from a kill -9 to the next advertisement of anybody."""
        old, since = self.signal(signal.SIGKILL)
        first = wait_for(lambda: self.adverts(since), "the next advertisement", 60, interval=0.002)[0]
        self.settle(old, since)
        return first.time - since

    def stop(self, patience):
        """Seconds from a SIGSTOP to the next advertisement of a, and to the first of b; None when there was none
        in so many seconds and as many intervals."""
        old, since = self.signal(signal.SIGSTOP)

        def first(name):
            return next((packet.time - since for packet in self.adverts(since) if packet.node == name), None)
        try:
            wait_for(lambda: first("a") is not None, "a speaks", patience * (1 + self.interval), interval=0.002)
        except AssertionError:
            return None, first("b")
        self.settle(old, since)
        return first("a"), first("b")


# ---- kills ----

def kill_pair(lab, kind, interval, count):
    """(seconds of each kill, pings lost, owner changes)"""
    with lab() as net:
        pair = Pair(net, kind, interval)
        seconds = [pair.kill() for _ in range(count)]
        pair.ping.stop()
        return seconds, pair.ping.lost(pair.began), pair.changes(pair.began)


def measure_kills(rows, lab, kind, interval, count):
    """keepalived waits for 0, 1, 2, 4 … s before it starts a process again: each kill meets one that was not killed
    before."""
    pairs = [count] if kind == "holdfast" else [1] * count
    seconds, lost, changes = zip(*(kill_pair(lab, kind, interval, kills) for kills in pairs))
    seconds = [one for several in seconds for one in several]
    head = f"kill -9, {interval * 1000:.0f} ms"
    rows[f"{head}: to the next advertisement"] = (statistics.median(seconds) * 1e3, "ms", MEDIAN_MS)
    rows["  worst of them, " + head] = (max(seconds) * 1e3, "ms", WORST_MS)
    rows["  pings lost per kill, " + head] = (sum(lost) / count, "pings", 0)
    rows["  owner changes per kill, " + head] = (sum(changes) / count, "changes", 0)
    rows["  kills, " + head] = (count, "")


# ---- stops ----

def measure_stops(rows, pair, count, patience):
    seconds, peer = [], None
    for _ in range(count):
        own, other = pair.stop(patience)
        peer = peer or other
        seconds.append(own)
        if own is None:
            break  # it will not speak again
    pair.ping.stop()
    head = f"SIGSTOP, {pair.interval * 1000:.0f} ms"
    heard = None not in seconds
    rows[f"{head}: to the node's next advertisement"] = (statistics.median(seconds) * 1e3 if heard else None, "ms")
    rows["  worst of them, " + head] = (max(seconds) * 1e3 if heard else None, "ms")
    rows["  the other node took over after, " + head] = (peer * 1e3 if peer else None, "ms")
    rows["  owner changes per stop, " + head] = (pair.changes(pair.began) / len(seconds), "changes", 0)
    rows["  stops, " + head] = (len(seconds), "")


def measure(results, lab, intervals, kills, patience=10):
    """kills: kind -> how many kills and how many stops; patience: see Pair.stop()."""
    for interval in intervals:
        for kind, rows in results.items():
            measure_kills(rows, lab, kind, interval, kills[kind][0])
            with lab() as net:
                measure_stops(rows, Pair(net, kind, interval), kills[kind][1], patience)


def judge(results, intervals):
    """What holds on every machine: nobody but Holdfast is measured against the clock, only against the other."""
    for interval in intervals:
        head = f"{interval * 1000:.0f} ms"
        ours, theirs = results["holdfast"], results["keepalived"]
        median = f"kill -9, {head}: to the next advertisement"
        assert ours[f"  owner changes per kill, kill -9, {head}"][0] == 0
        assert ours[f"  owner changes per stop, SIGSTOP, {head}"][0] == 0
        assert ours[median][0] < theirs[median][0]
        assert theirs[f"  pings lost per kill, kill -9, {head}"][0] > ours[f"  pings lost per kill, kill -9, {head}"][0]
        assert theirs[f"SIGSTOP, {head}: to the node's next advertisement"][0] is None


# ---- upgrade ----

def missed(adverts, interval):
    """Advertisements that did not come, told by the gaps between those that did."""
    gaps = (after.time - before.time for before, after in zip(adverts, adverts[1:]))
    return sum(math.ceil(gap / interval - 1.5) for gap in gaps if gap > 1.5 * interval)


def upgrade(pair, count):
    """Seconds of each upgrade of the master's suite to the binaries that run already."""
    taken = []
    for _ in range(count):
        elapse(max(0.0, pair.born + LIFE - time.monotonic()) + pair.chance.random() * pair.interval)
        began = time.monotonic()
        pair.net.a.ctl("upgrade")
        taken.append(time.monotonic() - began)
        pair.born = time.monotonic()
        pair.net.wait_adverts(pair.net.a, 2)
    return taken


def measure_upgrade(results, lab, intervals, count):
    rows = results["holdfast"]
    for interval in intervals:
        with lab() as net:
            pair = Pair(net, "holdfast", interval)
            before = {net.a.pid(name) for name in ("parentd", "vrrpd")}
            taken = upgrade(pair, count)
            pair.ping.stop()
            if before & set(netns.pids(net.a.ns)):
                raise AssertionError("the upgrade left a process as it was")
            head = f"upgrade, {interval * 1000:.0f} ms"
            adverts = net.sniffer.adverts("a", since=pair.began)
            rows[f"{head}: time it takes"] = (statistics.median(taken) * 1e3, "ms")
            rows["  worst of them, " + head] = (max(taken) * 1e3, "ms")
            rows["  advertisements missed, " + head] = (missed(adverts, interval), "", 0)
            rows["  pings lost, " + head] = (pair.ping.lost(pair.began), "", 0)
            rows["  owner changes, " + head] = (pair.changes(pair.began), "", 0)
            rows["  upgrades, " + head] = (count, "")


def judge_upgrade(results, intervals):
    for interval in intervals:
        head = f"upgrade, {interval * 1000:.0f} ms"
        for what in ("advertisements missed", "pings lost", "owner changes"):
            assert results["holdfast"][f"  {what}, {head}"][0] == 0, what
