"""What `holdfastctl plan` says of two files is what two nodes do that run them."""

import json
import subprocess

from conf import FAST, FAST_SECONDS, block, global_defs, instance
from harness import BUILD, wait_for
from scripts import Check

VIP = "10.77.0.50"


def conf(name, priority, check):
    script = block("vrrp_script chk", f'script "{check.path}"', "interval 0.2", "user nobody", "weight -60")
    extra = block("track_script", "chk") + block("track_interface", "eth1 weight -10")
    return global_defs(f"router_id {name}") + script + instance(priority=priority, extra=extra, **FAST)


class Plan:
    """The moves of the only address, by what happens."""

    def __init__(self, *nodes):
        done = subprocess.run([BUILD / "holdfastctl", "plan", "--json", *(node.conf for node in nodes)],
                              text=True, capture_output=True, timeout=20)
        self.status = done.returncode
        self.plan = json.loads(done.stdout)
        self.moves = {failure["text"]: failure["moves"][0] for failure in self.plan["failures"]}

    def holds(self, what):
        return self.moves[what]["after"]

    def seconds(self, what):
        return self.moves[what]["seconds"]


def begin(lab):
    net = lab()
    checks = {}
    for node, priority in ((net.a, 150), (net.b, 120)):
        node.add_link("eth1")
        checks[node] = Check(node)
        node.configure(conf(node.name, priority, checks[node]))
    plan = Plan(net.a, net.b)
    for node in (net.a, net.b):
        node.start()
    wait_for(lambda: net.holders(VIP) == plan.holds("all is well"), "the master that was planned")
    return net, plan, checks


def test_nodes_do_what_was_planned(lab):
    net, plan, checks = begin(lab)
    assert plan.status == 1 and [f["kind"] for f in plan.plan["findings"] if f["wrong"]] == ["stays"]

    # the weight that was found too light is
    net.a.unplug("eth1")
    wait_for(lambda: net.a.vrrp("VI_1")["effective_priority"] == 140, "a feels eth1")
    net.wait_adverts(net.a, 5)
    assert net.holders(VIP) == plan.holds("eth1 goes down on a") == ["a"]
    net.a.plug("eth1")

    checks[net.a].say(1)
    wait_for(lambda: net.holders(VIP) == plan.holds("script chk fails on a") == ["b"], "the script moves it")
    checks[net.a].say(0)
    net.wait_master(net.a, VIP)

    net.a.unplug("eth0")
    wait_for(lambda: net.holders(VIP) == plan.holds("eth0 goes down on a") == ["b"], "the cable moves it")
    net.a.plug("eth0")
    net.wait_master(net.a, VIP)

    net.a.isolate("eth0")
    wait_for(lambda: net.holders(VIP) == plan.holds("a and b apart on eth0") == ["a", "b"], "both have it")
    net.a.rejoin("eth0")
    net.wait_master(net.a, VIP)


def test_a_death_takes_as_long_as_was_planned(lab):
    net, plan, _ = begin(lab)
    net.a.strict = False
    net.wait_adverts(net.a, 2)
    net.a.isolate()
    net.a.kill()
    net.wait_master(net.b, VIP, alone=False)
    last = net.sniffer.adverts("a")[-1].time
    first = net.wait_adverts(net.b, 1, since=last)[0].time
    assert plan.holds("a dies") == ["b"]
    assert plan.seconds("a dies") * 0.95 <= first - last <= plan.seconds("a dies") + 2 * FAST_SECONDS
