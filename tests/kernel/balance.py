"""Two directors between a client and three real servers, and traffic.

       client          a       b        s1  s2  s3      one network namespace each
       |    |          |       |         |   |   |
    ---+----|----------+-------+---------|---|---|---   "br0":  10.77.0.0/24, fd77::/64
            |          |       |         |   |   |
    --------+----------+-------+---------+---+---+---   "back": 10.78.0.0/24, fd78::/64

NAT is used from br0: the real servers answer through the director's address on the back (GATEWAY). DR and
TUN are used from the back, where they answer the client by themselves: DIRECT is on their loopback.
The real servers and the client are threads of the test, with sockets in those namespaces. That the
laboratory is right shows HOLDFAST_TEST_KIND=keepalived, which makes keepalived the directors.
"""

import asyncio
import collections
import functools
import os
import pathlib
import re
import select
import socket
import subprocess
import threading
import time

import harness
import netns
from conf import FAST, block, instance

VIP, VIP6 = "10.77.0.50", "fd77::50"
MORE = tuple(f"10.77.0.{n}" for n in range(60, 64))  # for groups and marks
MARKED6 = "fd77::60"
DIRECT, DIRECT6 = "10.78.0.50", "fd78::50"
GATEWAY, GATEWAY6 = "10.78.0.254", "fd78::254"
CLIENT, OTHER = "10.77.0.100", "10.77.0.101"  # both are the client's

NAMES = ("s1", "s2", "s3")
REALS = {f"s{n}": f"10.78.0.1{n}" for n in (1, 2, 3)}
REALS6 = {f"s{n}": f"fd78::1{n}" for n in (1, 2, 3)}
WEIGHTS = {"s1": 3, "s2": 2, "s3": 1}
GUE_PORT = 6080

# The fallback devices take what no configured tunnel is for; that of IPv6 takes nothing, so it gets a tunnel.
TUNNELS = ("tunl0", "sit0", "gre0", "ip6gre0", "tun6")

# The kernel's one processor is shared by the two directors, the servers, the client and the test.
wait_for = functools.partial(harness.wait_for, timeout=30)
PATIENCE_S = 3  # of a client, for each step: a request that takes longer has failed


def director(**more):
    """The instance that all addresses of IPv4 belong to."""
    return instance(vips=(f"{VIP}/24", *(f"{address}/24" for address in MORE), f"{GATEWAY}/24 dev eth1",
                          f"{DIRECT}/24 dev eth1"), **FAST, **more)


def virtual(key, *lines, kind="NAT", scheduler="wrr", protocol="TCP"):
    return block(f"virtual_server {key}", "delay_loop 0.2", "warmup 0", f"lb_algo {scheduler}", f"lb_kind {kind}",
                 f"protocol {protocol}", *lines)


def fwmark(node, mark, ifname, protocol, *match):
    """Marks what comes in on an interface, by what tc's u32 classifier looks for; its protocol is "ip" or "ipv6"."""
    subprocess.run(["tc", "-n", node.ns, "filter", "add", "dev", ifname, "parent", "ffff:", "protocol", protocol,
                    "prio", str(mark), "u32", *match, "action", "skbedit", "mark", str(mark)], check=True)


def reals(port=80, *, among=None, weighing=None, lines=(), check=True):
    """The real servers, each with its weight: those above unless others are given."""
    among, weighing = among or REALS, weighing or WEIGHTS
    checker = [block("TCP_CHECK", "connect_port 80", "retry 0")] if check else []
    return [block(f"real_server {among[name]} {port}", f"weight {weight}", *lines, *checker)
            for name, weight in weighing.items()]


class Farm(threading.Thread):
    """All real servers, in one thread. They speak HTTP on TCP and SCTP, answer any datagram, and say their name."""

    def __init__(self):
        super().__init__(daemon=True)
        self.loop = asyncio.new_event_loop()
        self.listening = collections.defaultdict(list)  # name -> what can be closed
        self.connections = collections.defaultdict(set)  # name -> writers

    def run(self):
        self.loop.run_forever()

    def do(self, coroutine):
        return asyncio.run_coroutine_threadsafe(coroutine, self.loop).result(10)

    def open(self, name, *sockets):
        self.do(self._open(name, sockets))

    def close(self, name, cut=True):
        """Accepts no more; established connections are cut or kept."""
        self.do(self._close(name, cut))

    def end(self):
        for name in list(self.listening):
            self.close(name)
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.join()

    async def _open(self, name, sockets):
        for sock in sockets:
            if sock.type == socket.SOCK_DGRAM:
                made, _ = await self.loop.create_datagram_endpoint(lambda: Datagrams(name), sock=sock)
            else:
                made = await asyncio.start_server(lambda r, w: self._serve(name, r, w), sock=sock)
            self.listening[name].append(made)

    async def _close(self, name, cut):
        for one in self.listening.pop(name, []):
            one.close()
        if cut:
            for writer in list(self.connections[name]):
                writer.transport.abort()

    async def _serve(self, name, reader, writer):
        self.connections[name].add(writer)
        try:
            while True:
                await reader.readuntil(b"\r\n\r\n")
                writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(name), name.encode()))
        except (asyncio.IncompleteReadError, ConnectionError, OSError):
            pass  # the other side has closed
        finally:
            self.connections[name].discard(writer)
            writer.close()


