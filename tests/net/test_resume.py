"""What a killed vrrpd leaves in its state page, and what its successor makes of it."""

import contextlib
import json
import os
import random
import signal
import struct
import time

import pytest
from conf import instance
from harness import wait_for
from vrrp import master_down

VIP = "10.77.0.50"
ADVERT = 0.3


def start(lab, advert=ADVERT):
    net = lab()
    net.start_pair(*[instance(priority=priority, version=3, advert=str(advert)) for priority in (150, 100)], VIP)
    net.wait_adverts(net.a, 2)
    return net


def replaced(node, old=None):
    """Kills vrrpd and waits for the next one; returns when the kill was."""
    old, since = old or node.pid("vrrpd"), time.time()
    with contextlib.suppress(ProcessLookupError):  # one that was stopped may have been replaced already
        os.kill(old, signal.SIGKILL)
    node.restarts["vrrpd"] = node.restarts.get("vrrpd", 0) + 1
    wait_for(lambda: node.pid("vrrpd") not in (None, old), "a new vrrpd")
    return since


def history(node):
    """What ages while one looks at it is left out."""
    return [{key: value for key, value in change.items() if key != "ago_s"}
            for change in json.loads(node.ctl("--json", "history"))["history"]]


def last_change(node):
    return {key: value for key, value in node.vrrp("VI_1")["last_change"].items() if key != "ago_s"}


# ---- states ----

def test_backup_waits_the_rest_of_its_timer(lab):
    """The master is dead, and the backup's vrrpd is killed halfway through its Master_Down_Timer."""
    net = start(lab, 1)
    down = master_down(100, 1, 3)
    net.a.isolate()
    last = net.sniffer.adverts("a")[-1].time
    wait_for(lambda: time.time() > last + 0.45 * down, "half of the timer")
    killed = replaced(net.b)
    first = net.wait_adverts(net.b, 1)[0].time
    assert 0.9 * down < first - last < 1.2 * down, f"{first - last:.2f} s, not {down:.2f} s"
    assert first - last < killed - last + 0.8 * down, "it has waited anew"
    net.a.rejoin()
    net.wait_master(net.a, VIP)


def test_backup_knows_of_the_very_last_advertisement(lab):
    """The backup's vrrpd dies right after an advertisement, and the master is never heard again."""
    net = start(lab, 1)
    down = master_down(100, 1, 3)
    last = net.wait_adverts(net.a, 1, since=time.time())[-1].time
    net.a.isolate()
    isolated = time.time()
    replaced(net.b)
    assert len([packet for packet in net.sniffer.adverts("a", since=last) if packet.time < isolated]) == 1, "too late"
    first = net.wait_adverts(net.b, 1)[0].time
    assert 0.9 * down < first - last < 1.2 * down, f"{first - last:.2f} s, not {down:.2f} s"
    net.a.rejoin()
    net.wait_master(net.a, VIP)


def test_fault_resumes_with_its_reason(lab):
    net = start(lab)
    net.a.unplug()
    wait_for(lambda: net.a.vrrp("VI_1")["state"] == "FAULT", "FAULT")
    net.wait_master(net.b, VIP)
    before, known = last_change(net.a), history(net.a)
    replaced(net.a)
    wait_for(lambda: net.a.shows(lambda status: all(p["working"] for p in status["processes"])), "it works")
    assert net.a.vrrp("VI_1")["state"] == "FAULT"
    assert last_change(net.a) == before and "interface down" in before["reason"]
    assert history(net.a) == known
    net.a.plug()
    net.wait_master(net.a, VIP)
    assert net.a.logged("FAULT -> BACKUP: no longer: interface down")


@pytest.mark.parametrize("names", [["vrrpd"], ["parentd"], ["vrrpd", "parentd"]])
def test_history_and_counters_go_on(lab, names):
    net = start(lab)
    wait_for(lambda: net.a.counters()["sent"] > 3, "a counted what it sent")
    before, known = net.a.counters(), history(net.a)
    assert "no other router heard" in known[-1]["reason"]
    old = {name: net.a.kill(name)[0] for name in names}
    net.a.restarts = dict.fromkeys(names, 1)
    wait_for(lambda: all(net.a.pid(name) not in (None, pid) for name, pid in old.items()), "new processes")
    net.wait_adverts(net.a, 3)
    wait_for(lambda: net.a.shows(lambda status: status["vrrp"]), "answers")
    assert history(net.a) == known
    wait_for(lambda: net.a.counters()["sent"] > before["sent"], "the count goes on")
    assert net.a.counters()["became_master"] == before["became_master"] == 1
    assert not net.sniffer.adverts("b")


