"""A stop is clean, whatever else happens in that moment: no address and no process stays behind."""

import os
import signal
import subprocess
import time

import pytest
from conf import instance
from harness import BUILD, wait_for
from test_replace import lay_out, put
from test_supervision import SERVICE

VIP = "10.77.0.50"
ADVERT = 1  # a process that is stopped for less than half of it is not missed


def configuration(priority):
    return instance(priority=priority, version=3, advert=str(ADVERT))


@pytest.fixture
def net(lab):
    made = lab()
    lay_out(made)
    made.start_pair(configuration(150) + SERVICE, configuration(100), VIP)
    wait_for(lambda: made.a.shows(works), "all work")
    return made


def works(status):
    return all(process["working"] for process in status["processes"])


def ends(net, since, advertised=True):
    """advertised: it said so to the others."""
    assert net.a.ended() == 0
    assert not net.a.holds(VIP), "the address stayed"
    assert not net.a.pid("vrrpd") and not net.a.pid("holdfast")
    net.wait_master(net.b, VIP)
    if advertised:
        assert net.sniffer.adverts("a", since=since)[-1].priority == 0


def test_vrrpd_is_dead_by_then(net):
    """The launcher hears of its death and is told to stop in the same moment."""
    launcher, since = net.a.process.pid, time.time()
    os.kill(launcher, signal.SIGSTOP)
    os.kill(net.a.pid("vrrpd"), signal.SIGKILL)
    os.kill(launcher, signal.SIGTERM)
    os.kill(launcher, signal.SIGCONT)
    ends(net, since)
    assert net.a.logged("vrrpd died before it gave its addresses up")


def stops_with_vrrpd_asleep(net):
    """It got the order, and cannot carry it out."""
    vrrpd = net.a.pid("vrrpd")
    os.kill(vrrpd, signal.SIGSTOP)
    net.a.ask_to_stop()
    wait_for(lambda: net.a.logged("stopping: SIGTERM"), "the launcher stops")
    return vrrpd


def test_vrrpd_dies_while_it_stops(net):
    since = time.time()
    os.kill(stops_with_vrrpd_asleep(net), signal.SIGKILL)
    ends(net, since)


def test_vrrpd_does_not_stop(net):
    since = time.time()
    stops_with_vrrpd_asleep(net)
    ends(net, since)
    assert net.a.logged("vrrpd.* is killed: it did not end in time")


def test_vrrpd_and_parentd_are_dead_by_then(net):
    """No configuration comes; the state page says what is to be removed."""
    launcher, since = net.a.process.pid, time.time()
    os.kill(launcher, signal.SIGSTOP)
    for name in ("parentd", "vrrpd"):
        os.kill(net.a.pid(name), signal.SIGKILL)
    os.kill(launcher, signal.SIGTERM)
    os.kill(launcher, signal.SIGCONT)
    ends(net, since, advertised=False)


def test_vrrpd_dies_while_it_stops_for_good(net):
    """The suite goes on, without an instance."""
    net.a.configure(SERVICE)
    vrrpd = net.a.pid("vrrpd")
    os.kill(vrrpd, signal.SIGSTOP)
    net.a.reload()
    wait_for(lambda: net.a.logged("configuration 2 is in force"), "no instance is wanted")
    os.kill(vrrpd, signal.SIGKILL)
    wait_for(lambda: not net.a.holds(VIP), "the address goes")
    wait_for(lambda: not net.a.pid("vrrpd"), "vrrpd is gone")
    net.a.configure(configuration(150) + SERVICE)
    net.a.ctl("reload")
    net.wait_master(net.a, VIP)
    net.a.restarts = {p["name"]: p["restarts"] for p in net.a.status()["processes"] if p["restarts"]}


def upgrade_that_waits(net):
    """Returns when a program is tried that never says anything."""
    put(net, "ipvsd", BUILD / "tests/impostor-silent")
    upgrade = subprocess.Popen([str(BUILD / "holdfastctl"), "--runtime-dir", str(net.a.run_dir), "upgrade"],
                               text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    wait_for(lambda: len(net.a.pids_of("ipvsd")) == 2, "it is tried")
    return upgrade


def test_stop_while_an_upgrade_is_tried(net):
    since, upgrade = time.time(), upgrade_that_waits(net)
    net.a.ask_to_stop()
    ends(net, since)
    assert net.a.logged("upgrade given up")
    assert not net.a.pid("ipvsd"), "what was tried is left behind"
    upgrade.kill()
    upgrade.wait()


def test_no_restart_while_an_upgrade_runs(net):
    upgrade = upgrade_that_waits(net)
    for words in (["restart", "vrrpd"], ["upgrade"]):
        with pytest.raises(AssertionError, match="an upgrade runs"):
            net.a.ctl(*words)
    error = upgrade.communicate(timeout=30)[1]
    assert upgrade.returncode == 1 and "ipvsd: it was ended by SIGKILL" in error
