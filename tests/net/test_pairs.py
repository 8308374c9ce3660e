"""Whole pairs of nodes as people configure them: those in conf/examples, and the shapes that tutorials
show, their oddities included."""

import re

import pytest
from conf import block, global_defs, instance
from harness import TOP, wait_for

EXAMPLES = sorted({re.sub(r"-[a-z]\.conf$", "", p.name) for p in (TOP / "conf/examples").glob("*-a.conf")})


def example(name):
    """node -> text"""
    return {p.stem[-1]: p.read_text() for p in sorted((TOP / "conf/examples").glob(f"{name}-[a-z].conf"))}


def instances(text):
    """[(VRID, priority, addresses)] of a configuration as regular as the examples are."""
    found = []
    text = re.sub(r"[#!].*", "", text)
    for body in re.split(r"^vrrp_instance ", text, flags=re.M)[1:]:
        held = re.search(r"virtual_ipaddress \{(.*?)\}", body, re.S).group(1)
        found.append((int(re.search(r"virtual_router_id (\d+)", body).group(1)),
                      int(re.search(r"priority (\d+)", body).group(1)),
                      re.findall(r"^\s*(\d+\.\d+\.\d+\.\d+)", held, re.M)))
    return found


def best_nodes(confs):
    """address -> node with the highest priority for it."""
    best = {}
    for node, text in confs.items():
        for vrid, priority, addresses in instances(text):
            for address in addresses:
                best[address] = max(best.get(address, (0, "")), (priority, node))
    return {address: node for address, (_, node) in best.items()}


def make(lab, confs, network, **more):
    net = lab(client=f"{network}.100/24",
              **{node: f"{network}.{n}/24" for n, node in enumerate(confs, 1)}, **more)
    for node in net.nodes:
        if "eth1" in confs[node.name]:
            node.add_link("eth1", f"10.78.0.{ord(node.name)}/24", bridge="br1")
    return net


@pytest.mark.parametrize("name", EXAMPLES)
def test_example(lab, name):
    confs = example(name)
    best = best_nodes(confs)
    network = next(iter(best)).rsplit(".", 1)[0]
    net = make(lab, confs, network)
    logs = net.dir / "logs"  # instead of the host's
    logs.mkdir()
    logs.chmod(0o777)
    for node in net.nodes:
        node.start(confs[node.name].replace("/var/log/holdfast", str(logs)))

    def as_configured():
        return all(net.holders(address) == [node] for address, node in best.items())
    if "nopreempt" in name:  # whoever was first keeps it; one only, all the same
        wait_for(lambda: all(len(net.holders(a)) == 1 for a in best), "one holder each", 15)
    else:
        wait_for(as_configured, f"held as configured: {best}", 30)  # a preempt_delay is 10 s
    assert net.client.pings_once(next(iter(best)))
    first = getattr(net, net.holders(next(iter(best)))[0])
    first.stop()
    wait_for(lambda: all(len(h := net.holders(a)) == 1 and h != [first.name] for a in best), "others took over", 15)
    assert net.client.pings_once(next(iter(best)))


def test_both_master_of_equal_priority(lab):
    """The same file on both nodes: state MASTER, priority 101, two groups of two addresses."""
    same = global_defs("router_id LVS_DEVEL") + "".join(
        instance(name=f"VI_{n}", vrid=50 + n, state="MASTER", priority=101, password="1111",
                 vips=(f"192.168.1.{2 * n + 1}/24 dev eth0 label eth0:{2 * n - 1}",
                       f"192.168.1.{2 * n + 2}/24 dev eth0 label eth0:{2 * n}")) for n in (1, 2))
    net = make(lab, {"a": same, "b": same}, "192.168.1")
    net.b.start(same)
    vips = [f"192.168.1.{n}" for n in (3, 4, 5, 6)]
    net.wait_master(net.b, *vips, timeout=15)
    net.a.start(same)
    wait_for(lambda: net.a.logged("BACKUP"), "a is backup")
    net.wait_adverts(net.b, 8)  # two master-down times: who came first keeps it among equals
    net.wait_master(net.b, *vips)
    assert {a["label"] for a in net.b.addresses() if a["local"] in vips} == {f"eth0:{n}" for n in (1, 2, 3, 4)}
    net.b.stop()
    net.wait_master(net.a, *vips)


