"""track_file, vrrp_track_process, track_interface: what they say changes the priority, and with it who is master."""

import os
import pathlib
import re
import shutil
import signal
import subprocess
import tempfile
import time

import pytest
from conf import FAST, block, instance
from harness import BUILD, wait_for

VIP = "10.77.0.50"


class File:
    """A tracked file."""

    def __init__(self, node, name="load"):
        self.name = name
        self.folder = node.dir / "files" / "tracked"
        self.make_folder()
        self.path = self.folder / name

    def make_folder(self):
        for folder in (self.folder.parent, self.folder):
            folder.mkdir(exist_ok=True)
            folder.chmod(0o755)

    def say(self, number):
        """As a shell writes it: emptied, then written."""
        self.path.write_text(f"{number}\n")

    def replace(self, number):
        new = self.path.with_suffix(".new")
        new.write_text(f"{number}\n")
        new.rename(self.path)

    def block(self, *lines):
        return block(f"track_file {self.name}", f"file {self.path}", *lines)

    def tracked(self, *words):
        return block("track_file", " ".join((self.name, *words)))


class Process:
    """A program with a name of its own."""

    count = 0

    def __init__(self, node):
        Process.count += 1
        self.name = f"hf{os.getpid()}-{Process.count}"
        self.path = node.dir / self.name
        shutil.copy("/bin/sleep", self.path)
        self.running = []

    def start(self):
        self.running.append(subprocess.Popen([str(self.path), "1000"]))

    def end(self):
        """It is not reaped before stop(): a zombie is no process."""
        self.running[-1].kill()

    def stop(self):
        for process in self.running:
            process.kill()
            process.wait()

    def block(self, *lines):
        return block("vrrp_track_process daemon", f"process {self.name}", *lines)


@pytest.fixture
def process():
    made = []

    def make(node):
        made.append(Process(node))
        return made[-1]

    yield make
    for one in made:
        one.stop()


def backup(net):
    net.b.start(instance(priority=100, **FAST))


def priority_told(net, priority):
    wait_for(lambda: net.sniffer.adverts("a")[-1].priority == priority, f"priority {priority} is on the wire")


def test_number_times_weight_is_added(lab):
    net = lab()
    load = File(net.a)
    backup(net)
    net.a.start(load.block("weight -2") + instance(priority=110, extra=load.tracked(), **FAST))
    net.wait_master(net.a, VIP)
    load.say(3)
    priority_told(net, 104)
    assert net.a.logged("VI_1: priority is now 104: 110 - 6 \\(load is 3\\) = 104\n")
    load.replace(-1000)
    priority_told(net, 254)
    assert net.a.logged("110 \\+ 253 \\(load is -1000\\) = 363, which counts as 254\n")
    load.path.unlink()
    priority_told(net, 110)
    load.say("9 and whatever stands behind it")
    net.wait_master(net.b, VIP)
    assert net.a.vrrp("VI_1")["effective_priority"] == 92
    tracked = net.a.status()["tracked"]
    assert tracked == [{"name": "load", "kind": "file", "file": str(load.path), "value": 9}]
    load.folder.parent.rename(load.folder.parent.with_name("old"))  # which nobody watches
    load.make_folder()
    load.say(0)
    net.wait_master(net.a, VIP)


@pytest.mark.parametrize("weight, number", [(0, 1), (-1, 254)])
def test_file_is_fault(lab, weight, number):
    net = lab()
    maintenance = File(net.a, "maintenance")
    backup(net)
    net.a.start(maintenance.block() + instance(
        priority=150, extra=maintenance.tracked("weight", str(weight)), **FAST))
    net.wait_master(net.a, VIP)
    since = time.time()
    maintenance.say(number)
    net.wait_master(net.b, VIP)
    assert net.a.vrrp("VI_1")["last_change"]["reason"] == f"tracked file (maintenance is {number})"
    assert [p.priority for p in net.sniffer.adverts("a", since=since)][-1] == 0
    shutil.rmtree(maintenance.folder)
    net.wait_master(net.a, VIP)


