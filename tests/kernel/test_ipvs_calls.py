"""ipvsd's calls to the kernel, by a program (ipvs_calls.c) that makes them at will."""

import os
import pathlib
import re
import subprocess
import time

import pytest
from harness import wait_for
from modules import loader, modprobe, unload_ipvs  # noqa: F401

CALLS = str(pathlib.Path(os.environ["HOLDFAST_BUILD"]) / "tests/ipvs-calls")


def ipvsadm(*arguments):
    done = subprocess.run(["ipvsadm", *arguments], capture_output=True, text=True)
    assert done.returncode == 0, f"ipvsadm {arguments}: {done.stderr}"
    return done.stdout


class Calls:
    def __init__(self, *before):
        self.process = subprocess.Popen([*before, CALLS], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        text=True)

    def __call__(self, *lines):
        """Says the lines, and returns what is answered to the last one."""
        self.process.stdin.write("".join(f"{line}\n" for line in lines))
        self.process.stdin.flush()
        answer = []
        while not answer or answer[-1] != ".":
            line = self.process.stdout.readline()
            assert line, f"it has ended: {self.process.wait()}"
            answer.append(line.rstrip("\n"))
        return answer[:-1]

    def apply(self, *changes):
        """What was refused, by its place: (errno's name, why)"""
        *refused, failed = self(*changes, "apply")
        refused = [line.split(" ", 3)[1:] for line in refused]
        assert failed == f"failed {len(refused)}"
        return {int(place): (error, why) for place, error, why in refused}

    def end(self):
        self.process.stdin.close()
        assert self.process.wait(20) == 0


@pytest.fixture
def started():
    """Starts further ones; all are ended, and the table is empty, when the test is."""
    modprobe("ip_vs")
    all_of_them = []

    def start(*before):
        all_of_them.append(Calls(*before))
        return all_of_them[-1]

    yield start
    for calls in all_of_them:
        if calls.process.poll() is None:
            calls.end()
    ipvsadm("-C")


@pytest.fixture
def calls(started):
    return started()


def service(number, action="add", scheduler="rr", engine=""):
    return f"service {action} 10.9.{number // 250}.{number % 250 + 1} 6 80 {scheduler} {engine}"


def dest(number, real, action="add", address=None, how="masq", weight=1):
    return (f"dest {action} 10.9.{number // 250}.{number % 250 + 1} 6 80 {address or f'10.8.0.{real + 1}'} 8080 "
            f"{how} {weight}")


def table():
    """Services, real servers in the kernel, as ipvsadm sees them."""
    lines = ipvsadm("-Sn").splitlines()
    return sum(line.startswith("-A") for line in lines), sum(line.startswith("-a") for line in lines)


def test_a_thousand_changes_take_few_system_calls(started, tmp_path):
    trace = tmp_path / "trace"
    calls = started("strace", "-o", str(trace), "-e", "trace=sendmsg,recvmsg")
    assert calls("read") == ["services 0", "dests 0"]
    before = len(trace.read_text().splitlines())
    changes = [service(n) for n in range(100)] + [dest(n, real) for n in range(100) for real in range(9)]
    assert calls.apply(*changes) == {}
    calls.end()
    made = trace.read_text().splitlines()[before:]
    assert table() == (100, 900)
    assert sum(line.startswith("sendmsg") for line in made) < 15
    assert sum(line.startswith("recvmsg") for line in made) < 15


def test_every_error_finds_its_change(calls):
    good = [service(n) for n in range(200)] + [dest(n, 0) for n in range(200)]
    bad = {0: (service(0), "EEXIST", "somebody else added"),
           150: (service(7), "EEXIST", "somebody else added"),
           201: (dest(999, 0), "ESRCH", "does not have its virtual server"),
           250: (dest(0, 0, "set", how="masq", weight=2 ** 31), "ERANGE", "weight above"),
           300: (dest(1, 0, address="255.255.255.255"), "EINVAL", "unicast"),
           301: (dest(1, 0, address="fc00::1"), "EINVAL", "has to be forwarded to with TUN"),
           370: (dest(2, 0, "delete", address="10.8.7.7"), "ENOENT", "somebody else removed"),
           371: (service(600, "set"), "ESRCH", "somebody else removed"),
           398: (service(601, "delete"), "ESRCH", "somebody else removed")}
    assert calls.apply(*good[:10]) == {}
    changes = good[10:]
    for place, (change, _, _) in sorted(bad.items()):
        changes.insert(place, change)
    refused = calls.apply(*changes)
    assert {place: error for place, (error, _) in refused.items()} == {
        place: error for place, (_, error, _) in bad.items()}
    assert all(bad[place][2] in why for place, (_, why) in refused.items()), refused
    assert table() == (200, 200)