def test_master_and_backup_of_equal_priority(lab):
    """state MASTER against state BACKUP, both at priority 50: the state decides nothing."""
    net = lab(a="192.168.184.10/24", b="192.168.184.11/24", client="192.168.184.100/24", ifname="ens33")
    for node, state in ((net.a, "MASTER"), (net.b, "BACKUP")):
        node.start(instance(name="one", ifname="ens33", vrid=51, state=state, priority=50, password="1111",
                            vips=("192.168.184.200",)))
    vip = "192.168.184.200"
    first = getattr(net, wait_for(lambda: net.holders(vip), "a holder", 15)[0])
    net.wait_adverts(first, 4)
    assert net.holders(vip) == [first.name]
    other = net.b if first is net.a else net.a
    first.stop()
    net.wait_master(other, vip)


def test_master_with_nopreempt_and_source_address(lab):
    """nopreempt beside state MASTER has no effect, and that is said."""
    net = lab(a="192.168.3.27/24", b="192.168.3.28/24", client="192.168.3.198/24", ifname="ens33")
    a = instance(ifname="ens33", vrid=33, state="MASTER", source="192.168.3.27", vips=("192.168.3.130",),
                 extra="nopreempt")
    b = instance(ifname="ens33", vrid=33, priority=90, source="192.168.3.28", vips=("192.168.3.130",))
    net.a.start(a)
    net.b.start(b)
    net.wait_master(net.a, "192.168.3.130")
    assert net.a.logged(r"warning: .*nopreempt")
    net.a.stop()
    net.wait_master(net.b, "192.168.3.130")
    net.a.start(a)
    net.wait_master(net.a, "192.168.3.130")  # takes it back, as nopreempt was without effect


def test_different_addresses_on_the_nodes(lab):
    """One node's file names another service address: both work, and the difference is counted."""
    net = lab(a="192.168.1.171/24", b="192.168.1.172/24", client="192.168.1.100/24", ifname="ens33")
    net.a.start(instance(ifname="ens33", state="MASTER", password="1111", vips=("192.168.1.161",)))
    net.b.start(instance(ifname="ens33", priority=80, password="1111", vips=("192.168.253.161",)))
    net.wait_master(net.a, "192.168.1.161")
    assert net.b.logged(r"warning: .*192\.168\.253\.161"), "an address in no local network is said"
    wait_for(lambda: net.b.counters()["address_list_mismatch"] > 0, "counted")
    net.a.stop()
    net.wait_master(net.b, "192.168.253.161")


def test_unicast_trio_with_tracked_interfaces(lab):
    addresses = {"a": "192.168.131.135", "b": "192.168.131.134", "c": "192.168.131.136"}
    net = lab(client="192.168.131.100/24", ifname="ens33", **{n: f"{a}/24" for n, a in addresses.items()})
    for node, priority in zip(net.nodes, (100, 90, 80)):
        node.add_link("eth1", f"10.78.0.{priority}/24", bridge="br1")
        node.start(instance(
            ifname="ens33", vrid=251, state="MASTER" if priority == 100 else "BACKUP", priority=priority,
            password="11111111", source=addresses[node.name], vips=("192.168.19.10",),
            peers=[a for n, a in addresses.items() if n != node.name],
            extra=block("track_interface", "eth1", "ens33")))
    net.wait_master(net.a, "192.168.19.10", timeout=15)
    assert not [p for p in net.sniffer.adverts() if p.destination == "224.0.0.18"]
    net.a.unplug("eth1")
    net.wait_master(net.b, "192.168.19.10", timeout=15)
    net.b.stop()
    net.wait_master(net.c, "192.168.19.10", timeout=15)
    net.a.plug("eth1")
    net.wait_master(net.a, "192.168.19.10", timeout=15)