class Datagrams(asyncio.DatagramProtocol):
    def __init__(self, name):
        self.name = name

    def connection_made(self, transport):
        self.transport = transport

    def datagram_received(self, data, address):
        self.transport.sendto(self.name.encode(), address)


class Connection:
    """Of the client to a service; made and used in any thread, in the client's namespace."""

    def __init__(self, host, address, port=80, source=None, protocol=socket.IPPROTO_TCP):
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        self.socket = netns.socket_inside(host.ns, family, socket.SOCK_STREAM, protocol)
        self.socket.settimeout(PATIENCE_S)
        try:
            if source:
                self.socket.bind((source, 0))
            self.socket.connect((address, port))
        except OSError:
            self.socket.close()
            raise

    def ask(self):
        """One request; the name of the server that answered."""
        self.send()
        return self.receive()

    def send(self):
        self.socket.sendall(b"GET / HTTP/1.1\r\nHost: holdfast\r\n\r\n")

    def answers_within(self, seconds):
        return bool(select.select([self.socket], [], [], seconds)[0])

    def receive(self):
        answer = b""
        while True:
            part = self.socket.recv(4096)
            if not part:
                raise ConnectionError("closed by the server")
            answer += part
            head, blank, body = answer.partition(b"\r\n\r\n")
            if blank and len(body) == int(re.search(rb"Content-Length: (\d+)", head).group(1)):
                return body.decode()

    def close(self):
        self.socket.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


class Load(threading.Thread):
    """Asks again and again, each time on a new connection, until stopped; notes who answered, and what failed."""

    def __init__(self, host, address, port=80):
        super().__init__(daemon=True)
        self.where = host, address, port
        self.answers, self.failures = [], []
        self.stopping = threading.Event()
        self.start()

    def run(self):
        while not self.stopping.wait(0.005):  # leaves some of the one processor to the others
            began = time.monotonic()
            try:
                with Connection(*self.where) as connection:
                    self.answers.append(connection.ask())
            except OSError as error:
                self.failures.append(f"after {time.monotonic() - began:.3f} s: {error!r}")

    def wait_more(self, count=20):
        """Until so many further requests were answered."""
        before = len(self.answers)
        wait_for(lambda: len(self.answers) >= before + count, f"{count} further answers; {self.failures}")
        return self.answers[before:]

    def stop(self):
        self.stopping.set()
        self.join()
        assert self.answers
        return self.failures


