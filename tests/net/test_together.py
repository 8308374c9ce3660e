"""Any of the processes die together, in any order and in the middle of a reload: the address stays where it
is, and what is in force is one configuration or the other, never a part of one.

chaos.Chaos runs the two nodes, chaos.Judge sees the address removed or added, the other node advertise, and
priority and addresses advertised together that belong to no configuration.
"""

import contextlib
import itertools
import os
import signal
import socket

import pytest

import chaos
import vrrp
from harness import wait_for

INTERVAL = 0.3
SETTLED = 2  # advertisements, and get_over() adds two: the next death is no early one


@pytest.fixture
def run(lab):
    return chaos.Chaos(lab(), INTERVAL)


def orders(names):
    """The names in the order of the suite, and with vrrpd and parentd in each other's places."""
    swapped = [{"vrrpd": "parentd", "parentd": "vrrpd"}.get(name, name) for name in names]
    return [names] + ([tuple(swapped)] if {"vrrpd", "parentd"} <= set(names) else [])


def pids(node, names):
    return {name: chaos.suite(node)[name] for name in names}


def over(run, node, killed):
    """Waits until others have taken the places of the killed ones and all work as if nothing had happened."""
    run.judge.wait(lambda: all(chaos.suite(node).get(name) not in (None, pid) for name, pid in killed.items()),
                   "all are replaced")
    run.judge.wait_adverts(SETTLED, "after the kills")
    run.get_over(patient=True)
    run.judge.wait(lambda: node.shows(works), "every process works with the configuration in force")


def works(status):
    """All are there and have the same generation."""
    return len(status["processes"]) == 5 and all(process["working"] for process in status["processes"])


def finish(run):
    run.finish()
    assert run.judge.longest[0] < vrrp.master_down(100, INTERVAL, 3)


@pytest.mark.parametrize("count, name", [(2, "a"), (3, "a"), (4, "a"), (2, "b"), (4, "b")])
def test_killed_at_once(run, count, name):
    """Every choice of so many processes of the master, of the other node the choices with vrrpd."""
    node = run.nodes[name]
    run.reload(name, len(chaos.VARIANTS[name]) - 1)  # not what the processes started with
    run.get_over(patient=True)
    for names in itertools.chain.from_iterable(orders(n) for n in itertools.combinations(chaos.SUITE, count)):
        if name == "b" and "vrrpd" not in names:
            continue
        run.note(f"{name}: {' '.join(names)}")
        killed = pids(node, names)
        for pid in killed.values():
            os.kill(pid, signal.SIGKILL)
        over(run, node, killed)
    finish(run)


@pytest.mark.parametrize("first, second", [("parentd", "vrrpd"), ("vrrpd", "parentd"), ("parentd", "checkerd")])
def test_killed_while_the_other_is_replaced(run, first, second):
    """The second, and the successor of the first with it, as soon as that one is there."""
    node = run.net.a
    for _ in range(3):
        killed = pids(node, (first, second))
        os.kill(killed[first], signal.SIGKILL)
        wait_for(lambda: chaos.suite(node).get(first) not in (None, killed[first]), f"a new {first}", interval=0.0005)
        killed[first] = chaos.suite(node).get(first, killed[first])
        os.kill(killed[second], signal.SIGKILL)
        os.kill(killed[first], signal.SIGKILL)
        over(run, node, killed)
    finish(run)


HALFWAY = [("parentd",), ("vrrpd",), ("checkerd",), ("ipvsd",), ("parentd", "vrrpd"), ("vrrpd", "parentd"),
           ("vrrpd", "parentd", "ipvsd"), ("vrrpd", "parentd", "checkerd", "ipvsd")]


class Half:
    """A reload of the master that has reached every process and cannot be applied: checkerd stands still.

    From here on only the configuration before and the one asked for may be seen."""

    def __init__(self, run, variant):
        self.run, self.node = run, run.net.a
        self.old = chaos.VARIANTS["a"][run.wanted["a"]]
        self.before = self.generation()
        self.checkerd = chaos.suite(self.node)["checkerd"]
        os.kill(self.checkerd, signal.SIGSTOP)
        run.judge.look()
        run.judge.pairs = {self.old, chaos.VARIANTS["a"][variant]}
        self.node.configure(chaos.configuration(chaos.VARIANTS["a"][variant], INTERVAL))
        run.wanted["a"] = variant
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as client:  # by signal it is not known when
            client.connect(str(self.node.run_dir / "control.sock"))
            client.sendall(b'{"command": "reload"}\n')
            # This question comes second, on a connection of its own: parentd has sent the configuration then.
            self.still_old()

    def generation(self):
        return self.node.status()["configuration"]["generation"]

    def still_old(self):
        """checkerd has not accepted it."""
        assert self.generation() == self.before
        self.run.judge.look()
        assert (self.run.judge.last.priority, self.run.judge.last.addresses) == self.old

    def go_on(self):
        with contextlib.suppress(ProcessLookupError):  # it may have been killed
            os.kill(self.checkerd, signal.SIGCONT)

    def over(self, killed):
        """All are replaced and work with the configuration that was asked for, all of it and nothing else."""
        over(self.run, self.node, killed)
        assert self.generation() == self.before + 1
        self.run.judge.look()
        self.run.judge.pairs = {chaos.VARIANTS["a"][self.run.wanted["a"]]}
        self.run.judge.wait_adverts(1, "of the new configuration")


def next_variant(run):
    return (run.wanted["a"] + 1) % len(chaos.VARIANTS["a"])


@pytest.mark.parametrize("moment", ["sent", "accepted"])
def test_killed_between_begin_and_apply(run, moment):
    for names in HALFWAY:
        run.note(f"{moment}: {' '.join(names)}")
        half = Half(run, next_variant(run))
        if moment == "accepted":
            run.judge.wait_adverts(1, "while the reload hangs")
            half.still_old()
        killed = pids(half.node, [name for name in names if name != "checkerd"])
        if "checkerd" in names:
            killed["checkerd"] = half.checkerd
        for name in names:
            os.kill(killed[name], signal.SIGKILL)
        half.go_on()
        half.over(killed)
    finish(run)


def test_killed_while_it_is_applied(run):
    """checkerd accepts as the last one; from then on it is a matter of microseconds."""
    for number in range(10):
        half = Half(run, next_variant(run))
        killed = pids(half.node, ("parentd", "vrrpd") if number % 2 else ("parentd",))
        half.go_on()
        run.pause(number * 0.0002 / INTERVAL)
        for pid in killed.values():
            os.kill(pid, signal.SIGKILL)
        half.over(killed)
    finish(run)


def test_killed_in_a_reload_that_waits_for_a_process_that_hangs(run):
    """checkerd comes to no end until it is found to hang, and its successor accepts in its place."""
    half = Half(run, next_variant(run))
    killed = pids(half.node, ("parentd", "vrrpd"))
    for pid in killed.values():
        os.kill(pid, signal.SIGKILL)
    run.judge.wait_adverts(3, "while the reload hangs")
    half.still_old()
    half.over(killed | {"checkerd": half.checkerd})
    finish(run)
