"""`holdfastctl restart` and `holdfastctl upgrade`: no address moves and no advertisement is missed."""

import os
import pathlib
import re
import shutil
import subprocess

import pytest
from conf import instance
from harness import BUILD, wait_for
from test_supervision import KEPT, SERVICE

VIP = "10.77.0.50"
ADVERT = 0.3
PROGRAMS = ("parentd", "vrrpd", "checkerd", "ipvsd")


def lay_out(net):
    """a runs a copy of the programs, laid out as they are installed."""
    net.a.programs = net.a.dir / "usr"
    (net.a.programs / "libexec/holdfast").mkdir(parents=True)
    install(net)
    net.a.daemon = str(net.a.programs / "sbin/holdfast")


@pytest.fixture
def net(lab):
    made = lab()
    lay_out(made)
    made.start_pair(instance(priority=150, version=3, advert=str(ADVERT)) + SERVICE,
                    instance(priority=100, version=3, advert=str(ADVERT)), VIP)
    made.wait_adverts(made.a, 2)
    wait_for(lambda: all(made.a.pid(name) for name in KEPT), "all processes run")
    return made


def place(net, name):
    return net.a.programs / ("sbin" if name == "holdfast" else "libexec/holdfast") / name


def put(net, name, source):
    """As a package manager does it: a new file takes over the name."""
    path = place(net, name)
    path.parent.mkdir(exist_ok=True)
    new = path.with_suffix(".new")
    shutil.copy(source, new)
    new.rename(path)


def install(net):
    put(net, "holdfast", BUILD / "holdfast")
    for name in (*PROGRAMS, "runner"):
        put(net, name, BUILD / "libexec" / name)


def pids(net):
    found = {}
    for process in net.a.status()["processes"]:
        found[process["name"]] = process["pid"]
    return found


def run(pid):
    """The file that a process executes."""
    status = os.stat(f"/proc/{pid}/exe")
    return status.st_dev, status.st_ino


def on_disk(net, name):
    status = place(net, name).stat()
    return status.st_dev, status.st_ino


def undisturbed(net, since):
    """The gap is that of an advertisement that was late by less than half an interval."""
    net.wait_adverts(net.a, 4, since=since)
    adverts = net.sniffer.adverts("a")
    gap = max(after.time - before.time for before, after in zip(adverts, adverts[1:]))
    assert gap < 1.5 * ADVERT, f"{gap:.3f} s without an advertisement"
    assert not net.sniffer.adverts("b"), "the other node noticed"


@pytest.mark.parametrize("name", ["vrrpd", "parentd", "checkerd", "ipvsd", "holdfast"])
def test_restart_of_one_process(net, name):
    import time
    monitor, ping, since, before = net.monitor(net.a), net.client.ping(VIP), time.time(), pids(net)
    assert name in net.a.ctl("restart", name)
    after = pids(net)
    changed = {other for other in KEPT if before[other] != after[other]}
    assert changed == ({name} if name != "holdfast" else set())
    undisturbed(net, since)
    ping.stop()
    assert ping.lost() == 0 and not monitor.seen
    net.a.restarts = {name: 1} if name != "holdfast" else {}
    net.a.ctl("reload")  # everybody still understands everybody


def test_restart_says_what_it_cannot_do(net):
    for words, expected in ((["restart", "nobody"], "no such process"), (["restart"], "usage")):
        done = subprocess.run([str(BUILD / "holdfastctl"), "--runtime-dir", str(net.a.run_dir), *words],
                              text=True, capture_output=True)
        assert done.returncode != 0 and expected in done.stderr
    done = subprocess.run(["setpriv", "--reuid=nobody", f"--regid={os.stat(net.a.run_dir).st_gid}", "--clear-groups",
                           str(BUILD / "holdfastctl"), "--runtime-dir", str(net.a.run_dir), "restart", "vrrpd"],
                          text=True, capture_output=True)
    assert done.returncode == 1 and "only root" in done.stderr


