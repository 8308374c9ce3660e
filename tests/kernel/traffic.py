"""A client, and the real servers that it finally talks to: threads of the test, with sockets in namespaces."""

import asyncio
import collections
import functools
import re
import select
import socket
import threading
import time

import harness
import netns

# The kernel's one processor is shared by the directors, the servers, the client and the test.
wait_for = functools.partial(harness.wait_for, timeout=30)
IPV6_FREEBIND = 78  # linux/in6.h
PATIENCE_S = 5  # of a client, for each step: a request that takes longer has failed


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


def listener(address, port, kind, protocol=0):
    """On "::" it is for IPv4 as well."""
    sock = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, kind, protocol)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if address == "::":
        sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
    elif ":" in address:  # the kernel may still be about to make the address usable
        sock.setsockopt(socket.IPPROTO_IPV6, IPV6_FREEBIND, 1)
    sock.bind((address, port))
    if kind == socket.SOCK_STREAM:
        sock.listen(64)
    return sock
