"""What clients notice when real servers die and come back."""

import pytest
from balance import (CONFIGURED, NAMES, REALS, SERVICE, VIP, balance, configuration, director, net,  # noqa: F401
                     sysctl, virtual, weights, without)
from conf import block
from scripts import Check
from traffic import wait_for


def test_a_server_dies_and_comes_back(net):
    net.start()
    load = net.load(VIP)
    assert set(load.wait_more()) == set(NAMES)
    net.down("s2")
    net.wait_weights(without("s2"))
    load.wait_more(1)  # what was under way has ended
    failed = len(load.failures)
    assert "s2" not in load.wait_more() and len(load.failures) == failed
    net.up("s2")
    net.wait_weights(CONFIGURED)
    assert set(load.wait_more()) == set(NAMES)
    assert len(load.stop()) == failed


def test_sorry_server_while_none_is_left(net):
    net.start(f"sorry_server {REALS['s3']} 80", weighing={"s1": 3, "s2": 2})
    load = net.load(VIP)
    assert set(load.wait_more()) == {"s1", "s2"}
    net.down("s1")
    net.down("s2")
    net.wait_weights({REALS["s3"]: 1})
    load.wait_more(1)
    assert set(load.wait_more()) == {"s3"}
    net.up("s1")
    net.wait_weights({REALS["s1"]: 3})
    load.wait_more(1)
    assert set(load.wait_more()) == {"s1"}


def test_sorry_server_below_the_quorum(net):
    net.start("quorum 4", f"sorry_server {REALS['s3']} 80", weighing={"s1": 3, "s2": 2})
    net.down("s1")
    net.wait_weights({REALS["s3"]: 1})
    assert net.ask(VIP, count=4) == {"s3": 4}  # s2 lives, and is not asked
    net.up("s1")
    net.wait_weights(without("s3"))
    assert set(net.ask(VIP, count=5)) == {"s1", "s2"}


def test_servers_stay_below_the_quorum_without_a_sorry_server(net):
    net.start("quorum 4")
    net.down("s1")
    net.wait_weights(without("s1"))
    wait_for(lambda: net.a.logged("quorum lost") or net.a.logged("Lost quorum"), "the quorum is lost")
    assert net.ask(VIP, count=6) == {"s2": 4, "s3": 2}


def test_alpha_server_waits_for_its_first_check(net):
    net.down("s2")
    seen = []

    def complete():
        seen.append(weights(net.a, SERVICE))
        return seen[-1] == without("s2")

    net.a.start(configuration("alpha"))
    wait_for(complete, "the others were found up")
    assert not any(REALS["s2"] in one for one in seen)
    net.wait_master(net.a, VIP)
    net.up("s2")
    net.wait_weights(CONFIGURED)


def test_a_script_says_the_weight(net):
    check = Check(net.a)
    misc = block("MISC_CHECK", f'misc_path "{check.path}"', "user nobody", "misc_timeout 5", "misc_dynamic")
    only = block(f"real_server {REALS['s1']} 80", "weight 7", misc)
    check.say(12)
    net.a.start(director() + virtual(f"{VIP} 80", only))
    net.wait_weights({REALS["s1"]: 10})
    check.say(0)
    net.wait_weights({REALS["s1"]: 7})
    check.say(1)
    net.wait_weights({})
    check.say(102)
    net.wait_weights({REALS["s1"]: 100})


def test_inhibited_server_keeps_its_connections(net):
    net.start("inhibit_on_failure")
    held = net.connections()
    net.down("s1", cut=False)
    net.wait_weights({**CONFIGURED, REALS["s1"]: 0})
    assert {name: one.ask() for name, one in held.items()} == {name: name for name in NAMES}
    assert net.ask(VIP, count=6) == {"s2": 4, "s3": 2}


def test_removed_server_keeps_its_connections_for_its_return(net):
    """What the kernel does without expire_nodest_conn: packets of these connections are dropped meanwhile."""
    net.start()
    held = net.connections()
    net.down("s1", cut=False)
    net.wait_weights(without("s1"))
    assert [held[name].ask() for name in ("s2", "s3")] == ["s2", "s3"]
    held["s1"].send()
    assert not held["s1"].answers_within(0.5)
    net.up("s1")
    net.wait_weights(CONFIGURED)
    assert held["s1"].receive() == "s1"


def test_removed_server_loses_its_connections_where_the_kernel_is_told_so(net):
    sysctl(net.a, {"ipv4/vs/expire_nodest_conn": 1})
    try:
        net.start()
        held = net.connections()
        net.down("s1", cut=False)
        net.wait_weights(without("s1"))
        with pytest.raises(OSError):
            held["s1"].ask()
        assert [held[name].ask() for name in ("s2", "s3")] == ["s2", "s3"]
    finally:
        sysctl(net.a, {"ipv4/vs/expire_nodest_conn": 0})
