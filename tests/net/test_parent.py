"""parentd dies: nothing but parentd is replaced, nothing that the others do is interrupted, and whoever
asked it something is told so and is served again at once."""

import json
import os
import pathlib
import re
import signal
import socket
import struct
import subprocess
import threading
import time

import pytest
import vrrp
from conf import block, instance
from harness import BUILD, wait_for
from test_replace import lay_out, put
from test_supervision import control_socket

VIP = "10.77.0.50"
ADVERT = 0.3
OTHERS = ("holdfast", "vrrpd", "checkerd", "ipvsd")
REFUSED = r"configuration refused: .*; nothing changes"


# Of a server that nothing is to be checked of, so that a page of checkerd's stays as it is.
SERVICE = block("virtual_server 10.77.0.50 80", "lb_algo rr", "lb_kind NAT", "protocol TCP",
                block("real_server 10.77.0.100 80", "weight 1"))


def configuration(priority, service=SERVICE):
    """Without a second burst of gratuitous ARP, which would come in the middle of a test."""
    return instance(priority=priority, version=3, advert=str(ADVERT), extra="garp_master_delay 0") + service


@pytest.fixture
def net(lab):
    made = lab()
    made.start_pair(configuration(150), configuration(100, ""), VIP)
    wait_for(lambda: made.a.shows(lambda status: works(status)), "all processes work")
    made.wait_adverts(made.a, 2)
    return made


def works(status):
    """Every process runs with the configuration in force."""
    return len(status["processes"]) == 5 and all(process["working"] for process in status["processes"])


def pids(net):
    return {name: net.a.pid(name) for name in OTHERS}


def pages(net):
    """What checkerd and ipvsd would leave to their successors, as the launcher keeps it."""
    found = {}
    directory = pathlib.Path(f"/proc/{net.a.process.pid}/fd")
    for name in ("checkerd", "ipvsd"):
        path = next(fd for fd in directory.iterdir() if os.readlink(fd).startswith(f"/memfd:{name}"))
        found[name] = path.read_bytes()
    return found


def kill_parent(net):
    """Returns when its successor runs with the configuration in force."""
    old = net.a.kill("parentd")[0]
    net.a.restarts["parentd"] = net.a.restarts.get("parentd", 0) + 1
    wait_for(lambda: net.a.pid("parentd") not in (None, old), "a new parentd")
    wait_for(lambda: net.a.shows(works), "all processes work")


def undisturbed(net, monitor, before):
    """before: pids() at the begin. The gap is that of an advertisement late by less than half an interval."""
    assert pids(net) == before
    adverts = net.sniffer.adverts("a")
    gap = max(later.time - earlier.time for earlier, later in zip(adverts, adverts[1:]))
    assert gap < 1.5 * ADVERT, f"{gap:.3f} s without an advertisement"
    assert not monitor.seen and not net.sniffer.adverts("b")


