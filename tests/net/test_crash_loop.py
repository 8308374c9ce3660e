"""A vrrpd that cannot be kept alive gives its addresses up, and comes back when it can."""

import shutil
import time

import pytest
from conf import instance
from harness import BUILD, wait_for

VIP = "10.77.0.50"
ADVERT = 0.2


class Flaky:
    """a's vrrpd is tests/net/flaky.c."""

    def __init__(self, net):
        usr = net.a.dir / "usr"
        self.libexec = usr / "libexec/holdfast"
        (self.libexec / "real").mkdir(parents=True)
        (usr / "sbin").mkdir()
        shutil.copy(BUILD / "holdfast", usr / "sbin")
        for name in ("parentd", "checkerd", "ipvsd", "runner"):
            shutil.copy(BUILD / "libexec" / name, self.libexec)
        shutil.copy(BUILD / "libexec/vrrpd", self.libexec / "real")
        program = (BUILD / "tests/flaky").read_bytes()
        old = b"@@@folder@@@" + bytes(200)
        assert old in program
        path = self.libexec / "vrrpd"
        path.write_bytes(program.replace(old, str(self.libexec).encode().ljust(len(old), b"\0")))
        path.chmod(0o755)
        self.become("")
        for directory in (net.a.dir, usr, usr / "libexec", self.libexec, self.libexec / "real"):
            directory.chmod(directory.stat().st_mode | 0o055)
        net.a.daemon = str(usr / "sbin/holdfast")

    def become(self, mood):
        new = self.libexec / "mood.new"
        new.write_text(mood)
        new.chmod(0o644)
        new.rename(self.libexec / "mood")


@pytest.fixture
def net(lab):
    made = lab()
    made.flaky = Flaky(made)
    made.start_pair(*[instance(priority=priority, version=3, advert=str(ADVERT)) for priority in (150, 100)], VIP)
    made.wait_adverts(made.a, 2)
    return made


def falls_ill(net, mood):
    """Returns when: the last one of its advertisements came before."""
    net.flaky.become(mood)
    net.a.kill("vrrpd")
    return time.time()


def recovers(net):
    net.flaky.become("")
    net.wait_master(net.a, VIP, timeout=60)
    wait_for(lambda: net.a.shows(lambda status: all(p["working"] for p in status["processes"])), "all work")
    net.a.restarts = {"vrrpd": net.a.processes()["vrrpd"]["restarts"]}
    assert net.a.logged("FAULT -> BACKUP: no longer: vrrpd keeps dying")
    # it is well again: what kills it now costs nothing
    monitor, since = net.monitor(net.a), time.time()
    net.a.kill("vrrpd")
    net.a.restarts["vrrpd"] += 1
    net.wait_adverts(net.a, 3, since=since)
    assert not monitor.seen


def test_addresses_are_released_and_taken_again(net):
    monitor = net.monitor(net.a)
    since = falls_ill(net, "dies")
    wait_for(lambda: not net.a.holds(VIP), "a gives the address up")
    net.wait_master(net.b, VIP)
    assert monitor.seen == [("del", f"{VIP}/24")]
    assert [p.priority for p in net.sniffer.adverts("a", since=since)] == [0], "told the others"
    assert net.a.logged("vrrpd keeps dying: it is started to give its addresses up")
    status = net.a.vrrp("VI_1")
    assert status["state"] == "FAULT" and status["last_change"]["reason"] == "vrrpd keeps dying"
    assert "vrrpd keeps dying" in net.a.ctl("history")
    recovers(net)


def test_it_is_not_tried_at_full_speed(net):
    """Three deaths, a quarter of an interval apart, then seconds."""
    falls_ill(net, "dies")
    wait_for(lambda: net.a.logged("vrrpd is started again in 2000 ms"), "a second round", timeout=30)
    began = [line for line in net.a.log().splitlines() if "vrrpd is started again" in line]
    assert 4 <= len(began) <= 25, "\n".join(began)
    assert any("is started again in 1000 ms" in line for line in began)
    recovers(net)


def test_release_without_parentd(net):
    """What kills it is its configuration: the address goes all the same."""
    falls_ill(net, "dies connected")
    wait_for(lambda: not net.a.holds(VIP), "a gives the address up")
    net.wait_master(net.b, VIP)
    assert net.a.logged("no configuration has come: removing every address that is remembered")
    assert net.a.vrrp("VI_1")["last_change"]["reason"] == "vrrpd keeps dying"
    recovers(net)


def test_what_cannot_be_released_is_said_and_tried_again(net):
    falls_ill(net, "dies always")
    wait_for(lambda: net.a.logged("vrrpd could not give its addresses up: they may still be on this node"), "it is said")
    net.flaky.become("dies")
    wait_for(lambda: not net.a.holds(VIP), "a gives the address up", timeout=30)
    recovers(net)


def test_reload_starts_it_at_once(net):
    """The operator who has put things right does not wait for the next try."""
    falls_ill(net, "dies")
    wait_for(lambda: net.a.logged("vrrpd is started again in 4000 ms"), "it waits for long", timeout=30)
    net.flaky.become("")
    since = time.time()
    net.a.reload()
    wait_for(lambda: net.a.logged("FAULT -> BACKUP"), "it runs again")
    assert time.time() - since < 0.75 * 4, "it waited as if nobody had done anything"
    recovers(net)
