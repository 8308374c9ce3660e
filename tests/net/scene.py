"""A pair with a web service, and what holdfastctl shows of it: all is well, and then not everything is.

On a kernel with IPVS `scene.py README` writes the screens into README.md, between lines <!-- screen: COMMAND --> and
<!-- end -->; see tests/screens.
"""

import os
import pathlib
import re
import socket
import subprocess
import sys
import threading

import netns
from conf import block, instance
from harness import BUILD, Lab, wait_for

VIP = "192.168.3.130"
WEB = ("192.168.3.31", "192.168.3.32")  # both are the client's
NODES = {"nginx1": "192.168.3.27/24", "nginx2": "192.168.3.28/24"}


class Web:
    """A web server on an address of a host; threads of this process."""

    def __init__(self, host, address):
        self.status = "200 OK"
        self.socket = netns.socket_inside(host.ns, socket.AF_INET, socket.SOCK_STREAM)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.socket.bind((address, 80))
        self.socket.listen()
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            try:
                client = self.socket.accept()[0]
            except OSError:
                return
            with client:
                client.recv(4096)
                client.sendall(f"HTTP/1.0 {self.status}\r\nContent-Length: 3\r\n\r\nok\n".encode())

    def close(self):
        self.socket.shutdown(socket.SHUT_RDWR)
        self.socket.close()


def configuration(script, state, priority):
    check = block("HTTP_GET", block("url", "path /health", "status_code 200"), "connect_timeout 2", "retry 1",
                  "delay_before_retry 0.2")
    return (block("vrrp_script chk_nginx", f"script {script}", "interval 1", "fall 1", "rise 1", "weight -20",
                  "user nobody")
            + instance("VI_WEB", ifname="ens33", vrid=51, state=state, priority=priority, vips=(f"{VIP}/24",),
                       extra=block("track_script", "chk_nginx"))
            + instance("VI_BACK", ifname="ens34", vrid=52, state=state, priority=priority, vips=("10.0.0.1/24",))
            + block(f"virtual_server {VIP} 80", "delay_loop 1", "lb_algo rr", "lb_kind NAT", "protocol TCP", "warmup 0",
                    "quorum 2",
                    *(block(f"real_server {address} 80", "weight 1", check) for address in WEB)))


class Scene:
    def __init__(self):
        self.net = Lab(ifname="ens33", client="192.168.3.198/24", sniff=False, **NODES)
        self.one, self.two = self.net.nodes
        for number, node in enumerate(self.net.nodes):
            node.add_link("ens34", f"10.0.0.{number + 2}/24", bridge="br1")
        netns.ip(ns=self.net.client.ns, batch=[f"address add {address}/24 dev eth0" for address in WEB])
        self.web = [Web(self.net.client, address) for address in WEB]

    def script(self, node):
        """Fails, with the words that are in the file says, once there is one."""
        script, says = node.dir / "check-nginx", node.dir / "says"
        script.write_text(f"#!/bin/sh\n[ -e {says} ] || exit 0\ncat {says}; exit 1\n")
        script.chmod(0o755)
        return script

    def start(self):
        for node, state, priority in ((self.one, "MASTER", 100), (self.two, "BACKUP", 90)):
            node.start(configuration(self.script(node), state, priority), kind="holdfast")
            self.net.wait_master(self.one, VIP, "10.0.0.1", timeout=30)
        wait_for(lambda: self.is_well(self.one) and self.is_well(self.two), "all is well", timeout=30)

    def is_well(self, node):
        """But for IPVS, where the kernel has none."""
        return node.shows(lambda status: all(one["quorum_up"] for one in status["virtual_servers"])
                          and (status["ipvs_problems"]
                               or all(one["problem"] is None for one in status["virtual_servers"]))
                          and all(one["up"] for one in status["scripts"])
                          and all(one["master"] for one in status["vrrp"]))

    def break_things(self):
        """A web server fails its check, a cable is out, and a script says that the node should not be master."""
        self.web[1].status = "503 Service Unavailable"
        self.one.unplug("ens34")
        says = self.one.dir / "says"
        says.write_text("nginx: no worker process\n")
        says.chmod(0o644)
        self.net.wait_master(self.two, VIP, "10.0.0.1", timeout=30)
        wait_for(lambda: self.one.shows(lambda status: not status["virtual_servers"][0]["quorum_up"]
                                        and not status["scripts"][0]["up"]
                                        and status["vrrp"][1]["state"] == "FAULT"), "what is wrong shows", timeout=30)

    def screen(self, command):
        """What a terminal of 80 columns shows on nginx1."""
        done = subprocess.run(
            [str(BUILD / "holdfastctl"), "--runtime-dir", str(self.one.run_dir), *command.split()], text=True,
            stdout=subprocess.PIPE, env={**os.environ, "COLUMNS": "80"}, timeout=10)
        return done.stdout

    def close(self):
        for server in self.web:
            server.close()
        for node in self.net.nodes:
            node.strict = False
        self.net.remove()


SCREEN = re.compile(r"(<!-- screen: (.*?) -->\n```\n).*?(```\n<!-- end -->)", re.S)


def screens(text):
    """The commands of the screens in a text."""
    return [found[2] for found in SCREEN.finditer(text)]


def fill(text, scene):
    """The text with its screens as they are now."""
    def screen(found):
        shown = scene.screen(found[2]).replace(str(scene.one.conf), "/etc/holdfast/holdfast.conf")
        return f"{found[1]}$ holdfastctl {found[2]}\n{shown}{found[3]}"
    return SCREEN.sub(screen, text)


def shape(text):
    """What is the same whenever and wherever a screen was made: words without numbers, times and lines."""
    return [re.sub(r"\d+(\.\d+)?", "0", word) for word in re.sub(r"\d+ (s|min|h|d)\b", "0", text).split()]


def main(readme):
    path = pathlib.Path(readme)
    scene = Scene()
    try:
        scene.start()
        scene.break_things()
        print(fill(path.read_text(), scene), end="")
    except BaseException:
        scene.net.show_logs()
        raise
    finally:
        scene.close()


if __name__ == "__main__":
    main(sys.argv[1])
