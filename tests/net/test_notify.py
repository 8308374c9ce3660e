"""Notify scripts and fifos: who is told what, in which order, and that it survives processes."""

import fcntl
import os
import pwd
import signal

import pytest
from conf import block, global_defs, instance
from harness import wait_for
from vrrp import Advert

VIP = "10.77.0.50"
ADVERT = 0.1
NOBODY = pwd.getpwnam("nobody").pw_uid


class Recorder:
    """Scripts that write down how they were called, when they start and when they end."""

    def __init__(self, node, seconds=0):
        self.node = node
        self.told = node.dir / "told"
        self.told.write_text("")
        os.chown(self.told, NOBODY, -1)
        self.slow = node.dir / "slow"
        self.set_slow(seconds)
        self.path = node.dir / "record.sh"
        self.path.write_text("#!/bin/sh\n"
                             f'echo "start $*" >>{self.told}\n'
                             f'read seconds <{self.slow}\n'
                             'sleep "$seconds"\n'
                             f'echo "end $*" >>{self.told}\n')
        self.path.chmod(0o755)

    def set_slow(self, seconds):
        new = self.slow.with_suffix(".new")
        new.write_text(f"{seconds}\n")
        new.chmod(0o644)
        new.rename(self.slow)

    def line(self, keyword, *words):
        return f'{keyword} "{self.path} {" ".join(words or (keyword,))}" nobody'

    def lines(self, *keywords):
        return "\n".join(self.line(k) for k in keywords or (
            "notify_master", "notify_backup", "notify_fault", "notify_stop", "notify"))

    def calls(self, what="start"):
        found = [line.split(" ", 1) for line in self.told.read_text().splitlines()]
        return [words for kind, words in found if kind == what]

    def wait(self, *calls, what="end"):
        wait_for(lambda: self.calls(what) == list(calls), f"{self.node.name} is told {calls}")

    def check_order(self):
        """One after the other: whoever starts, ends before the next one starts."""
        lines = self.told.read_text().splitlines()
        for start, end in zip(lines[::2], lines[1::2]):
            assert start.replace("start", "end") == end, lines


def two(state, priority=100, keyword=None):
    """What an instance's change of state brings: the specific command, and the general one."""
    return [keyword or f"notify_{state.lower()}", f"notify INSTANCE VI_1 {state} {priority}"]


def start(net, recorder, more="", glob="", **arguments):
    net.a.start(glob + instance(version=3, advert=str(ADVERT), extra=recorder.lines() + "\n" + more, **arguments))
    recorder.wait(*two("BACKUP"), *two("MASTER"))


def flap(net, times):
    """Another router with a higher priority comes and goes; waits for the changes, not for what they bring."""
    for _ in range(times):
        for priority, state in ((254, "BACKUP"), (0, "MASTER")):
            net.client.inject(Advert(version=3, priority=priority, interval_cs=10, source="10.77.0.100").build())
            wait_for(lambda: net.a.vrrp("VI_1")["state"] == state, f"it is {state}")


def test_start_changes_and_stop(lab):
    net = lab(a="10.77.0.1/24", sniff=False)
    told = Recorder(net.a)
    start(net, told)
    flap(net, 1)
    told.wait(*two("BACKUP"), *two("MASTER"), *two("BACKUP"), *two("MASTER"))
    net.a.unplug()
    told.wait(*(two("BACKUP") + two("MASTER")) * 2, *two("FAULT"))
    net.a.plug()
    told.wait(*(two("BACKUP") + two("MASTER")) * 2, *two("FAULT"), *two("BACKUP"), *two("MASTER"))
    shown = net.a.ctl("scripts")
    assert "VI_1" in shown and "MASTER" in shown and "exit status 0" in shown
    assert net.a.stop() == 0
    assert told.calls("end")[-2:] == two("STOP")
    told.check_order()


def test_reload_that_removes_instances(lab):
    net = lab(a="10.77.0.1/24", sniff=False)
    told = Recorder(net.a)
    common = {"version": 3, "advert": str(ADVERT)}
    stays = instance("VI_1", **common)
    for number, more in ((2, told.line("notify_deleted")), (3, told.line("notify_fault"))):
        stays_too = instance(f"VI_{number}", vrid=50 + number, vips=(f"10.77.0.{50 + number}/24",), **common,
                             extra="\n".join([more, told.line("notify")]))
        net.a.configure(stays + stays_too)
        if number == 2:
            net.a.start()
        else:
            net.a.reload()
        wait_for(lambda: f"notify INSTANCE VI_{number} MASTER 100" in told.calls("end"), "it is master")
    gone = [call for call in told.calls("end") if "VI_3" not in call][2:]
    assert gone == ["notify_deleted", "notify INSTANCE VI_2 DELETED 100"]
    net.a.configure(stays)
    net.a.reload()
    wait_for(lambda: told.calls("end")[-2:] == ["notify_fault", "notify INSTANCE VI_3 FAULT 100"], "VI_3 is gone")