def ask(net, *words):
    return subprocess.Popen([str(BUILD / "holdfastctl"), "--runtime-dir", str(net.a.run_dir), *words],
                            text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def test_nothing_but_parentd_is_replaced(net):
    monitor, ping, before, kept = net.monitor(net.a), net.client.ping(VIP), pids(net), pages(net)
    counters, garps = net.a.counters(), len(net.sniffer.garps("a"))
    for _ in range(3):
        kill_parent(net)
        net.wait_adverts(net.a, 4)
    ping.stop()
    undisturbed(net, monitor, before)
    assert ping.lost() == 0 and len(net.sniffer.garps("a")) == garps
    assert pages(net) == kept
    for name, count in net.a.counters().items():
        assert count >= counters[name], f"{name} began anew"
    assert net.a.counters()["became_master"] == 1
    assert json.loads(net.a.ctl("status", "--json", check=False))["configuration"]["generation"] == 1


def test_open_control_connections_are_told(net):
    """One that is idle sees its end, one that waits for an answer says so; the next is answered at once."""
    monitor, before = net.monitor(net.a), pids(net)
    idle = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    idle.settimeout(10)
    idle.connect(str(control_socket(net.a)))
    idle.sendall(b'{"command": "processes"}\n')
    assert idle.recv(1 << 16)
    os.kill(before["checkerd"], signal.SIGSTOP)  # so that the reload has no end
    net.a.configure(configuration(160))
    waiting = ask(net, "reload")
    wait_for(lambda: net.a.logged("reload asked for over the control socket"), "it waits")
    net.a.kill("parentd")
    out, error = waiting.communicate(timeout=10)
    assert waiting.returncode == 2 and out == ""
    assert re.fullmatch(r"holdfastctl: no answer: parentd .* is being replaced; ask again\n", error), error
    assert idle.recv(1) == b"", "the end of the connection"
    again = ask(net, "status")
    out, error = again.communicate(timeout=10)
    assert again.returncode in (0, 1) and "VI_1" in out and error == ""
    os.kill(before["checkerd"], signal.SIGCONT)
    net.a.restarts = {"parentd": 1}
    wait_for(lambda: net.sniffer.adverts("a")[-1].priority == 160, "the new parentd finishes the reload")
    undisturbed(net, monitor, before)


def test_who_asks_while_there_is_no_parentd_is_answered(net):
    """The launcher keeps the socket: connect() is never refused, the question waits for the next parentd."""
    path = str(control_socket(net.a))
    refused, asked, done, room = [], [], threading.Event(), threading.Event()

    def connect():
        while not done.is_set():
            room.wait()
            with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as client:
                client.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, struct.pack("ll", 10, 0))
                try:
                    client.connect(path)  # waits while too many others do
                    asked.append(True)
                except OSError as error:
                    refused.append(error)
            time.sleep(0.0005)  # a client of its own, hundreds of times a second
    room.set()
    thread = threading.Thread(target=connect)
    thread.start()
    try:
        for _ in range(5):
            old = net.a.pid("parentd")
            room.clear()  # else the queue could be full before the question is in it
            os.kill(old, signal.SIGSTOP)  # it takes no connection any more
            waiting = ask(net, "vrrp")
            wait_for(lambda: asleep_in_recv(waiting.pid), "it has connected and waits")
            room.set()
            os.kill(old, signal.SIGKILL)
            out, error = waiting.communicate(timeout=15)
            assert (waiting.returncode, error) == (0, "") and "MASTER" in out
            assert net.a.pid("parentd") not in (None, old)
            net.a.ctl("vrrp")
    finally:
        done.set()
        room.set()
        thread.join()
    net.a.restarts = {"parentd": 5}
    assert not refused, refused[0]
    assert len(asked) > 50


def asleep_in_recv(pid):
    try:
        with open(f"/proc/{pid}/syscall") as text:
            return text.read().split()[0] == "45"  # recvfrom
    except OSError:
        return False


def break_file(net):
    net.a.configure(configuration(170).replace("virtual_router_id", "virtual_ruoter_id"))


def delete_file(net):
    net.a.conf.unlink()


@pytest.mark.parametrize("victims", [("parentd",), ("parentd", "vrrpd"), ("vrrpd", "parentd"),
                                     ("vrrpd", "parentd", "checkerd", "ipvsd")], ids=" ".join)
@pytest.mark.parametrize("spoil", [break_file, delete_file])
def test_the_configuration_in_force_outlives_the_file(net, spoil, victims):
    """Its successor, and a vrrpd that died with it, go on with what was in force."""
    monitor, ping = net.monitor(net.a), net.client.ping(VIP)
    net.a.configure(configuration(160))
    net.a.ctl("reload")
    net.wait_adverts(net.a, 2)
    spoil(net)
    old = {name: net.a.pid(name) for name in victims}
    for pid in old.values():
        os.kill(pid, signal.SIGKILL)
    wait_for(lambda: all(net.a.pid(name) not in (None, pid) for name, pid in old.items()), "all are replaced")
    wait_for(lambda: net.a.shows(works), "all work")
    wait_for(lambda: net.a.logged(REFUSED), "the file was refused")
    assert net.a.logged(r"test\.conf")
    assert net.a.status()["configuration"]["generation"] == 2
    assert net.a.status()["configuration"]["problem"]
    net.wait_adverts(net.a, 3)
    adverts = net.sniffer.adverts("a")
    assert adverts[-1].priority == 160
    gap = max(later.time - earlier.time for earlier, later in zip(adverts, adverts[1:]))
    assert gap < vrrp.master_down(100, ADVERT, 3)
    done = ask(net, "reload")
    assert "test.conf" in done.communicate(timeout=15)[1] and done.returncode == 1
    net.a.configure(configuration(170))
    net.a.ctl("reload")
    wait_for(lambda: net.sniffer.adverts("a")[-1].priority == 170, "the repaired file is in force")
    assert net.a.status()["configuration"]["problem"] is None
    ping.stop()
    net.a.restarts = dict.fromkeys(victims, 1)
    assert ping.lost() == 0 and not monitor.seen and not net.sniffer.adverts("b")