def test_answers_that_were_lost_are_asked_for_again(started):
    limit = pathlib.Path("/proc/sys/net/core/rmem_max")
    before = limit.read_text()
    limit.write_text("2304")  # as small as the kernel lets it be: few errors fit
    try:
        calls = started()
        assert len(calls("info")) == 1
    finally:
        limit.write_text(before)
    assert calls.apply(*[service(n) for n in range(150)]) == {}
    kinds = dest, lambda n, _: service(n), lambda n, _: dest(n, 0, weight=2 ** 31)
    changes = [kinds[n % 3](n, 0) for n in range(150)] + [service(148, "delete"), service(1000)]
    refused = calls.apply(*changes)
    wrong = {place for place, (error, _) in refused.items() if error == "ERANGE"}
    assert wrong == {n for n in range(150) if n % 3 == 2}, "not one is lost"
    # What was there before may have been added by the request whose answer was lost: no error.
    there = {place for place, (error, _) in refused.items() if error == "EEXIST"}
    assert set(refused) == wrong | there and 0 < len(there) < 50
    assert table() == (150, 50)


@pytest.mark.parametrize("scheduler, engine, named", [
    ("twos", "", "modprobe ip_vs_twos"), ("rr", "none", "modprobe ip_vs_pe_none")])
def test_a_missing_module_is_asked_for_once_and_hinders_nothing_else(
        calls, loader, scheduler, engine, named):
    changes = [service(n, scheduler="wrr") for n in range(20)]
    changes += [service(n, scheduler=scheduler, engine=engine) for n in range(20, 320)]
    changes += [service(n) for n in range(320, 340)] + [dest(n, 0) for n in range(340)]
    refused = calls.apply(*changes)
    assert table() == (40, 40)
    assert all(error == "ENOENT" and named in why for place, (error, why) in refused.items() if place < 340)
    assert sorted(refused) == [*range(20, 320), *range(360, 660)]
    assert refused[400][0] == "ESRCH"
    assert loader.asked_for(named.split()[-1]) == 1


def test_a_module_that_is_installed_later_is_found(calls, loader):
    loader.lack("ip_vs_mh")
    assert calls.apply(service(0, scheduler="mh"))[0][0] == "ENOENT"
    loader.lack()
    assert calls.apply(service(0, scheduler="mh")) == {}


def test_thousands_are_read(calls):
    assert calls("read") == ["services 0", "dests 0"]
    changes = [service(n) for n in range(1500)] + [dest(0, real) for real in range(250)]
    assert calls.apply(*changes, *[dest(n, 1) for n in range(1, 20)]) == {}
    assert calls("read") == ["services 1500", "dests 269"]


def test_settings(calls):
    assert re.fullmatch(r"info 102\d\d \d+", calls("info")[0])
    assert calls("timeouts 100 50 0") == []
    assert calls("timeouts") == ["timeouts 100 50 300"]
    assert calls("timeouts 0 0 30") == []
    assert ipvsadm("-Ln", "--timeout") == "Timeout (tcp tcpfin udp): 100 50 30\n"
    assert calls("timeouts 4000000000 0 0")[0].startswith("error EINVAL the kernel does not take")
    assert calls("timeouts 900 120 300") == []
    assert calls.apply(service(0), dest(0, 0)) == {}
    assert calls("flush") == [] and table() == (0, 0)


