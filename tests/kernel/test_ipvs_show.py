"""What the operator sees of the kernel's table, and what parentd tells ipvsd to put there."""

import json
import re

import metrics
from balance import (CONFIGURED, REALS, SERVICE, VIP, balance, configuration, director, ipvsadm, net,  # noqa: F401
                     reals, table, virtual, weights)
from conf import FAST, block, global_defs, instance
from traffic import wait_for

SYNC = global_defs("lvs_sync_daemon eth1 VI_1")


def shown(node, *name):
    """The services of `holdfastctl ipvs`, by address; real servers by address within."""
    found = json.loads(node.ctl("ipvs", *name, "--json", check=False))
    for service in found["services"]:
        service["real_servers"] = {real["address"]: real for real in service["real_servers"]}
    return {service["address"]: service for service in found["services"]}


def states(node, address=VIP):
    return {real: row["state"] for real, row in shown(node)[address]["real_servers"].items()}


def wait_states(node, wanted, address=VIP):
    wait_for(lambda: states(node, address) == wanted, f"{node.name} shows {wanted}")


def counters(node):
    """Connections, packets and bytes in and out, as ipvsadm shows them, by the address of the service or server."""
    found = {}
    for line in ipvsadm(node, "-Ln", "--stats", "--exact").splitlines()[3:]:
        words = line.split()
        found[words[1].rpartition(":")[0]] = [int(word) for word in words[2:]]
    return found


def daemon_roles(node):
    return set(re.findall(r"^(master|backup) sync daemon", ipvsadm(node, "-L", "--daemon"), re.M))


def kill(node, name):
    """kill -9, until its successor works."""
    node.kill(name)
    node.restarts = {**node.restarts, name: 1}
    wait_for(lambda: node.shows(lambda status: all(p["working"] and p["restarts"] == node.restarts.get(p["name"], 0)
                                                   for p in status["processes"])), f"a new {name} works")


FINE = dict.fromkeys(REALS.values(), "fine")


def test_the_numbers_are_those_of_ipvsadm(net):
    net.start()
    net.ask(VIP, count=12)
    keys = ("connections", "packets_in", "packets_out", "bytes_in", "bytes_out")

    def same():
        service = shown(net.a)[VIP]
        mine = {address: [row["counters"][key] for key in keys]
                for address, row in {VIP: service, **service["real_servers"]}.items()}
        return mine == counters(net.a) and service["counters"]["connections"] == 12
    wait_for(same, "holdfastctl ipvs shows the counters of ipvsadm")
    service = shown(net.a)[VIP]
    assert service["counters"]["bytes_in"] > 0 and sum(service["rates"].values()) >= 0
    assert (service["name"], service["state"], service["protocol"], service["port"]) == \
        (f"[{VIP}]:tcp:80", "fine", "TCP", 80)
    assert service["wanted"] == service["actual"] and service["actual"]["scheduler"] == "wrr"
    for address, weight in CONFIGURED.items():
        row = service["real_servers"][address]
        assert row["wanted"] == row["actual"] and row["state"] == "fine" and row["alive"]
        assert (row["actual"]["weight"], row["actual"]["forwarding"]) == (weight, "NAT")
    rows = {address: row for address, row in table(net.a)[SERVICE][1].items()}
    for address, row in shown(net.a)[VIP]["real_servers"].items():
        assert row["active"] + row["inactive"] == sum(int(word) for word in rows[f"{address}:80"][2:])
    lines = net.a.ctl("ipvs", VIP).splitlines()
    assert re.match(rf"fine TCP {VIP}:80 wrr, of \[{VIP}\]:tcp:80$", lines[0])
    assert lines[1].split()[:4] == ["SERVER", "STATE", "METHOD", "WEIGHT"]
    assert len({len(line) for line in lines[1:6]}) == 1, "columns are aligned"
    assert re.search(r"^  all +12 connections, ", "\n".join(lines), re.M), "and totals, of a single one"
    # a server that is down is shown with its reason
    net.down("s2")
    wait_states(net.a, {**FINE, REALS["s2"]: "out"})
    row = shown(net.a)[VIP]["real_servers"][REALS["s2"]]
    assert row["wanted"] is None and row["actual"] is None and not row["alive"]
    assert row["reason"].startswith("TCP_CHECK: ")
    assert f"down: {row['reason']}" in net.a.ctl("ipvs")
    net.up("s2")
    wait_states(net.a, FINE)