def reload_twice(net, first, second):
    """Both are under way when this returns: the clients that asked."""
    clients = []
    for text in (first, second):
        net.a.configure(text)
        clients.append(ask(net, "reload"))
        wait_for(lambda: net.a.log().count("reload asked for over the control socket") == len(clients), "it is asked")
    return clients


def test_reload_asked_for_during_another_one_is_not_forgotten(net):
    old = net.a.pid("vrrpd")
    os.kill(old, signal.SIGSTOP)  # it accepts nothing for now
    clients = reload_twice(net, configuration(160), configuration(170))
    if os.path.exists(f"/proc/{old}"):
        os.kill(old, signal.SIGCONT)
    assert [client.wait(15) for client in clients] == [0, 0]
    assert net.a.status()["configuration"]["generation"] == 3
    wait_for(lambda: net.sniffer.adverts("a")[-1].priority == 170, "the second one is in force")
    net.a.restarts = {"vrrpd": 1} if net.a.pid("vrrpd") != old else {}
    assert not net.sniffer.adverts("b")


def test_reload_asked_for_during_one_that_fails_is_not_forgotten(lab):
    """The first needs a checkerd, which cannot live; whoever asked for the second is not told of that."""
    net = lab()
    lay_out(net)
    put(net, "checkerd", BUILD / "tests/impostor-dying")
    net.a.start(configuration(150, ""))
    net.wait_master(net.a, VIP)
    monitor = net.monitor(net.a)
    clients = reload_twice(net, configuration(160), configuration(170, ""))
    errors = [client.communicate(timeout=30)[1] for client in clients]
    assert clients[0].returncode == 1 and "no answer within the time limit from checkerd" in errors[0], errors
    assert clients[1].returncode == 0, errors
    wait_for(lambda: net.sniffer.adverts("a")[-1].priority == 170, "the second one is in force")
    assert not any(packet.priority == 160 for packet in net.sniffer.adverts("a")) and not monitor.seen
    assert not net.a.pid("checkerd") and not net.a.pid("ipvsd")


def test_client_that_does_not_wait_for_its_answer(net):
    """It asks for a reload that is refused at once, and is gone before it can be told."""
    monitor, before, parent = net.monitor(net.a), pids(net), net.a.pid("parentd")
    break_file(net)
    for count in (1, 2, 3):
        os.kill(parent, signal.SIGSTOP)
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as client:
            client.connect(str(control_socket(net.a)))
            client.sendall(b'{"command": "reload"}\n{"command": "status"}\n')
        os.kill(parent, signal.SIGCONT)
        wait_for(lambda: len(re.findall(REFUSED, net.a.log())) == count, "the reload is refused")
    net.a.ctl("vrrp")
    assert net.a.pid("parentd") == parent
    undisturbed(net, monitor, before)


def test_checkerd_that_talks_without_an_end(lab):
    """It is ended, again and again, and whoever asks for the status meanwhile is answered."""
    net = lab()
    lay_out(net)
    put(net, "checkerd", BUILD / "tests/flood")
    net.a.strict = False  # the violation is what is looked for
    net.a.start(configuration(150))
    wait_for(lambda: net.a.logged("protocol violation: it sends messages without an end"), "it is told off")
    wait_for(lambda: net.a.shows(lambda status: status["processes"]), "the status is shown")
