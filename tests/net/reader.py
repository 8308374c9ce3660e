#!/usr/bin/python3
"""What clients of the control socket do, who may only read: reader.py SOCKET hold N | flood | ask REQUEST…"""

import socket
import sys
import time


def connect(path):
    client = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    client.connect(path)  # waits for its turn only as long as there is no time limit
    client.settimeout(10)
    return client


def hold(path, count):
    """Keeps so many connections, of which every second has half a request, and prints what it is told."""
    clients = []
    for number in range(count):
        clients.append(connect(path))
        if number % 2:
            try:
                clients[-1].sendall(b'{"command": ')
            except BrokenPipeError:
                pass
    refused = 0
    for client in clients:
        client.settimeout(0.05)
        try:
            refused += b"too many others" in client.recv(4096)
        except TimeoutError:
            pass
        except ConnectionResetError:
            refused += 1
    print("refused", refused, flush=True)
    time.sleep(60)


def flood(path):
    """Asks all that fits into one packet, again and again, on as many connections as there may be."""
    line = b'{"command":"status"}\n'
    print("ready", flush=True)
    while True:
        clients = [connect(path) for _ in range(10)]
        for client in clients:
            try:
                client.sendall(line * 48)
                client.setblocking(False)
                client.recv(1 << 20)
            except OSError:
                pass
        time.sleep(0.01)
        for client in clients:
            client.close()


def ask(path, *requests):
    for request in requests:
        with connect(path) as client:
            try:
                client.sendall(request.encode() + b"\n")
            except BrokenPipeError:
                pass  # it has been told why, perhaps
            print(client.makefile().readline(), end="", flush=True)


if __name__ == "__main__":
    {"hold": lambda path, count: hold(path, int(count)), "flood": flood, "ask": ask}[sys.argv[2]](
        sys.argv[1], *sys.argv[3:])