def test_upgrade_replaces_every_program(net):
    import time
    for count in (1, 2):
        before, since = pids(net), time.time()
        monitor, ping = net.monitor(net.a), net.client.ping(VIP)
        install(net)
        net.a.ctl("upgrade")
        after = pids(net)
        for name in KEPT:
            assert run(after[name]) == on_disk(net, name), f"{name} runs the old program"
            assert (after[name] == before[name]) == (name == "holdfast")
            assert pathlib.Path(f"/proc/{after[name]}/comm").read_text().strip() == name
        undisturbed(net, since)
        ping.stop()
        assert ping.lost() == 0 and not monitor.seen
        net.a.restarts = dict.fromkeys(PROGRAMS, count)
        net.a.verify()
    net.a.configure(instance(priority=160, version=3, advert=str(ADVERT)))
    net.a.reload()  # signals still arrive
    wait_for(lambda: net.sniffer.adverts("a")[-1].priority == 160, "the new priority")
    net.a.kill("vrrpd")
    net.a.restarts = {"parentd": 2, "vrrpd": 3}
    net.wait_adverts(net.a, 3)


def filters(pid):
    return re.search(r"Seccomp_filters:\t(\d+)", pathlib.Path(f"/proc/{pid}/status").read_text()).group(1)


def test_system_call_filters_do_not_add_up(net):
    """The kernel takes only so many, and each costs every call of every process."""
    before = filters(net.a.pid("holdfast"))
    net.a.ctl("restart", "holdfast")
    install(net)
    net.a.ctl("upgrade")
    assert filters(net.a.pid("holdfast")) == before
    net.a.restarts = dict.fromkeys(PROGRAMS, 1)


@pytest.mark.parametrize("name, impostor, reason", [
    ("vrrpd", "/bin/false", "exit status 1"),
    ("checkerd", "/bin/true", "said nothing"),
    ("ipvsd", BUILD / "tests/impostor-newer", "version"),
    ("parentd", None, "No such file"),
    ("holdfast", "/bin/true", "said nothing"),
    ("vrrpd", __file__, "cannot be executed"),
])
def test_refused_upgrade_touches_nothing(net, name, impostor, reason):
    import time
    before, monitor, since = pids(net), net.monitor(net.a), time.time()
    install(net)
    if impostor is None:
        place(net, name).unlink()
    else:
        put(net, name, impostor)
    with pytest.raises(AssertionError, match=f"upgrade refused.*{name}.*{reason}"):
        net.a.ctl("upgrade")
    assert pids(net) == before
    undisturbed(net, since)
    assert not monitor.seen
    # what died now would be replaced by what ran so far
    net.a.kill("vrrpd")
    net.a.restarts = {"vrrpd": 1}
    net.wait_adverts(net.a, 3)
    assert not monitor.seen


@pytest.mark.parametrize("name", ["vrrpd", "parentd"])
def test_new_program_that_cannot_live_is_taken_back(net, name):
    import time
    monitor, ping, since = net.monitor(net.a), net.client.ping(VIP), time.time()
    install(net)
    put(net, name, BUILD / "tests/impostor-dying")
    with pytest.raises(AssertionError, match=f"upgrade refused.*{name}.*keeps dying"):
        net.a.ctl("upgrade")
    wait_for(lambda: net.a.shows(lambda status: all(p["working"] for p in status["processes"])), "all work again")
    net.wait_adverts(net.a, 3, since=since)
    ping.stop()
    assert ping.lost() == 0 and not monitor.seen and not net.sniffer.adverts("b")
    net.a.restarts = {p["name"]: p["restarts"] for p in net.a.status()["processes"] if p["restarts"]}


def test_programs_are_deleted(net):
    """A suite that runs needs nothing from the disk to go on."""
    shutil.rmtree(net.a.programs)
    monitor = net.monitor(net.a)
    for name in PROGRAMS:
        old = net.a.kill(name)[0]
        wait_for(lambda: pids(net).get(name) not in (None, old), f"a new {name}")
    net.a.restarts = dict.fromkeys(PROGRAMS, 1)
    net.wait_adverts(net.a, 3)
    assert not monitor.seen and not net.sniffer.adverts("b")
