"""The demonstration that tests/demo runs: one address, two nodes, and everything that can happen to them."""

import signal
import sys
import time

import netns
from conf import block, instance
from harness import Lab, wait_for

VIP = "192.168.3.130"
NODES = {"nginx1": "192.168.3.27/24", "nginx2": "192.168.3.28/24"}

# A web service behind the address gives checkerd and ipvsd something to run for.
SERVICE = block(f"virtual_server {VIP} 80", "delay_loop 6", "lb_algo rr", "lb_kind NAT", "protocol TCP",
                block("real_server 192.168.3.31 80", "weight 1", block("TCP_CHECK", "connect_timeout 3")))


def configuration(state, priority):
    return instance(ifname="ens33", vrid=51, state=state, priority=priority, advert="1", password="1111",
                    vips=(VIP,)) + SERVICE


class Demo:
    def __init__(self, net):
        self.net, self.began = net, time.monotonic()
        self.one, self.two = net.nodes

    def step(self, text, action, holder):
        """Does something, waits until the holder has the address alone and has advertised twice since,
        and prints how long the client got no answer."""
        at = time.monotonic() - self.began
        ping = self.net.client.ping(VIP)
        since = time.time()
        action()
        self.net.wait_master(holder, VIP, timeout=20)
        self.net.wait_adverts(holder, 2, since=since)
        ping.stop()
        seconds, lost = ping.longest(), ping.lost()
        silence = f"{seconds:5.2f} s without an answer" if lost else "  not one ping lost"
        print(f"{at:5.1f} s  {text:54} {silence:26} on {holder.name}", flush=True)

    def kill(self, name):
        def action():
            old = self.one.kill(name)[0]
            wait_for(lambda: self.one.pid(name) not in (None, old), f"a new {name}")
        self.step(f"kill -9 of {name} on nginx1", action, self.one)

    def start_one(self):
        self.one.start(configuration("MASTER", 100), kind="holdfast")

    def run(self):
        net, one, two = self.net, self.one, self.two
        self.start_one()
        two.start(configuration("BACKUP", 90), kind="holdfast")
        net.wait_master(one, VIP, timeout=20)
        wait_for(lambda: all(one.pid(p) for p in ("parentd", "vrrpd", "checkerd", "ipvsd")), "all processes run")
        print(f"{time.monotonic() - self.began:5.1f} s  both nodes started; nginx1 holds {VIP}", flush=True)
        for name in ("vrrpd", "parentd", "checkerd", "ipvsd"):
            self.kill(name)
        self.step("nginx1 reloads its configuration", one.reload, one)
        self.step("nginx1 is stopped", one.stop, two)
        self.step("nginx1 is started again", self.start_one, one)
        self.step("nginx1's cable is pulled", one.unplug, two)
        self.step("nginx1's cable is plugged in again", one.plug, one)
        self.step("kill -9 of the launcher on nginx1", lambda: one.kill("holdfast"), two)
        one.ended()
        self.step("nginx1 is started again", self.start_one, one)
        self.step("nginx1 dies: power off", self.power_off, two)

    def power_off(self):
        self.one.isolate()
        self.one.kill()
        netns.ip("address", "flush", "dev", "ens33", ns=self.one.ns)


def main():
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    netns.reap()
    net = Lab(ifname="ens33", client="192.168.3.198/24", **NODES)
    print(f"\nTwo nodes, VRRPv2, one advertisement a second; a client pings {VIP} every 3 ms.\n"
          "By the protocol a master that says nothing is replaced after 3.6 s, one that stops after 0.6 s.\n")
    try:
        Demo(net).run()
    except BaseException:
        net.show_logs()
        raise
    finally:
        for node in net.nodes:
            node.strict = False
        net.remove()
    print("\nAll namespaces and processes of this demonstration are gone again.")


if __name__ == "__main__":
    main()
