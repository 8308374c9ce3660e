"""Every way to forward, to schedule and to say what a service is, with traffic: one director, one configuration."""

import collections
import contextlib
import socket
import subprocess

import netns
import pytest
from balance import (CLIENT, DIRECT, DIRECT6, GUE_PORT, MARKED6, MORE, NAMES, OTHER, REALS, REALS6, VIP, VIP6,
                     WEIGHTS, balance, director, fwmark, ipvsadm, reals, table, virtual)  # noqa: F401
from conf import block
from traffic import PATIENCE_S, wait_for
from watch import ETH_P_ALL, PACKET_OUTGOING

GUE = f"TUN type gue port {GUE_PORT}"
WAYS = [  # lb_kind, address of the service, real servers
    ("NAT", VIP, REALS), ("NAT", VIP6, REALS6),
    ("DR", DIRECT, REALS), ("DR", DIRECT6, REALS6),
    ("TUN", DIRECT, REALS), ("TUN", DIRECT6, REALS6), ("TUN", DIRECT6, REALS), ("TUN", DIRECT, REALS6),
    ("TUN type gre", DIRECT, REALS), ("TUN type gre", DIRECT6, REALS6), ("TUN type gre", DIRECT6, REALS),
    (GUE, DIRECT, REALS), (GUE, DIRECT6, REALS6), (f"{GUE} csum", DIRECT6, REALS), (f"{GUE} remcsum", DIRECT, REALS),
]
PORTS = {way: 8000 + number for number, way in enumerate((kind, address, among["s1"]) for kind, address, among in WAYS)}
SHOWN = {"NAT": "Masq", "DR": "Route", "TUN": "Tunnel"}

SCHEDULERS = "rr wrr lc wlc lblc lblcr dh sh mh sed nq fo ovf twos".split()
FIRST_SCHEDULER = 8100  # port of its service; the others follow
STICKY, GRANULAR, GRANULAR6 = 8200, 8201, 8202
FULL = 8250
MARK, MARK6, GROUP_MARK = 7, 8, 9
MARKED_PORT = 8300

# What a real server gets is this protocol of IP: TCP, or what the director wrapped it in.
TCP, UDP, GRE, IP_IN_IP, IPV6_IN_IP, ICMPV6 = 6, 17, 47, 4, 41, 58
IP_FRAMES = (0x0800, 0x86DD)

CYCLE = WEIGHTS  # what wrr makes of six requests in a row


def quoted(address, port):
    return f"[{address}]:{port}" if ":" in address else f"{address}:{port}"


def way_services():
    for kind, address, among in WAYS:
        port = PORTS[kind, address, among["s1"]]
        yield virtual(f"{address} {port}", *reals(80 if kind == "NAT" else port, among=among, check=False), kind=kind)


def other_services():
    plain = reals(check=False)
    for number, scheduler in enumerate(SCHEDULERS):
        yield virtual(f"{VIP} {FIRST_SCHEDULER + number}", *plain, scheduler=scheduler)
    yield virtual(f"{VIP} {STICKY}", "persistence_timeout 50", *plain, scheduler="rr")
    yield virtual(f"{VIP} {GRANULAR}", "persistence_timeout 50", "persistence_granularity 255.255.255.0", *plain,
                  scheduler="rr")
    yield virtual(f"{VIP6} {GRANULAR6}", "persistence_timeout 50", "persistence_granularity 64",
                  *reals(among=REALS6, check=False), scheduler="rr")
    yield virtual(f"{VIP} {FULL}", *reals(check=False, lines=["uthreshold 2"]), scheduler="rr")
    yield virtual(f"fwmark {MARK}", *plain)
    yield virtual(f"fwmark {MARK6}", *reals(among=REALS6, check=False))
    yield block("virtual_server_group several", f"{MORE[1]}-{MORE[2][-2:]} 80", f"{MORE[3]} 81", f"fwmark {GROUP_MARK}")
    yield virtual("group several", *plain)
    yield virtual(f"{VIP} 80", *plain, protocol="UDP")
    yield virtual(f"{DIRECT} 80", "ops", *plain, kind="DR", protocol="UDP")
    yield virtual(f"{DIRECT} 80", *plain, kind="DR", protocol="SCTP")


def mark_incoming(node):
    """Not with a packet filter: tc is always there."""
    subprocess.run(["tc", "-n", node.ns, "qdisc", "add", "dev", "eth0", "ingress"], check=True)
    fwmark(node, MARK, "eth0", "ip", "match", "ip", "dst", f"{MORE[0]}/32")
    fwmark(node, MARK6, "eth0", "ipv6", "match", "ip6", "dst", f"{MARKED6}/128")
    fwmark(node, GROUP_MARK, "eth0", "ip", "match", "ip", "dst", f"{VIP}/32", "match", "ip", "dport",
           str(MARKED_PORT), "0xffff")


@pytest.fixture(scope="module")
def net(balance, request):
    balance.serve_ipv6(balance.a)
    for name in NAMES:
        balance.down(name)
        balance.up(name, (80, *PORTS.values()))
    mark_incoming(balance.a)
    balance.a.start(director() + "".join(way_services()) + "".join(other_services()))
    balance.wait_master(balance.a, VIP)
    wait_for(lambda: len(table(balance.a).get(f"SCTP {DIRECT}:80", ("", {}))[1]) == 3, "the services are there")
    yield balance
    balance.tidy(failed=request.session.testsfailed)


def wrapped_in(kind, address):
    if not kind.startswith("TUN"):
        return TCP
    plain = IPV6_IN_IP if ":" in address else IP_IN_IP
    return GRE if "gre" in kind else UDP if "gue" in kind else plain


