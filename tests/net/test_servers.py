"""Real and virtual servers: what checkerd finds, what it logs, and what survives it."""

import contextlib
import pathlib
import re
import socket
import threading
import time

import netns
from conf import block
from harness import wait_for
from scripts import Check


class Server:
    """A listener inside a namespace that notes when somebody connects."""

    def __init__(self, host, address, port=80):
        self.host, self.address, self.port = host, address, port
        self.seen, self.peers, self.ports, self.socket = [], [], [], None

    def up(self):
        def make():
            family = socket.AF_INET6 if ":" in self.address else socket.AF_INET
            made = socket.socket(family, socket.SOCK_STREAM)
            made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            made.bind((self.address, self.port))
            made.listen(64)
            return made

        self.socket = netns.call_inside(self.host.ns, make)
        threading.Thread(target=self.serve, args=[self.socket], daemon=True).start()
        return self

    def serve(self, listener):
        while True:
            try:
                connection, peer = listener.accept()
            except OSError:
                return
            self.seen.append(time.monotonic())
            self.peers.append(peer[0])
            self.ports.append(peer[1])
            connection.close()

    def down(self):
        self.socket.shutdown(socket.SHUT_RDWR)
        self.socket.close()


def tcp(*lines):
    return block("TCP_CHECK", *lines)


def virtual(*reals, lines=(), vip="10.77.0.50"):
    return block(f"virtual_server {vip} 80", "delay_loop 0.2", "warmup 0", "lb_algo rr", "lb_kind NAT",
                 "protocol TCP", *lines, *reals)


def real(address, *lines):
    return block(f"real_server {address} 80", *lines)


RETRY = ("retry 1", "delay_before_retry 0.1")


def changes(node, name="10.77.0.100"):
    """The changes of a real server as they were logged."""
    return re.findall(rf"\[{name}\]:tcp:80 of \S+: (\w+ -> \w+): ", node.log())


def test_down_and_up(lab):
    net = lab()
    server = Server(net.client, "10.77.0.100").up()
    net.a.start(virtual(real("10.77.0.100", tcp(*RETRY))))
    wait_for(lambda: server.seen, "the first check")
    assert changes(net.a) == []
    server.down()
    wait_for(lambda: changes(net.a) == ["up -> down"], "it is down")
    assert net.a.logged(r"\[10.77.0.100\]:tcp:80 of \[10.77.0.50\]:tcp:80: up -> down: "
                        "TCP_CHECK: connection refused by 10.77.0.100:80")
    wait_for(lambda: net.a.logged(r"\[10.77.0.50\]:tcp:80: quorum lost: weight 0 of 1 is up, quorum is 1"), "it is said")
    server.up()
    wait_for(lambda: changes(net.a) == ["up -> down", "down -> up"], "it is up again")
    wait_for(lambda: net.a.logged(r"\[10.77.0.50\]:tcp:80: quorum gained: weight 1 of 1 is up, quorum is 1"), "it is said")


def shows(node, up, weight):
    """Waits until the operator sees the one real server so."""
    def servers(status):
        return [(real["alive"], real["weight"]) for service in status["virtual_servers"] for real in service["real_servers"]]

    wait_for(lambda: node.shows(lambda status: servers(status) == [(up, weight)]), f"up {up}, weight {weight}")


def test_verdicts_survive_a_kill(lab):
    """A failed server stays failed and a good one good; nobody is told anything, and turns are kept."""
    net = lab()
    alive = Server(net.client, "10.77.0.100").up()
    net.a.start(virtual(real("10.77.0.100", tcp("delay_loop 0.6")), real("10.77.0.1", tcp(*RETRY))))
    wait_for(lambda: changes(net.a, "10.77.0.1") == ["up -> down"], "one is down")
    wait_for(lambda: len(alive.seen) >= 2, "the other is checked")
    for _ in range(3):
        before = len(alive.seen)
        net.a.kill("checkerd")
        wait_for(lambda: len(alive.seen) >= before + 2, "the successor goes on")
    net.a.restarts["checkerd"] = 3
    gaps = [later - earlier for earlier, later in zip(alive.seen, alive.seen[1:])]
    assert min(gaps) > 0.3, gaps
    assert changes(net.a, "10.77.0.1") == ["up -> down"]
    assert changes(net.a) == []
    assert net.a.log().count("quorum") == 0


