"""Two directors between a client and three real servers, and traffic.

       client          a       b        s1  s2  s3      one network namespace each
       |    |          |       |         |   |   |
    ---+----|----------+-------+---------|---|---|---   "br0":  10.77.0.0/24, fd77::/64
            |          |       |         |   |   |
    --------+----------+-------+---------+---+---+---   "back": 10.78.0.0/24, fd78::/64

NAT is used from br0: the real servers answer through the director's address on the back (GATEWAY). DR and
TUN are used from the back, where they answer the client by themselves: DIRECT is on their loopback.
The real servers and the client are threads of the test (traffic.py). That the laboratory is right shows
HOLDFAST_TEST_KIND=keepalived, which makes keepalived the directors.
"""

import collections
import os
import pathlib
import socket
import subprocess

import harness
import netns
import pytest
import traffic
from conf import block, instance
from traffic import wait_for

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
SERVICE = f"TCP {VIP}:80"  # as table() names that of configuration()
CONFIGURED = {REALS[name]: weight for name, weight in WEIGHTS.items()}
GUE_PORT = 6080

# The fallback devices take what no configured tunnel is for; that of IPv6 takes nothing, so it gets a tunnel.
TUNNELS = ("tunl0", "sit0", "gre0", "ip6gre0", "tun6")



def director(priority=255, advert="3"):
    """The instance that all addresses of IPv4 belong to: with priority 255 it has them without waiting."""
    return instance(vips=(f"{VIP}/24", *(f"{address}/24" for address in MORE), f"{GATEWAY}/24 dev eth1",
                          f"{DIRECT}/24 dev eth1"), version=3, priority=priority, advert=advert)


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


def without(*names):
    """What remains of the service."""
    return {address: weight for address, weight in CONFIGURED.items() if address not in [REALS[n] for n in names]}


def configuration(*lines, head=None, **more):
    """A director's, with one service."""
    return (head or director()) + virtual(f"{VIP} 80", *lines, *reals(**more))


class Balance(harness.Lab):
    """The lab with real servers in it. self.a and self.b are to be the directors."""

    def __init__(self):
        load_modules()
        super().__init__(client=f"{CLIENT}/24", sniff=False)
        self.farm = traffic.Farm()
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
            *(traffic.listener("::", port, socket.SOCK_STREAM) for port in ports),
            # One for each address: answers come from the address that was asked.
            *(traffic.listener(address, 80, socket.SOCK_DGRAM) for address in own),
            traffic.listener("::", 80, socket.SOCK_STREAM, socket.IPPROTO_SCTP)]))

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
        return traffic.Connection(self.client, address, port, source, protocol)

    def ask(self, address, port=80, count=1, source=None, protocol=socket.IPPROTO_TCP):
        """So many requests, a connection each; how many each real server answered."""
        found = collections.Counter()
        for _ in range(count):
            with self.connect(address, port, source, protocol) as connection:
                found[connection.ask()] += 1
        return dict(found)

    def load(self, address, port=80):
        self.loads.append(traffic.Load(self.client, address, port))
        return self.loads[-1]

    def wait_master(self, node, *addresses, timeout=30.0, alone=True):
        super().wait_master(node, *addresses, timeout=timeout, alone=alone)

    def start(self, *lines, **more):
        """One director with one service, until it has its address and its servers."""
        self.a.start(configuration(*lines, **more))
        self.wait_master(self.a, VIP)
        self.wait_weights({REALS[name]: weight for name, weight in more.get("weighing", WEIGHTS).items()})

    def wait_weights(self, wanted, node=None):
        wait_for(lambda: weights(node or self.a, SERVICE) == wanted, f"the kernel has {wanted}")

    def connections(self):
        """One to each real server, by its name, through the service."""
        found = {}
        while set(found) != set(NAMES):
            one = self.connect(VIP)
            found.setdefault(one.ask(), one)
        return found

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


@pytest.fixture(scope="module")
def balance():
    """The laboratory, made once for all tests of a file."""
    made = Balance()
    yield made
    if made.a.process or made.b.process:  # a test could not even begin
        made.show_logs()
        made.remove()
    made.close()


@pytest.fixture
def net(balance, request):
    """The laboratory as it was made."""
    before = request.session.testsfailed
    yield balance
    balance.tidy(failed=request.session.testsfailed > before)