def test_slow_scripts_stay_in_order_and_end_with_the_latest(lab):
    net = lab(a="10.77.0.1/24", sniff=False)
    told = Recorder(net.a)
    start(net, told)
    told.set_slow(0.4)
    flap(net, 12)
    told.set_slow(0)
    wait_for(lambda: len(told.calls("end")) > 10 and told.calls("end")[-2:] == two("MASTER")
             and " more wait" not in net.a.ctl("scripts"), "the last one is told")
    told.check_order()
    assert net.a.logged("VI_1: its scripts are slower than its changes: [0-9]+ notices were left out")
    assert len(told.calls()) < 2 * (2 + 24)
    calls = told.calls()
    assert all(calls[i + 1] == f"notify INSTANCE VI_1 {calls[i][7:].upper()} 100" for i in range(0, len(calls), 2))


@pytest.mark.parametrize("victim", ["vrrpd", "parentd", "runner", "parentd runner"])
def test_no_notice_is_lost_or_repeated(lab, victim):
    net = lab(a="10.77.0.1/24", sniff=False)
    told = Recorder(net.a)
    start(net, told)
    expected = two("BACKUP") + two("MASTER")
    # in the quiet: nothing is said again
    net.a.restarts = {name: 2 for name in victim.split()}
    replace(net, victim)
    flap(net, 1)
    expected += two("BACKUP") + two("MASTER")
    told.wait(*expected)
    # while a script runs and more wait
    told.set_slow(0.3)
    flap(net, 1)
    wait_for(lambda: len(told.calls("start")) > len(expected), "a script runs")
    replace(net, victim)
    told.set_slow(0)
    wait_for(lambda: told.calls("end")[len(expected):][-2:] == two("MASTER"), "the latest state is told")
    starts, ends = told.calls(), told.calls("end")
    if "runner" in victim:  # the script that died with it was run again
        assert victim != "runner" or ends == expected + two("BACKUP") + two("MASTER")
        assert len(starts) in (len(ends), len(ends) + 1)
        return
    told.check_order()
    assert starts == ends
    if victim == "vrrpd":
        assert ends == expected + two("BACKUP") + two("MASTER")
    else:  # what waited was left out for the latest
        assert ends[len(expected):] in (two("BACKUP") + two("MASTER"), two("BACKUP")[:1] + two("MASTER"))


def replace(net, names):
    """kill -9 of processes; there are others that work."""
    def working(name, before=None):
        return net.a.shows(lambda status: next(
            (p["pid"] for p in status["processes"] if p["name"] == name and p["working"] and p["pid"] != before), None))
    victims = {name: wait_for(lambda: working(name), f"{name} works") for name in names.split()}
    for number in (signal.SIGSTOP, signal.SIGKILL):  # none of them sees another one end
        for pid in victims.values():
            os.kill(pid, number)
    for name, before in victims.items():
        wait_for(lambda: working(name, before), f"another {name} works")


# ---- fifos ----

class Reader:
    """Reads a fifo as a program of the operator's does."""

    def __init__(self, path):
        self.fd = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
        self.bytes = b""

    def lines(self):
        try:
            self.bytes += os.read(self.fd, 1 << 16)
        except BlockingIOError:
            pass
        return self.bytes.decode().splitlines()

    def wait(self, *lines):
        wait_for(lambda: self.lines() == list(lines), f"the fifo says {lines}")

    def close(self):
        os.close(self.fd)


@pytest.fixture
def folder(tmp_path_factory):
    """Where user nobody may make files."""
    path = tmp_path_factory.mktemp("fifos")
    for part in (path, *path.parents[:-2]):
        part.chmod(0o755)
    os.chown(path, NOBODY, -1)
    return path


def test_fifos(lab, folder):
    """One that is made and one that is there; a reader that comes late; a runner that is replaced."""
    net = lab(a="10.77.0.1/24", sniff=False)
    told = Recorder(net.a)
    made, given = folder / "made", folder / "given"
    os.mkfifo(given)
    os.chown(given, NOBODY, -1)
    glob = global_defs(f'vrrp_notify_fifo "{made}" nobody', f"notify_fifo {given} nobody",
                       f"lvs_notify_fifo {folder / 'lvs'} nobody",
                       f'notify_fifo_script "{told.path} reader" nobody', "fifo_write_vrrp_states_on_reload")
    text = glob + instance(version=3, advert=str(ADVERT))
    net.a.start(text)
    net.wait_master(net.a, VIP)
    told.wait(f"reader {given}")
    assert not made.is_symlink() and made.is_fifo() and made.stat().st_uid == NOBODY
    assert made.stat().st_mode & 0o777 == 0o644
    readers = [Reader(made), Reader(given)]
    expected = ['INSTANCE "VI_1" BACKUP 100', 'INSTANCE "VI_1" MASTER 100']
    for reader in readers:
        reader.wait(*expected)
    replace(net, "runner")
    net.a.restarts = {"runner": 1}
    flap(net, 1)
    expected *= 2
    for reader in readers:
        reader.wait(*expected)
    net.a.reload()
    expected.append('INSTANCE "VI_1" MASTER 100')
    for reader in readers:
        reader.wait(*expected)
    assert net.a.stop() == 0
    for reader in readers:
        reader.wait(*expected, 'INSTANCE "VI_1" STOP 100')
        reader.close()
    assert not made.exists() and not (folder / "lvs").exists() and given.is_fifo()