class Balance(harness.Lab):
    """The lab with real servers in it. self.a and self.b are to be the directors."""

    def __init__(self):
        load_modules()
        super().__init__(client=f"{CLIENT}/24", sniff=False)
        self.farm = Farm()
        self.farm.start()
        self.loads = []
        self.servers = {}
        for number, node in enumerate(self.nodes, 1):
            self.make_director(node, number)
        self.client.add_link("eth1", "10.78.0.100/24", bridge="back")
        netns.ip(ns=self.client.ns, batch=[
            f"address add {OTHER}/24 dev eth0", "address add fd77::100/64 dev eth0 nodad",
            "address add fd77::101/64 dev eth0 nodad", "address add fd78::100/64 dev eth1 nodad"])
        for name in NAMES:
            self.servers[name] = self.make_real(name)
            self.up(name)

    def make_director(self, node, number):
        node.add_link("eth1", f"10.78.0.{number}/24", bridge="back")
        netns.ip(ns=node.ns, batch=[f"address add fd77::{number}/64 dev eth0 nodad",
                                    f"address add fd78::{number}/64 dev eth1 nodad"])
        sysctl(node, {"ipv4/ip_forward": 1, "ipv6/conf/all/forwarding": 1, "ipv4/conf/all/send_redirects": 0,
                      "ipv4/conf/eth0/send_redirects": 0, "ipv4/conf/eth1/send_redirects": 0})

    def make_real(self, name):
        host = harness.Host(self, name)
        host.add_link("eth0", f"{REALS[name]}/24", bridge="back")
        # A real server must not answer who asks for the address that the directors have.
        sysctl(host, {"ipv4/conf/all/arp_ignore": 1, "ipv4/conf/all/arp_announce": 2, "ipv4/conf/all/rp_filter": 0,
                      "ipv4/conf/default/rp_filter": 0, "ipv4/conf/eth0/rp_filter": 0})
        netns.ip(ns=host.ns, batch=[
            f"address add {REALS6[name]}/64 dev eth0 nodad", f"address add {DIRECT}/32 dev lo",
            f"address add {DIRECT6}/128 dev lo", f"route add default via {GATEWAY}",
            f"route add default via {GATEWAY6}", f"fou add port {GUE_PORT} gue",
            f"fou add port {GUE_PORT} gue -6",
            f"link add tun6 type ip6tnl mode any local {REALS6[name]}",
            *(f"link set {tunnel} up" for tunnel in TUNNELS)])
        sysctl(host, {f"ipv4/conf/{tunnel}/rp_filter": 0 for tunnel in TUNNELS})
        return host

    def up(self, name, ports=(80,)):
        """The real server answers from now on."""
        own = (REALS[name], REALS6[name], DIRECT, DIRECT6)
        self.farm.open(name, *netns.call_inside(self.servers[name].ns, lambda: [
            *(listener("::", port, socket.SOCK_STREAM) for port in ports),
            *(listener(address, 80, socket.SOCK_DGRAM) for address in own),  # answers have the address asked for
            listener("::", 80, socket.SOCK_STREAM, socket.IPPROTO_SCTP)]))

    def down(self, name, cut=True):
        self.farm.close(name, cut)

    def serve_ipv6(self, node):
        """The addresses of IPv6, for good: VRRP does not set them."""
        netns.ip(ns=node.ns, batch=[
            *(f"address add {address}/64 dev eth0 nodad" for address in (VIP6, MARKED6)),
            f"address add {GATEWAY6}/64 dev eth1 nodad",
            # Must not become the source of tunnels: it is the real servers' own address.
            f"address add {DIRECT6}/128 dev eth1 nodad preferred_lft 0"])

    def connect(self, address, port=80, source=None, protocol=socket.IPPROTO_TCP):
        return Connection(self.client, address, port, source, protocol)

    def ask(self, address, port=80, count=1, source=None, protocol=socket.IPPROTO_TCP):
        """So many requests, a connection each; how many each real server answered."""
        found = collections.Counter()
        for _ in range(count):
            with self.connect(address, port, source, protocol) as connection:
                found[connection.ask()] += 1
        return dict(found)

    def load(self, address, port=80):
        self.loads.append(Load(self.client, address, port))
        return self.loads[-1]

    def wait_master(self, node, *addresses, timeout=30.0, alone=True):
        super().wait_master(node, *addresses, timeout=timeout, alone=alone)

    def tidy(self, failed):
        """After a test: no daemon runs, the kernel's tables are empty, and all real servers are up."""
        for load in self.loads:
            load.stopping.set()
            load.join()
        self.loads = []
        if failed:
            self.show_logs()
        problems = self.stop_daemons()
        for node in self.nodes:
            if not failed and not problems:
                assert table(node) == {}, f"{node.name} left services behind"
            ipvsadm(node, "-C")
            node.log_path.unlink(missing_ok=True)
            node.restarts = {}
            node.rejoin()
        for name in NAMES:
            self.down(name)
            self.up(name)
        if problems and not failed:
            raise problems[0]

    def remove(self):
        if not self.closed:
            for load in self.loads:
                load.stopping.set()
                load.join()
            self.farm.end()
        super().remove()


def load_modules():
    for module in ("ip_vs", "ipip", "sit", "ip6_tunnel", "ip_gre", "ip6_gre", "fou", "fou6", "sctp"):
        subprocess.run([os.environ["MODPROBE"], module], check=True)


def sysctl(host, values):
    def write():
        for name, value in values.items():
            pathlib.Path("/proc/sys/net", name).write_text(f"{value}\n")
    netns.call_inside(host.ns, write)


def listener(address, port, kind, protocol=0):
    """On "::" it is for IPv4 as well."""
    sock = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, kind, protocol)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if address == "::":
        sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
    sock.bind((address, port))
    if kind == socket.SOCK_STREAM:
        sock.listen(64)
    return sock


def ipvsadm(node, *arguments):
    done = subprocess.run(["ip", "netns", "exec", node.ns, "ipvsadm", *arguments], capture_output=True, text=True)
    assert done.returncode == 0, f"ipvsadm {arguments}: {done.stderr}"
    return done.stdout


def table(node):
    """What the kernel has, as ipvsadm shows it: "TCP 10.77.0.50:80" -> (the rest of the line, {real server: row})."""
    found, reals_of = {}, None
    for line in ipvsadm(node, "-Ln").splitlines()[3:]:
        words = line.split()
        if words[0] == "->":
            reals_of[words[1]] = words[2:]
        else:
            reals_of = {}
            found[" ".join(words[:2])] = " ".join(words[2:]), reals_of
    return found


def weights(node, key):
    """The real servers of a service and their weights; empty without the service."""
    _, rows = table(node).get(key, ("", {}))
    return {address.rpartition(":")[0]: int(row[1]) for address, row in rows.items()}