def test_reload_keeps_verdicts(lab):
    """What is checked is the same, though numbers, weights and times are others: a failed server stays failed."""
    net = lab()
    first = virtual(real("10.77.0.100", tcp(*RETRY)))
    net.a.start(first)
    wait_for(lambda: changes(net.a) == ["up -> down"], "it is down")
    net.a.configure(virtual(real("10.77.0.1", tcp()), vip="10.77.0.51")
                    + virtual(real("10.77.0.100", "weight 3", tcp("retry 7", "delay_loop 0.3"))))
    net.a.reload()
    wait_for(lambda: changes(net.a, "10.77.0.1") == ["up -> down"], "the new one is checked")
    assert changes(net.a) == ["up -> down"]
    Server(net.client, "10.77.0.100").up()
    wait_for(lambda: changes(net.a) == ["up -> down", "down -> up"], "it is up")


def test_alpha_and_ipv6(lab):
    """With alpha a server is down until it is found up."""
    net = lab()
    for host, address in ((net.a, "fd00:77::1"), (net.client, "fd00:77::100")):
        netns.ip("address", "add", f"{address}/64", "dev", "eth0", "nodad", ns=host.ns)
    server = Server(net.client, "fd00:77::100").up()
    net.a.start(block("virtual_server fd00:77::50 80", "delay_loop 0.2", "warmup 0", "lb_algo rr", "lb_kind NAT",
                      "protocol TCP", "alpha", block("real_server fd00:77::100 80", tcp())))
    wait_for(lambda: changes(net.a, "fd00:77::100") == ["down -> up"], "it is found up")
    assert net.a.logged(r"\[fd00:77::50\]:tcp:80: quorum gained: ")
    wait_for(lambda: server.seen, "the server knows")


class Echo(Server):
    """Sends every datagram back."""

    def up(self):
        def make():
            made = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            made.bind((self.address, self.port))
            return made

        self.socket = netns.call_inside(self.host.ns, make)
        threading.Thread(target=self.serve, args=[self.socket], daemon=True).start()
        return self

    def serve(self, echo):
        while True:
            data, peer = echo.recvfrom(2048)
            if not data:  # from nobody: the socket was shut down
                return
            self.seen.append(data)
            echo.sendto(data, peer)

    def down(self):
        with contextlib.suppress(OSError):  # it is not connected, and wakes up all the same
            self.socket.shutdown(socket.SHUT_RDWR)


def test_udp_echo(lab):
    """With a payload that comes back, with one that would have to come back otherwise, and with nobody there."""
    net = lab()
    echo = Echo(net.client, "10.77.0.100", 7).up()
    checks = (("connect_port 7", "payload de ad be ef", "require_reply de ad xx xx"),
              ("connect_port 7", "payload 00 11", "require_reply 00 22"),
              ("connect_port 9",))
    net.a.start(virtual(*[block(f"real_server 10.77.0.100 {81 + n}", block("UDP_CHECK", "connect_timeout 0.3", *lines))
                          for n, lines in enumerate(checks)]))
    wait_for(lambda: net.a.logged(r":tcp:82 of .*: up -> down: UDP_CHECK: ") and
             net.a.logged(r":tcp:83 of .*: up -> down: UDP_CHECK: "), "the others are down")
    seen = len(echo.seen)
    wait_for(lambda: len(echo.seen) > seen + 3, "it is asked again and again")
    assert bytes.fromhex("deadbeef") in echo.seen and not net.a.logged(r":tcp:81 of .*: up -> down")
    echo.down()


def test_bound_checks(lab):
    """From an address, an interface and a port that are not what the kernel would choose."""
    net = lab()
    netns.ip("address", "add", "10.77.0.3/24", "dev", "eth0", ns=net.a.ns)
    server = Server(net.client, "10.77.0.100").up()
    net.a.start(virtual(real("10.77.0.100", tcp("bindto 10.77.0.3", "bind_if eth0"))))
    wait_for(lambda: len(server.peers) > 2, "it is checked")
    assert set(server.peers) == {"10.77.0.3"}
    net.a.configure(virtual(real("10.77.0.100", tcp("bindto 10.77.0.3", "bind_port 4077"))))
    net.a.reload()
    wait_for(lambda: server.ports.count(4077) > 2, "it is checked from this port again and again")
    server.down()


def test_ping_and_udp_over_ipv6(lab):
    net = lab()
    for host, address in ((net.a, "fd00:77::1"), (net.client, "fd00:77::100")):
        netns.ip("address", "add", f"{address}/64", "dev", "eth0", "nodad", ns=host.ns)
    netns.call_inside(net.a.ns, lambda: pathlib.Path("/proc/sys/net/ipv4/ping_group_range").write_text("0 2147483647"))
    net.a.start(block("virtual_server fd00:77::50 80", "delay_loop 0.2", "warmup 0", "lb_algo rr", "lb_kind NAT",
                      "protocol TCP", "alpha", block("real_server fd00:77::100 81", block("PING_CHECK", *RETRY)),
                      block("real_server fd00:77::100 82", block("UDP_CHECK", "connect_port 9", *RETRY))))
    wait_for(lambda: net.a.logged("PING_CHECK: echo from fd00:77::100"), "an echo came back")
    wait_for(lambda: "refused" in str(net.a.status()["virtual_servers"]), "nobody is at the port")