@pytest.mark.parametrize("wrong, says", [
    ("file", "is no fifo and is not written to: remove it"),
    ("link", "is no fifo and is not written to: remove it"),
    ("owner", "does not belong to user nobody and is not written to: chown it"),
    ("folder", "cannot be made: Permission denied; make it yourself"),
])
def test_what_is_no_fifo_of_ours_is_left_alone(lab, folder, wrong, says):
    net = lab(a="10.77.0.1/24", sniff=False)
    path = folder / "fifo"
    if wrong == "file":
        path.write_text("precious")
        os.chown(path, NOBODY, -1)
    elif wrong == "link":
        os.mkfifo(folder / "real")
        os.chown(folder / "real", NOBODY, -1)
        path.symlink_to(folder / "real")
    elif wrong == "owner":
        os.mkfifo(path, 0o666)
    else:
        os.chown(folder, 0, -1)
    net.a.start(global_defs(f"notify_fifo {path} nobody") + instance(version=3, advert=str(ADVERT)))
    wait_for(lambda: net.a.logged(f"fifo {says}"), "it is refused")
    net.wait_master(net.a, VIP)
    if wrong == "file":
        path.unlink()
        flap(net, 1)
        wait_for(lambda: path.exists() and path.is_fifo(), "it is made once there is room")


def test_nobody_reads_the_fifo(lab, folder):
    """What does not fit into the pipe waits, and is lost from its front; the latest is kept."""
    net = lab(a="10.77.0.1/24", sniff=False)
    path = folder / "fifo"
    os.mkfifo(path)
    os.chown(path, NOBODY, -1)
    keep = os.open(path, os.O_RDWR | os.O_NONBLOCK)
    fcntl.fcntl(keep, fcntl.F_SETPIPE_SZ, 4096)
    os.write(keep, b"x" * 4086)
    net.a.start(global_defs(f"notify_fifo {path} nobody") + instance(version=3, advert=str(ADVERT)))
    net.wait_master(net.a, VIP)
    flap(net, 2)
    reader = Reader(path)
    wait_for(lambda: reader.lines()[-1:] == ['INSTANCE "VI_1" MASTER 100'] and len(reader.lines()) == 6, "all is read")
    reader.close()
    os.close(keep)


# ---- beside keepalived ----

def story(net, folder, kind):
    """What Debian's keepalived or Holdfast says from the start to the stop: sorted calls, and lines."""
    told = Recorder(net.a)
    path = folder / kind
    os.mkfifo(path)
    os.chown(path, NOBODY, -1)
    reader = Reader(path)
    net.a.start(global_defs(f"notify_fifo {path} nobody", "vrrp_notify_priority_changes")
                + block("track_file load", f"file {folder / 'load'}", "weight 1")
                + instance(version=3, advert=str(ADVERT), extra="\n".join([
                    told.lines(), told.line("notify_master_rx_lower_pri"), block("track_file", "load")])), kind=kind)
    wait_for(lambda: len(told.calls("end")) == 4, "it is master")
    net.client.inject(Advert(version=3, priority=50, interval_cs=10, source="10.77.0.100").build())
    wait_for(lambda: len(told.calls("end")) == 5, "a lower priority is told")
    (folder / "load").write_text("-20\n")
    wait_for(lambda: len(reader.lines()) == 4, "another priority is told")
    (folder / "load").write_text("0\n")
    wait_for(lambda: len(reader.lines()) == 5, "and the one before again")
    net.a.unplug()
    wait_for(lambda: len(told.calls("end")) == 7, "it is in FAULT")
    assert net.a.stop() == 0
    lines = reader.lines()
    reader.close()
    assert len(lines) == 7
    return sorted(told.calls()), lines


def test_same_words_as_keepalived(lab, folder):
    (folder / "load").write_text("0\n")
    seen = {}
    for kind in ("keepalived", "holdfast"):
        net = lab(a="10.77.0.1/24", sniff=False)
        seen[kind] = story(net, folder, kind)
    assert seen["holdfast"] == seen["keepalived"]


def test_runner_replaced_by_hand_while_a_script_runs(lab):
    """It is stopped with its scripts, and what was interrupted is run again by the next one."""
    net = lab(a="10.77.0.1/24", sniff=False)
    told = Recorder(net.a)
    start(net, told)
    told.set_slow(5)
    net.a.unplug()
    wait_for(lambda: len(told.calls()) == 5, "a script runs")
    told.set_slow(0)
    net.a.restarts = {"runner": 1}
    net.a.ctl("restart", "runner")
    told.wait(*two("BACKUP"), *two("MASTER"), *two("FAULT"))
    assert len(told.calls()) == 7