def test_sync_daemons(calls):
    subprocess.run("ip link add sync0 type dummy && ip addr add 10.7.0.1/24 dev sync0 && ip link set sync0 up",
                   shell=True, check=True)
    assert calls("daemons") == []
    assert calls("start backup sync0 7 1200 239.1.2.3 9000 3") == []
    assert calls("start master sync0 9 0 - 0 0") == []
    assert calls("daemons") == ["master sync0 9 1472 224.0.0.81 8848 1", "backup sync0 7 1200 239.1.2.3 9000 3"]
    assert "backup sync daemon (mcast=sync0, syncid=7" in ipvsadm("-Ln", "--daemon")
    assert calls("start master sync0 9 0 - 0 0") == ["error EEXIST a master sync daemon runs already"]
    assert calls("stop master") == [] and calls("stop backup") == []
    assert calls("stop backup") == ["error ESRCH no backup sync daemon runs"]
    assert calls("start backup nothere 7 0 - 0 0") == ["error ENODEV there is no interface nothere"]
    assert calls("start backup sync0 7 0 10.1.1.1 0 0")[0].startswith("error EINVAL")
    assert calls("daemons") == []


def test_mixed_families_and_a_sync_daemon_do_not_go_together(calls):
    assert calls("start backup lo 7 0 - 0 0") == []
    try:
        error, why = calls.apply(service(0), dest(0, 0, address="fc00::1", how="tunnel"))[1]
        assert error == "EINVAL" and "while a sync daemon runs" in why
    finally:
        assert calls("stop backup") == []


def test_a_protocol_that_ipvs_was_built_without(calls):
    """The kernel takes any. This one has SCTP; 99 is nobody's."""
    changes = ["service add 10.9.0.1 132 80 rr", service(1),
               *(f"service add 10.9.1.{n} 99 80 rr" for n in range(1, 100)), service(2),
               "dest add 10.9.0.1 132 80 10.8.0.1 80 masq 1", "dest add 10.9.1.1 99 80 10.8.0.1 80 masq 1"]
    refused = calls.apply(*changes)
    assert sorted(refused) == [*range(2, 101), 103]
    assert {error for place, (error, _) in refused.items() if place < 103} == {"EPROTONOSUPPORT"}
    assert "does not know the protocol" in refused[50][1] and refused[103][0] == "ESRCH"
    assert table() == (3, 1) and "SCTP" in ipvsadm("-Ln")


def wait_for_ipvs(calls):
    """Loads it. Returns how long it took until that was noticed."""
    modprobe("ip_vs")
    began = time.monotonic()
    assert calls("wait") == ["available"]
    return time.monotonic() - began


def test_ipvs_comes_and_goes(started, loader):
    unload_ipvs()
    loader.lack("IPVS")
    calls = started()
    assert calls("wait") == ["unavailable this kernel has no IPVS: modprobe ip_vs, or boot a kernel with "
                             "CONFIG_IP_VS; it is noticed when it is there"]
    assert loader.asked_for("net-pf-16-proto-16-family-IPVS") == 1
    assert set(error for error, _ in calls.apply(service(0), service(1)).values()) == {"ENODEV"}
    assert calls("read")[0].startswith("error ENODEV")
    waits = [wait_for_ipvs(calls)]
    assert calls.apply(service(0)) == {} and table() == (1, 0)
    ipvsadm("-C")
    unload_ipvs()
    # It was not told yet: what fails is the request.
    refused = calls.apply(*[service(n) for n in range(1000)])
    assert len(refused) == 1000 and {error for error, _ in refused.values()} == {"ENODEV"}
    assert calls("wait")[0].startswith("unavailable")
    loader.lack()
    waits.append(wait_for_ipvs(calls))
    assert min(waits) < 2, "at once, and not when it is asked for again, which is after 5 s"
    unload_ipvs()
    assert calls("wait")[0].startswith("unavailable")


def test_a_family_that_was_loaded_anew_is_another(calls):
    assert calls("wait") == ["available"]
    unload_ipvs()
    modprobe("ip_vs")
    assert calls.apply(service(0))[0][0] == "ENODEV"
    assert calls("wait") == ["available"]
    assert calls.apply(service(0)) == {}


def test_without_the_right(started):
    calls = started("setpriv", "--bounding-set=-net_admin", "--inh-caps=-net_admin")
    error, why = calls.apply(service(0))[0]
    assert error == "EPERM" and "CAP_NET_ADMIN" in why
    assert calls("read")[0].startswith("error EPERM")
    assert wait_for(lambda: table() == (0, 0), "nothing was added")
