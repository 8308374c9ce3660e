"""What the tutorials promise: a script looks after nginx, and where nginx cannot run, the address is not."""

import contextlib
import http.client
import os
import pathlib
import signal
import socket

import netns
import pytest
from conf import block, instance
from harness import wait_for
from web import NGINX_BELOW

VIP = "10.77.0.50"
PORT = 8080

NGINX = "daemon on;\n" + NGINX_BELOW + """
	server {{ listen {port}; location / {{ return 200 "{name}\\n"; }} }}
}}
"""

# As operators write it: start it again when it is gone; what cannot be started is a failure.
CHECK = """#!/bin/sh
alive() {{ kill -0 "$(cat {dir}/nginx.pid)" 2>/dev/null; }}
if ! alive; then
	/usr/sbin/nginx -p {dir} -e {dir}/error.log -c {dir}/nginx.conf
	i=0
	while ! alive && [ $i -lt 5 ]; do sleep 0.1; i=$((i + 1)); done
	alive
fi
"""


def command_line(pid):
    """Empty when the process has ended meanwhile."""
    try:
        return pathlib.Path(f"/proc/{pid}/cmdline").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return ""


class Web:
    """nginx on a node, below a directory of user nobody; started by the node's script alone."""

    def __init__(self, node):
        self.node = node
        self.dir = node.dir / "web"
        self.dir.mkdir()
        self.dir.chmod(0o777)
        self.conf = self.dir / "nginx.conf"
        self.mend()
        self.check = node.dir / "check_nginx.sh"
        self.check.write_text(CHECK.format(dir=self.dir))
        self.check.chmod(0o755)
        self.notice = node.dir / "notice.sh"
        self.notice.write_text(f"#!/bin/sh\necho \"$@\" >>{self.dir}/notices\n")
        self.notice.chmod(0o755)

    def mend(self):
        self.conf.write_text(NGINX.format(dir=self.dir, port=PORT, name=self.node.name))
        self.conf.chmod(0o644)

    def spoil(self):
        self.conf.write_text("this is no configuration;\n")

    def notices(self):
        """The states that the notify script was told, in order."""
        path = self.dir / "notices"
        words = [line.split() for line in path.read_text().splitlines()] if path.exists() else []
        assert all(kind == "INSTANCE" and name == "VI_1" and int(priority) > 0 for kind, name, _, priority in words)
        return [state for _, _, state, _ in words]

    def masters(self):
        return [pid for pid in self.node.pids_of("nginx") if "master process" in command_line(pid)]

    def retire(self):
        """The script starts nginx no more, and then nginx ends."""
        new = self.check.with_suffix(".new")
        new.write_text(f"#!/bin/sh\ntouch {self.dir}/retired\n")
        new.chmod(0o755)
        new.rename(self.check)
        wait_for((self.dir / "retired").exists, "the script that starts nothing has run")
        self.kill()

    def kill(self):
        for pid in self.node.pids_of("nginx"):
            with contextlib.suppress(ProcessLookupError):  # a worker may end with its master
                os.kill(pid, signal.SIGKILL)


def asked(host):
    """What answers a request at the address; None when nobody does."""
    client = http.client.HTTPConnection(VIP, PORT, timeout=2)
    client.sock = netns.socket_inside(host.ns, socket.AF_INET, socket.SOCK_STREAM, 0)
    try:
        client.sock.settimeout(2)
        client.sock.connect((VIP, PORT))
        client.request("GET", "/")
        return client.getresponse().read().decode().strip()
    except OSError:
        return None
    finally:
        client.close()


def configuration(web, priority, weight):
    return (block("vrrp_script check_nginx", f'script "{web.check}"', "interval 0.5", "timeout 10", f"weight {weight}",
                  "user nobody")
            + instance(priority=priority, version=3, advert="0.2",
                       extra=block("track_script", "check_nginx") + f'notify "{web.notice}" nobody'))


@pytest.mark.parametrize("weight, priorities, lost", [
    (-20, (110, 100), "BACKUP"), (10, (100, 95), "BACKUP"), (0, (110, 100), "FAULT")])
def test_address_follows_nginx(lab, weight, priorities, lost):
    net = lab()
    webs = {node: Web(node) for node in (net.a, net.b)}
    net.start_pair(*(configuration(webs[node], priority, weight) for node, priority in zip((net.a, net.b), priorities)),
                   VIP)
    wait_for(lambda: asked(net.client) == "a", "nginx of a answers at the address")

    monitor = net.monitor(net.a)
    webs[net.a].kill()
    wait_for(lambda: webs[net.a].masters() and asked(net.client) == "a", "the script has started nginx again")
    assert not monitor.seen, "the address moved, though nginx could be started again"

    webs[net.a].spoil()
    webs[net.a].kill()
    net.wait_master(net.b, VIP)
    assert asked(net.client) == "b", "the next request is answered there"
    assert net.a.logged("check_nginx: exit status 1 after .* s: ")
    assert "unknown directive \"this\"" in net.a.ctl("scripts", check=False), "the script's own words"

    webs[net.a].mend()
    net.wait_master(net.a, VIP)
    wait_for(lambda: asked(net.client) == "a", "nginx of a answers again")
    again = ["BACKUP", "MASTER"] if lost == "FAULT" else ["MASTER"]
    wait_for(lambda: webs[net.a].notices() == ["BACKUP", "MASTER", lost, *again], "a's notices")
    wait_for(lambda: webs[net.b].notices() == ["BACKUP", "MASTER", "BACKUP"], "b's notices")
    for web in webs.values():
        web.retire()