@contextlib.contextmanager
def arriving(net, name):
    """Meanwhile collects the protocols of what comes in for a real server."""
    found = set()
    own = {socket.inet_aton(a) for a in (REALS[name], DIRECT)} | {
        socket.inet_pton(socket.AF_INET6, a) for a in (REALS6[name], DIRECT6)}
    tap = netns.socket_inside(net.servers[name].ns, socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(ETH_P_ALL))
    tap.bind(("eth0", ETH_P_ALL))
    tap.setblocking(False)
    with tap:
        yield found
        with contextlib.suppress(BlockingIOError):
            while True:
                packet, where = tap.recvfrom(2048)
                protocol, to = (packet[9], packet[16:20]) if packet[0] >> 4 == 4 else (packet[6], packet[24:40])
                if where[2] != PACKET_OUTGOING and where[1] in IP_FRAMES and to in own and protocol != ICMPV6:
                    found.add(protocol)


@pytest.mark.parametrize("kind,address,among", WAYS, ids=[f"{k}-{a}-{r['s1']}".replace(" ", "_") for k, a, r in WAYS])
def test_requests_are_distributed_as_the_weights_are(net, kind, address, among):
    port = PORTS[kind, address, among["s1"]]
    _, rows = table(net.a)[f"TCP {quoted(address, port)}"]
    assert {name: int(rows[quoted(among[name], 80 if kind == "NAT" else port)][1]) for name in NAMES} == CYCLE
    assert {row[0] for row in rows.values()} == {SHOWN[kind.split()[0]]}
    with arriving(net, "s1") as protocols:
        assert net.ask(address, port, count=12) == {"s1": 6, "s2": 4, "s3": 2}
    assert protocols == {wrapped_in(kind, address)}


@pytest.mark.parametrize("number,scheduler", enumerate(SCHEDULERS))
def test_scheduler(net, number, scheduler):
    port = FIRST_SCHEDULER + number
    found = table(net.a).get(f"TCP {VIP}:{port}")
    if found is None:
        with pytest.raises(AssertionError, match="Scheduler"):
            ipvsadm(net.a, "-A", "-t", "192.0.2.1:80", "-s", scheduler)
        assert net.a.kind == "keepalived" or net.a.logged(rf"ipvsd.*{scheduler}")
        pytest.skip(f"this kernel has no scheduler {scheduler}")
    assert found[0].split()[0] == scheduler and len(found[1]) == 3
    assert sum(net.ask(VIP, port, count=6).values()) == 6


def test_the_weights_of_a_scheduler_count(net):
    assert net.ask(VIP, FIRST_SCHEDULER + SCHEDULERS.index("rr"), count=6) == {"s1": 2, "s2": 2, "s3": 2}
    assert net.ask(VIP, FIRST_SCHEDULER + SCHEDULERS.index("fo"), count=3) == {"s1": 3}
    assert len(net.ask(VIP, FIRST_SCHEDULER + SCHEDULERS.index("sh"), count=6)) == 1


def test_a_client_stays_on_its_server(net):
    first, = net.ask(VIP, STICKY, count=4, source=CLIENT)
    second, = net.ask(VIP, STICKY, count=4, source=OTHER)
    assert first != second  # rr: the next one
    assert net.ask(VIP, STICKY, source=CLIENT) == {first: 1}


@pytest.mark.parametrize("address,port,sources", [(VIP, GRANULAR, (CLIENT, OTHER)),
                                                  (VIP6, GRANULAR6, ("fd77::100", "fd77::101"))])
def test_clients_of_a_network_stay_together(net, address, port, sources):
    first, = net.ask(address, port, count=2, source=sources[0])
    assert net.ask(address, port, count=2, source=sources[1]) == {first: 2}


def test_a_full_server_gets_no_more(net):
    held = [net.connect(VIP, FULL) for _ in range(6)]
    assert collections.Counter(one.ask() for one in held) == {"s1": 2, "s2": 2, "s3": 2}
    with pytest.raises(OSError):
        net.connect(VIP, FULL)
    for one in held:
        one.close()


def test_firewall_mark(net):
    assert net.ask(MORE[0], 80, count=6) == CYCLE
    assert net.ask(MORE[0], MARKED_PORT, count=6) == CYCLE  # whatever the port
    assert net.ask(MARKED6, 80, count=6) == CYCLE


def test_group_of_a_range_an_address_and_a_mark(net):
    for address, port in ((MORE[1], 80), (MORE[2], 80), (MORE[3], 81), (VIP, MARKED_PORT)):
        assert net.ask(address, port, count=6) == CYCLE, f"{address}:{port}"


def datagrams(net, address, count, each_from_its_own_port):
    """Who answers."""
    found = {name: 0 for name in NAMES}
    sock = None
    for _ in range(count):
        if sock is None or each_from_its_own_port:
            sock = netns.socket_inside(net.client.ns, socket.AF_INET, socket.SOCK_DGRAM)
            sock.settimeout(PATIENCE_S)
        sock.sendto(b"who", (address, 80))
        found[sock.recv(100).decode()] += 1
    return {name: answers for name, answers in found.items() if answers}


def test_datagrams(net):
    assert datagrams(net, VIP, 6, each_from_its_own_port=True) == CYCLE
    assert list(datagrams(net, VIP, 6, each_from_its_own_port=False).values()) == [6]


def test_datagrams_one_by_one(net):
    assert datagrams(net, DIRECT, 6, each_from_its_own_port=False) == CYCLE


def test_sctp(net):
    assert net.ask(DIRECT, 80, count=6, protocol=socket.IPPROTO_SCTP) == CYCLE