def test_end_of_a_process_is_known_at_once(lab, process):
    net = lab()
    daemon = process(net.a)
    daemon.start()
    backup(net)
    net.a.start(daemon.block() + instance(priority=110, extra=block("track_process", "daemon"), **FAST))
    net.wait_master(net.a, VIP)
    since = time.time()
    daemon.end()
    net.wait_master(net.b, VIP)
    took = net.sniffer.adverts("a", since=since)[-1]
    assert took.priority == 0
    assert net.a.logged(f"vrrp_track_process daemon: 0 of '{daemon.name}': down\n")
    assert net.a.vrrp("VI_1")["last_change"]["reason"] == "tracked processes without quorum (daemon)"
    assert net.a.status()["tracked"][0]["count"] == 0
    assert re.search(rf"^daemon +down +0 of {daemon.name} run$", net.a.ctl("scripts", check=False), re.M)
    daemon.start()
    net.wait_master(net.a, VIP)
    assert net.a.status()["tracked"][0]["verdict"] == "up"


def test_delay_of_a_process(lab, process):
    """What comes back in time was never gone; a loss that lasts counts, and begins anew with another parentd."""
    net = lab()
    daemon = process(net.a)
    daemon.start()
    net.a.start(daemon.block("terminate_delay 2", "weight 20", "full_command")
                .replace(f"process {daemon.name}", f"process {daemon.path} 1000")
                + instance(priority=110, extra=block("track_process", "daemon"), **FAST))
    net.wait_master(net.a, VIP)
    daemon.end()
    wait_for(lambda: net.a.status()["tracked"][0]["count"] == 0, "it has ended")
    daemon.start()
    wait_for(lambda: net.a.status()["tracked"][0]["count"] == 1, "it is there again")
    daemon.end()
    net.a.kill("parentd")
    net.a.restarts = {"parentd": 1}
    wait_for(lambda: net.a.shows(lambda status: all(p["working"] for p in status["processes"])), "another parentd")
    assert net.a.vrrp("VI_1")["effective_priority"] == 130
    assert not net.a.logged("priority is now")
    priority_told(net, 110)
    assert net.a.logged("VI_1: priority is now 110: 110 = 110\n")


def test_weight_of_an_interface(lab):
    net = lab()
    net.a.add_link("eth1", "10.78.0.1/24", bridge="br1")
    backup(net)
    net.a.start(instance(priority=110, extra=block("track_interface", "eth1 weight -20", "eth0 weight -50"), **FAST))
    net.wait_master(net.a, VIP)
    net.a.unplug("eth1")
    priority_told(net, 90)
    assert net.a.logged("VI_1: priority is now 90: 110 - 20 \\(eth1 down\\) = 90\n")
    net.wait_master(net.b, VIP)
    net.a.plug("eth1")
    net.wait_master(net.a, VIP)


@pytest.mark.parametrize("names", [["parentd"], ["vrrpd"], ["parentd", "vrrpd"]])
def test_values_survive_whatever_dies(lab, process, names):
    """The file of a says 3, and a process is missing: b is master, and stays it."""
    net = lab()
    load, daemon = File(net.a), process(net.a)
    load.say(3)
    backup(net)
    net.a.start(load.block("weight -2") + daemon.block("weight -10") + instance(
        priority=110, extra=load.tracked() + block("track_process", "daemon"), **FAST))
    net.wait_master(net.b, VIP)
    wait_for(lambda: net.a.vrrp("VI_1")["effective_priority"] == 94, "the sum of both")
    since = time.time()
    old = net.a.kill(*names)
    net.a.restarts = dict.fromkeys(names, 1)
    wait_for(lambda: net.a.shows(lambda status: not {p["pid"] for p in status["processes"]} & set(old)),
             "new processes")
    wait_for(lambda: net.a.shows(lambda status: all(p["working"] for p in status["processes"])), "they work")
    net.wait_adverts(net.b, 5, since=since)
    assert not net.sniffer.adverts("a", since=since)
    assert net.a.vrrp("VI_1")["effective_priority"] == 94
    load.say(0)
    daemon.start()
    net.wait_master(net.a, VIP)