def test_what_is_foreign_is_marked_and_left_alone(net):
    net.start()
    ipvsadm(net.a, "-A", "-u", "10.77.0.61:53", "-s", "rr")
    ipvsadm(net.a, "-a", "-u", "10.77.0.61:53", "-r", "10.78.0.99:53", "-m")
    ipvsadm(net.a, "-a", "-t", f"{VIP}:80", "-r", "10.78.0.99:80", "-m", "-w", "0")
    before = table(net.a)
    found = shown(net.a)
    assert found["10.77.0.61"]["state"] == "foreign" and found["10.77.0.61"]["name"] is None
    assert states(net.a, "10.77.0.61") == {"10.78.0.99": "foreign"}
    assert states(net.a) == {**FINE, "10.78.0.99": "foreign"}
    assert list(shown(net.a, "10.77.0.61")) == ["10.77.0.61"]
    assert "not Holdfast's" in net.a.ctl("ipvs")  # nothing is wrong with that
    kill(net.a, "ipvsd")
    assert table(net.a) == before
    net.a.stop()
    assert set(table(net.a)) == {"UDP 10.77.0.61:53", SERVICE}
    assert weights(net.a, SERVICE) == {"10.78.0.99": 0}
    ipvsadm(net.a, "-C")


def test_what_the_kernel_refuses_comes_first(net):
    net.a.start(configuration() + virtual("10.77.0.60 80", *reals(), scheduler="nosuch"))
    net.wait_master(net.a, VIP)
    net.wait_weights(CONFIGURED)
    wait_for(lambda: shown(net.a)["10.77.0.60"]["problem"], "the refusal is shown")
    service = shown(net.a)["10.77.0.60"]
    assert service["state"] == "missing" and "nosuch" in service["problem"]
    assert service["actual"] is None and service["wanted"]["scheduler"] == "nosuch"
    text = net.a.ctl("ipvs", check=False)
    assert text.startswith("! missing TCP 10.77.0.60:80 nosuch")
    assert text.index("nosuch") < text.index(f"fine TCP {VIP}:80")
    status = net.a.status()["virtual_servers"]
    assert [one["problem"] is not None for one in status] == [False, True]
    assert "not as wanted" in net.a.ctl("status", check=False)
    # corrected: it is over
    net.a.configure(configuration() + virtual("10.77.0.60 80", *reals()))
    net.a.reload()
    wait_for(lambda: net.a.shows(lambda s: not any(one["problem"] for one in s["virtual_servers"])), "it is over")
    wait_states(net.a, FINE, "10.77.0.60")


def test_states_survive_the_death_of_any_process(net):
    net.start()
    net.down("s2")
    wanted = {address: weight for address, weight in CONFIGURED.items() if address != REALS["s2"]}
    net.wait_weights(wanted)
    for victim in ("ipvsd", "checkerd", "parentd"):
        before = len(net.a.log())
        kill(net.a, victim)
        # a change that has to go the whole way from checkerd to the kernel
        net.down("s3")
        net.wait_weights({REALS["s1"]: 3})
        net.up("s3")
        net.wait_weights(wanted)
        assert not re.search(r"ipvsd\[\d+\] .*" + re.escape(REALS["s2"]), net.a.log()[before:]), victim
    wait_states(net.a, {**FINE, REALS["s2"]: "out"})


