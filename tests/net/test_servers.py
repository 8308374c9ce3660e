"""Real and virtual servers: what checkerd finds, what it logs, and what survives it."""

import re
import socket
import threading
import time

import netns
import pytest
from conf import block
from harness import wait_for


class Server:
    """A listener inside a namespace that notes when somebody connects."""

    def __init__(self, host, address, port=80):
        self.host, self.address, self.port = host, address, port
        self.seen, self.socket = [], None

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
                connection, _ = listener.accept()
            except OSError:
                return
            self.seen.append(time.monotonic())
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
    assert net.a.logged(r"\[10.77.0.50\]:tcp:80: quorum lost: weight 0 of 1 is up, quorum is 1")
    server.up()
    wait_for(lambda: changes(net.a) == ["up -> down", "down -> up"], "it is up again")
    assert net.a.logged(r"\[10.77.0.50\]:tcp:80: quorum gained: weight 1 of 1 is up, quorum is 1")
