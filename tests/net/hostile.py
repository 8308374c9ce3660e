#!/usr/bin/python3
"""Servers that do what no server should, one port each, and a healthy one: hostile.py ADDRESS

Prints "ready", then a line with the time for every request to the healthy one.
"""

import asyncio
import socket
import struct
import sys
import time

SILENT, DRIP, RESET, HEADERS, CHUNKED, PLAIN, EARLY, LINE, DNS, HEALTHY = range(9001, 9011)
JUNK = b"x" * 65536


async def silent(reader, writer):
    await reader.read()


async def drip(reader, writer):
    """A byte now and then, for ever."""
    for byte in b"HTTP/1.0 200 OK\r\nX: " + b"y" * 100000:
        writer.write(bytes([byte]))
        await writer.drain()
        await asyncio.sleep(0.05)


async def reset(reader, writer):
    await reader.read(1)
    writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


async def headers(reader, writer):
    await pour(writer, b"HTTP/1.0 200 OK\r\n", b"X-Header: " + JUNK + b"\r\n")


async def chunked(reader, writer):
    await pour(writer, b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"10000\r\n" + JUNK + b"\r\n")


async def plain(reader, writer):
    """Where TLS is expected."""
    writer.write(b"HTTP/1.0 200 OK\r\n\r\nhello\n")
    await writer.drain()


async def early(reader, writer):
    """Half a status line."""
    await reader.readuntil(b"\r\n\r\n")
    writer.write(b"HTTP/1.0 2")
    await writer.drain()


async def line(reader, writer):
    """A greeting of SMTP that never ends."""
    await pour(writer, b"220 ", JUNK)


async def healthy(reader, writer):
    await reader.readuntil(b"\r\n\r\n")
    print(time.time(), flush=True)
    writer.write(b"HTTP/1.0 200 OK\r\nContent-Length: 3\r\n\r\nok\n")
    await writer.drain()


async def pour(writer, first, again):
    writer.write(first)
    while True:
        writer.write(again)
        await writer.drain()


class Dns(asyncio.DatagramProtocol):
    """The id of the question, and nothing that makes sense behind it; then answers to nothing."""

    def connection_made(self, transport):
        self.transport = transport

    def datagram_received(self, data, peer):
        for n in range(200):
            self.transport.sendto(data[:2] + JUNK[:n * 5], peer)


def serve(behaviour):
    async def one(reader, writer):
        try:
            await behaviour(reader, writer)
        except (OSError, asyncio.IncompleteReadError):
            pass  # the client has had enough
        finally:
            writer.close()
    return one


async def main(address):
    for port, behaviour in ((SILENT, silent), (DRIP, drip), (RESET, reset), (HEADERS, headers), (CHUNKED, chunked),
                            (PLAIN, plain), (EARLY, early), (LINE, line), (HEALTHY, healthy)):
        await asyncio.start_server(serve(behaviour), address, port)
    await asyncio.get_running_loop().create_datagram_endpoint(Dns, local_addr=(address, DNS))
    print("ready", flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