def test_the_sync_daemon_follows_its_instance(net):
    mine = configuration(head=director(advert="0.5"))
    net.a.start(SYNC + mine)
    net.b.start(SYNC + configuration(head=director(priority=100, advert="0.5")))
    net.wait_master(net.a, VIP)
    wait_for(lambda: daemon_roles(net.a) == {"master"} and daemon_roles(net.b) == {"backup"}, "roles")
    wait_for(lambda: "sync daemon: master" in net.a.ctl("ipvs"), "the role is shown")
    for name in ("ipvsd", "parentd", "vrrpd"):
        began = len(re.findall("lvs_sync_daemon: .* started", net.a.log()))
        kill(net.a, name)
        assert daemon_roles(net.a) == {"master"}
        assert len(re.findall("lvs_sync_daemon: .* started", net.a.log())) == began
    net.a.isolate()
    net.wait_master(net.b, VIP, alone=False)
    wait_for(lambda: daemon_roles(net.b) == {"master"}, "b's daemon is master")
    net.a.rejoin()
    net.wait_master(net.a, VIP)
    wait_for(lambda: daemon_roles(net.a) == {"master"} and daemon_roles(net.b) == {"backup"}, "roles again")
    # a reload after which it follows nobody who is master
    net.b.stop()
    net.a.configure(global_defs("lvs_sync_daemon eth1 VI_2") + mine +
                    instance(name="VI_2", vrid=52, vips=["10.77.0.99/24"], ifname="nosuch0", **FAST))
    net.a.reload()
    wait_for(lambda: daemon_roles(net.a) == {"backup"}, "the daemon is backup")
    net.a.stop()
    assert daemon_roles(net.a) == set()


def test_dont_release_ipvs(net):
    net.a.start(configuration(), arguments=["-I"])
    net.wait_master(net.a, VIP)
    net.wait_weights(CONFIGURED)
    before = ipvsadm(net.a, "-Sn")
    assert net.a.stop() == 0
    assert ipvsadm(net.a, "-Sn") == before
    # the next one takes them over; a reload removes what is not wanted any more
    net.a.start(configuration(), arguments=["-I"])
    net.wait_master(net.a, VIP)
    wait_for(lambda: net.a.shows(lambda s: all(p["working"] for p in s["processes"])), "all work")
    wait_states(net.a, FINE)
    assert ipvsadm(net.a, "-Sn") == before
    net.a.configure(director(priority=150))
    net.a.reload()
    wait_for(lambda: table(net.a) == {}, "what was removed from the configuration is gone")
    net.a.stop()


def test_an_upgrade_leaves_the_table(net):
    net.start()
    with net.connect(VIP) as connection:
        first = connection.ask()
        old = net.a.pid("ipvsd")
        net.a.strict = False  # every process is restarted
        net.a.ctl("upgrade")
        assert net.a.pid("ipvsd") != old
        assert connection.ask() == first
    wait_states(net.a, FINE)
    assert not re.search(rf"ipvsd\[(?!{old}\]).*{re.escape(VIP)}", net.a.log())


def test_metrics_are_those_of_ipvsadm(net):
    net.start()
    net.ask(VIP, count=8)
    ends = {"connections": 0, "incoming_packets": 1, "outgoing_packets": 2, "incoming_bytes": 3, "outgoing_bytes": 4}
    name = {"virtual_server": f"[{VIP}]:tcp:80", "service": f"[{VIP}]:tcp:80"}

    def same():
        found, wanted = metrics.read(net.a), counters(net.a)
        return wanted[VIP][0] == 8 and all(
            found.get(f"holdfast_ipvs_service_{end}_total", **name) == wanted[VIP][place]
            and all(found.get(f"holdfast_ipvs_real_server_{end}_total", real_server=f"[{real}]:tcp:80", **name)
                    == wanted[real][place] for real in CONFIGURED)
            for end, place in ends.items())
    wait_for(same, "metrics have the counters of ipvsadm")
    found = metrics.read(net.a)
    assert found.get("holdfast_ipvs_readable") == 1
    for real, weight in CONFIGURED.items():
        labels = {"real_server": f"[{real}]:tcp:80", **name}
        assert found.get("holdfast_ipvs_real_server_weight", **labels) == weight
        row = shown(net.a)[VIP]["real_servers"][real]
        assert found.get("holdfast_ipvs_real_server_active_connections", **labels) \
            + found.get("holdfast_ipvs_real_server_inactive_connections", **labels) == row["active"] + row["inactive"]
    # while ipvsd is being replaced there are metrics all the same
    net.a.kill("ipvsd")
    net.a.restarts = {**net.a.restarts, "ipvsd": 1}
    assert metrics.read(net.a).get("holdfast_process_up", process="vrrpd") == 1
    wait_for(lambda: metrics.read(net.a).get("holdfast_ipvs_service_connections_total", **name) == 8, "they are back")