# ---- the page ----

INSTANCES_AT, COPY, HEAD = 4096, 512, 16


class Page:
    """The bytes of vrrpd's state page, through the descriptor that the launcher keeps. See PROTOCOL.md."""

    def __init__(self, node):
        directory = f"/proc/{node.process.pid}/fd"
        path = next(f"{directory}/{fd}" for fd in os.listdir(directory)
                    if os.readlink(f"{directory}/{fd}").startswith("/memfd:vrrpd"))
        self.file = open(path, "r+b", buffering=0)
        self.size = os.fstat(self.file.fileno()).st_size

    def write(self, offset, data):
        os.pwrite(self.file.fileno(), data, offset)

    def read(self, offset, length):
        return os.pread(self.file.fileno(), length, offset)

    def newest(self):
        """Offset of the newest copy of the only record."""
        numbers = [struct.unpack("Q", self.read(INSTANCES_AT + which * COPY, 8))[0] for which in (0, 1)]
        return INSTANCES_AT + numbers.index(max(numbers)) * COPY

    def older(self):
        return 2 * INSTANCES_AT + COPY - self.newest()


@contextlib.contextmanager
def damaged_page(net):
    """Its writer stands still while the page is changed, and is killed then."""
    pid = net.a.pid("vrrpd")
    os.kill(pid, signal.SIGSTOP)
    yield Page(net.a)
    replaced(net.a, pid)


def half_write(page, copy):
    """As a process leaves it that is killed in the middle of a store: half of the record is new."""
    page.write(copy + HEAD + 20, b"\x55" * 200)


def scribble(page):
    page.write(0, random.Random(7).randbytes(page.size))


COLD = {
    "other version": (lambda page: page.write(4, struct.pack("H", 1)), "cannot be used, .*: another version"),
    "scribbled over": (scribble, "cannot be used, .*: wrong magic"),
    "damaged header": (lambda page: page.write(20, b"\xff"), "cannot be used, .*: damaged header"),
    "both copies": (lambda page: [half_write(page, INSTANCES_AT + at) for at in (0, COPY)],
                    "record 0 of the state page is damaged and ignored"),
    "records scribbled over": (lambda page: page.write(INSTANCES_AT, random.Random(8).randbytes(page.size - INSTANCES_AT)),
                               "record 0 of the state page is damaged and ignored"),
}


@pytest.mark.parametrize("what", COLD)
def test_damaged_page_is_refused_and_the_cold_path_taken(lab, what):
    """Nothing is known of the address that the predecessor held: it is given up before anything else."""
    damage, line = COLD[what]
    net = start(lab)
    monitor = net.monitor(net.a)
    with damaged_page(net) as page:
        damage(page)
        page.file.close()
    since = time.time()
    wait_for(lambda: monitor.seen, "the address is given up")
    assert monitor.seen[0] == ("del", f"{VIP}/24")
    assert net.a.logged(f"vrrpd.* warning: .*{line}")
    assert net.a.logged("INIT -> BACKUP: started")
    net.wait_adverts(net.a, 2, since=since)
    net.wait_master(net.a, VIP)
    replaced(net.a)  # the page that was written since then is good
    net.wait_adverts(net.a, 2)
    assert monitor.seen == [("del", f"{VIP}/24"), ("add", f"{VIP}/24")]


WARM = {
    "cut off in a store": lambda page: half_write(page, page.older()),
    "newest copy": lambda page: half_write(page, page.newest()),
    "clocks": lambda page: page.write(1576960, b"\xff" * 4096),
    "history": lambda page: page.write(1593344, random.Random(9).randbytes(262144)),
}


@pytest.mark.parametrize("what", WARM)
def test_damage_that_leaves_the_state_costs_nothing(lab, what):
    net = start(lab)
    wait_for(lambda: net.a.counters()["sent"] > 8, "both copies were written")
    monitor, ping = net.monitor(net.a), net.client.ping(VIP)
    with damaged_page(net) as page:
        WARM[what](page)
    net.wait_adverts(net.a, 4)
    ping.stop()
    assert ping.lost() == 0 and not monitor.seen
    assert not net.sniffer.adverts("b")
    assert bool(net.a.logged("entries of the history in the state page are damaged")) == (what == "history")