def test_misc_check_gives_weights(lab):
    net = lab()
    check = Check(net.a)
    net.a.start(virtual(real("10.77.0.100", "weight 5", block("MISC_CHECK", f'misc_path "{check.path}"', "user nobody",
                                                              "misc_dynamic", "retry 0"))))
    shows(net.a, True, 5)
    check.say(12)
    shows(net.a, True, 10)
    assert net.a.logged(r"\[10.77.0.100\]:tcp:80 of \[10.77.0.50\]:tcp:80: weight 5 -> 10")
    check.say(1)
    wait_for(lambda: changes(net.a) == ["up -> down"], "it fails")
    assert net.a.logged("up -> down: MISC_CHECK: exit status 1")
    # another command before it: its number changes, its verdict does not
    net.a.configure(virtual(real("10.77.0.102", block("MISC_CHECK", "misc_path /bin/true", "user nobody")),
                            vip="10.77.0.51") + net.a.conf.read_text())
    net.a.reload()
    check.say(0)
    wait_for(lambda: changes(net.a) == ["up -> down", "down -> up"], "it is up")


def test_file_check_adds_to_the_weight(lab):
    net = lab()
    number = net.a.dir / "number"
    number.write_text("3\n")
    net.a.start(block("track_file numbers", f'file "{number}"', "weight 2")
                + virtual(real("10.77.0.100", "weight 5", block("FILE_CHECK", "track_file numbers", "weight 2"))))
    shows(net.a, True, 11)
    new = number.with_suffix(".new")
    new.write_text("-2\n")
    new.rename(number)
    shows(net.a, True, 1)
    assert net.a.logged(r"weight 11 -> 1")
    assert changes(net.a) == []


def test_ping_needs_the_sysctl(lab):
    net = lab()
    net.a.start(virtual(real("10.77.0.100", block("PING_CHECK", *RETRY))))
    wait_for(lambda: changes(net.a) == ["up -> down"], "the kernel refuses")
    assert net.a.logged("PING_CHECK: no echo can be sent: the sysctl net.ipv4.ping_group_range has to hold group")
    netns.call_inside(net.a.ns, lambda: pathlib.Path("/proc/sys/net/ipv4/ping_group_range").write_text("0 2147483647"))
    wait_for(lambda: changes(net.a) == ["up -> down", "down -> up"], "it answers")
    assert net.a.logged("PING_CHECK: echo from 10.77.0.100")


def test_quorum_with_hysteresis(lab):
    """2 of 4 keep the quorum, 4 of 4 gain it; in between it survives a kill as it is."""
    net = lab()
    servers = [Server(net.client, f"10.77.0.{number}") for number in range(101, 105)]
    for server in servers:
        netns.ip("address", "add", f"{server.address}/16", "dev", "eth0", ns=net.client.ns)
        server.up()
    net.a.start(virtual(*(real(server.address, tcp(*RETRY)) for server in servers),
                        lines=["quorum 3", "hysteresis 1", "sorry_server 10.77.0.9 80"]))
    wait_for(lambda: all(server.seen for server in servers), "all are checked")
    for server in servers[:2]:
        server.down()
    wait_for(lambda: all(changes(net.a, server.address) for server in servers[:2]), "two are down")
    assert "quorum" not in net.a.log()
    servers[2].down()
    wait_for(lambda: net.a.logged("quorum lost: weight 1 of 4 is up, quorum is 3: the sorry server serves"), "it is lost")
    servers[2].up()
    servers[1].up()
    wait_for(lambda: len(changes(net.a, servers[1].address)) == 2 and len(changes(net.a, servers[2].address)) == 2,
             "three are up")
    pid = net.a.pid("checkerd")
    seen = len(servers[3].seen)
    net.a.kill("checkerd")
    net.a.restarts["checkerd"] = 1
    wait_for(lambda: len(servers[3].seen) > seen + 2 and net.a.pid("checkerd") not in (None, pid), "it goes on")
    assert "quorum gained" not in net.a.log()
    servers[0].up()
    wait_for(lambda: net.a.logged("quorum gained: weight 4 of 4 is up, quorum is 3"), "it is gained")
    assert net.a.log().count("quorum lost") == net.a.log().count("quorum gained") == 1
