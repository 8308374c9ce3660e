"""Pings an address every few milliseconds and measures how long it does not answer.

As a program (run inside the client's namespace): pinger.py ADDRESS PERIOD_MS writes "ready" after the
first answer, and on SIGTERM one JSON object {"sent": [...], "answered": {...}} with times of
CLOCK_REALTIME. As a module: class Pinger starts it and judges what it wrote.
"""

import json
import os
import selectors
import signal
import socket
import struct
import subprocess
import sys
import time

SO_TIMESTAMPNS = 35
HEAD = struct.Struct("!BBHHH")


def checksum(data):
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    total = (total & 0xFFFF) + (total >> 16)
    total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def echo_request(identifier, number):
    payload = struct.pack("!Q", number)
    head = HEAD.pack(8, 0, 0, identifier, number & 0xFFFF)
    return HEAD.pack(8, 0, checksum(head + payload), identifier, number & 0xFFFF) + payload


def receive(sock, identifier, answered):
    packet, control, _, _ = sock.recvmsg(256, 64)
    kind, _, _, theirs, _ = HEAD.unpack(packet[20:28])
    if kind != 0 or theirs != identifier or len(packet) < 36:
        return False
    seconds, nanoseconds = struct.unpack("qq", control[0][2][:16])
    answered.setdefault(struct.unpack("!Q", packet[28:36])[0], seconds + nanoseconds / 1e9)
    return True


def ping(address, period):
    sock = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP)
    sock.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
    sock.setblocking(False)
    identifier, sent, answered, done = os.getpid() & 0xFFFF, [], {}, []
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: done.append(True))
    selector = selectors.DefaultSelector()
    selector.register(sock, selectors.EVENT_READ)
    due = time.monotonic()
    while not done:
        now = time.monotonic()
        if now >= due:
            sent.append(time.time())
            try:
                sock.sendto(echo_request(identifier, len(sent) - 1), (address, 0))
            except OSError:
                pass  # unreachable for now: counts as a request without an answer
            due = max(due + period, now)
        for _ in selector.select(max(0, due - time.monotonic())):
            if receive(sock, identifier, answered) and len(answered) == 1:
                print("ready", flush=True)
    print(json.dumps({"sent": sent, "answered": answered}), flush=True)


class Pinger:
    """Pings from a namespace until stop(); wait() returns when the first answer is there."""

    def __init__(self, ns, address, period_ms=3):
        self.process = subprocess.Popen(
            ["ip", "netns", "exec", ns, sys.executable, os.path.abspath(__file__), address, str(period_ms)],
            stdout=subprocess.PIPE, text=True)
        self.sent, self.answered = [], {}
        if self.process.stdout.readline().strip() != "ready":
            raise RuntimeError(f"pinger of {address} ended early")

    def stop(self):
        """Ends it. Then sent is a list of times and answered maps its indices to times."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        out = self.process.communicate(timeout=30)[0]
        result = json.loads(out)
        self.sent = result["sent"]
        self.answered = {int(number): at for number, at in result["answered"].items()}
        return self

    def kill(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.communicate()

    def lost(self, since=0.0, until=float("inf")):
        """Requests without an answer; the last 50 ms do not count, their answers may be on the way."""
        until = min(until, self.sent[-1] - 0.05)
        return sum(1 for n, at in enumerate(self.sent) if since <= at < until and n not in self.answered)

    def outages(self, since=0.0, until=float("inf")):
        """(start, seconds) of every time between a request and the next answer to anything, that is
        longer than an answer ever takes (20 ms) or has a lost request in it. A stall of the pinger
        itself is no outage."""
        found, newest = [], -1
        for number, at in sorted(self.answered.items(), key=lambda item: item[1]):
            if number <= newest:
                continue
            first = newest + 1
            start = self.sent[first]
            lost = any(n not in self.answered for n in range(first, number))
            if since <= start < until and (lost or at - start > 0.02):
                found.append((start, at - start))
            newest = number
        if newest + 1 < len(self.sent) and since <= self.sent[newest + 1] < until:
            open_since = self.sent[newest + 1]
            if self.sent[-1] - open_since > 0.05:  # unanswered to the end
                found.append((open_since, self.sent[-1] - open_since))
        return found

    def longest(self, since=0.0, until=float("inf")):
        """The longest outage in seconds; 0.0 when every request was answered in time."""
        return max((seconds for _, seconds in self.outages(since, until)), default=0.0)


if __name__ == "__main__":
    ping(sys.argv[1], float(sys.argv[2]) / 1000)