@pytest.mark.parametrize("there, words, said", [
    (None, "7", 7),
    (5, "7", 5),
    (5, "7 overwrite", 7),
])
def test_init_file(lab, there, words, said):
    """The script user makes it, when the instance starts and not again when parentd is replaced."""
    net = lab(a="10.77.0.1/24", sniff=False)
    load = File(net.a)
    load.folder.chmod(0o777)
    if there is not None:
        load.say(there)
    net.a.start(block("global_defs", "script_user nobody") + load.block(f"init_file {words}")
                + instance(priority=100, extra=load.tracked(), **FAST))
    wait_for(lambda: net.a.vrrp("VI_1")["effective_priority"] == 100 + said, "the priority")
    wait_for(lambda: load.path.exists() and load.path.read_text() == f"{said}\n", "the file")
    launcher = net.a.process.pid
    os.kill(launcher, signal.SIGSTOP)  # so that nobody looks while the number changes
    net.a.kill("parentd")
    load.replace(1)
    os.kill(launcher, signal.SIGCONT)
    net.a.restarts = {"parentd": 1}
    wait_for(lambda: net.a.shows(lambda status: status["vrrp"][0]["effective_priority"] == 101), "the new one looks")
    wait_for(lambda: net.a.shows(lambda status: all(p["working"] for p in status["processes"])), "it works")
    assert net.a.vrrp("VI_1")["effective_priority"] == 101 and load.path.read_text() == "1\n"


def test_init_file_that_cannot_be_made(lab):
    net = lab(a="10.77.0.1/24", sniff=False)
    load = File(net.a)
    net.a.start(block("global_defs", "script_user nobody") + load.block("init_file 7")
                + instance(priority=100, extra=load.tracked(), **FAST))
    wait_for(lambda: net.a.logged(f"init_file: {load.path} is not made: .*Permission denied"), "it is said")
    wait_for(lambda: net.a.vrrp("VI_1")["effective_priority"] == 100, "no file is 0")


@pytest.fixture
def roots_place():
    """A folder that only root can change, as are all above it."""
    place = pathlib.Path(tempfile.mkdtemp(prefix="hf-tracks-", dir="/var/lib"))
    place.chmod(0o755)
    yield place
    shutil.rmtree(place)


def test_path_of_roots_script(lab, roots_place):
    """What others can change is refused when the configuration is read, and whenever it is run."""
    net = lab(a="10.77.0.1/24", sniff=False)
    check = roots_place / "check.sh"
    check.write_text("#!/bin/sh\nid -u\n")
    check.chmod(0o755)
    conf = (block("global_defs", "enable_script_security")
            + block("vrrp_script chk", f"script {check}", "interval 0.2", "user root", "weight -20")
            + instance(priority=110, extra=block("track_script", "chk"), **FAST))
    net.a.start(conf, arguments=["--allow-root-scripts"])
    wait_for(lambda: net.a.shows(lambda status: [s["last_output"] for s in status["scripts"]] == ["0\n"]), "root runs it")
    roots_place.chmod(0o777)
    wait_for(lambda: net.a.vrrp("VI_1")["effective_priority"] == 90, "it is not run any more")
    assert net.a.logged("chk: cannot be executed: Operation not permitted after .*: refused by enable_script_security: "
                        f"root does not run {check}: everybody may write to {roots_place} \\(mode 0777\\)")
    tested = subprocess.run([str(BUILD / "holdfast"), "-t", "--allow-root-scripts", "-f", str(net.a.conf)],
                            capture_output=True, text=True)
    assert tested.returncode == 6
    assert (f"vrrp_script 'chk': root would run {check}, which others than root can change: {roots_place} "
            "(mode 0777, owner root, group root); with 'enable_script_security' that is refused") in tested.stderr
    net.a.reload()
    wait_for(lambda: net.a.logged("configuration refused: .*nothing changes"), "so is the reload")
    roots_place.chmod(0o755)
    wait_for(lambda: net.a.vrrp("VI_1")["effective_priority"] == 110, "it is run again")


def test_lenient_waits_for_no_script_that_was_left_out(lab):
    net = lab(a="10.77.0.1/24", sniff=False)
    net.a.start(block("vrrp_script chk", "script /bin/true", "user of-nobody")
                + instance(priority=110, extra=block("track_script", "chk"), **FAST), arguments=["--lenient"])
    wait_for(lambda: net.a.vrrp("VI_1")["state"] == "MASTER", "it runs without the script")
    assert net.a.logged("vrrp_script 'chk' is left out: what tracks it runs without it")
