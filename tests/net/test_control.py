"""The control socket, for those who may only read, and against them."""

import grp
import json
import socket
import subprocess
import sys

import pytest
import reader
from conf import FAST, FAST_SECONDS, instance
from harness import BUILD, wait_for

VIP = "10.77.0.50"
NOBODY, ANOTHER = 65534, 65533


def start(net):
    net.a.start(instance(priority=150, **FAST))
    net.wait_master(net.a, VIP)


def path_of(node):
    return str(node.run_dir / "control.sock")


class Reader:
    """reader.py as a user of group holdfast."""

    def __init__(self, node, *words, uid=NOBODY, group="holdfast"):
        gid = grp.getgrnam(group).gr_gid
        self.process = subprocess.Popen(
            ["setpriv", f"--reuid={uid}", f"--regid={gid}", "--clear-groups", sys.executable, "-B",
             reader.__file__, path_of(node), *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def line(self):
        return self.process.stdout.readline()

    def end(self):
        out, error = self.process.communicate(timeout=10)
        return out, error

    def close(self):
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()
        self.process.stderr.close()


@pytest.fixture
def readers():
    made = []
    yield lambda *words, **how: made.append(Reader(*words, **how)) or made[-1]
    for one in made:
        one.close()


def requests(*commands):
    return [json.dumps({"command": command}) for command in commands]


def test_a_reader_reads_and_changes_nothing(lab, readers):
    net = lab(sniff=False)
    start(net)
    pid = net.a.pid("vrrpd")
    out, _ = readers(net.a, "ask", *requests("status", "history", "reload", "dry-run", "upgrade"),
                     json.dumps({"command": "restart", "name": "vrrpd"})).end()
    replies = [json.loads(line) for line in out.splitlines()]
    assert [reply["ok"] for reply in replies] == [True, True, False, False, False, False]
    assert {reply["error"] for reply in replies[2:]} == {"only root may do that"}
    assert all(reply["schema"] == 1 for reply in replies)
    assert net.a.pid("vrrpd") == pid and not net.a.logged("reload asked for")
    _, error = readers(net.a, "ask", *requests("status"), group="nogroup").end()
    assert "PermissionError" in error, "others cannot even connect"


def test_places_are_kept_for_root(lab, readers):
    """One user has taken all that it can get, and so has another; root is served, and each other user."""
    net = lab(sniff=False)
    start(net)
    assert readers(net.a, "hold", "30").line() == "refused 22\n"
    out, _ = readers(net.a, "ask", *requests("status"), uid=ANOTHER).end()
    assert json.loads(out)["ok"], "another user is served"
    assert readers(net.a, "hold", "30", uid=ANOTHER).line() == "refused 22\n"
    out, _ = readers(net.a, "ask", *requests("status"), uid=ANOTHER - 1).end()
    assert "too many others" in json.loads(out)["error"]
    done = subprocess.run(["setpriv", f"--reuid={NOBODY}", f"--regid={grp.getgrnam('holdfast').gr_gid}",
                           "--clear-groups", str(BUILD / "holdfastctl"), "--runtime-dir", str(net.a.run_dir), "status"],
                          text=True, capture_output=True, timeout=10)
    assert done.returncode == 1 and "too many others" in done.stderr, done
    assert "All is well" in net.a.ctl("status")
    assert net.a.ctl("reload") == "reloaded\n"


def test_who_lets_go_makes_room(lab, readers):
    net = lab(sniff=False)
    start(net)
    holder = readers(net.a, "hold", "8")
    assert holder.line() == "refused 0\n"
    holder.close()

    def served():
        out, _ = readers(net.a, "ask", *requests("status")).end()
        return json.loads(out)["ok"]
    wait_for(served, "there is room again")


def test_a_flood_of_questions_delays_nothing(lab, readers):
    net = lab()
    start(net)
    parentd, vrrpd = net.a.pid("parentd"), net.a.pid("vrrpd")
    for uid in (NOBODY, ANOTHER):
        assert readers(net.a, "flood", uid=uid).line() == "ready\n"
    seen = net.wait_adverts(net.a, 10)
    assert all(b.time - a.time < 2 * FAST_SECONDS for a, b in zip(seen, seen[1:]))
    assert "All is well" in net.a.ctl("status"), "root is answered meanwhile"
    assert net.a.ctl("reload") == "reloaded\n"
    assert (net.a.pid("parentd"), net.a.pid("vrrpd")) == (parentd, vrrpd)


def test_many_questions_in_one_packet(lab):
    """They are answered one by one, in their order, as far as the answers are read."""
    net = lab(sniff=False)
    start(net)
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as client:
        client.settimeout(10)
        client.connect(path_of(net.a))
        words = ["vrrp", "history", "nonsense"] * 8
        client.sendall("".join(line + "\n" for line in requests(*words)).encode())
        lines = client.makefile()
        for word in words:
            reply = json.loads(lines.readline())
            assert word in reply or reply["error"] == "unknown command"
        client.sendall(b'{"command":"vrrp"}\n{"comm')
        assert "vrrp" in json.loads(lines.readline())
        client.sendall(b'and":"history"}\n')
        assert "history" in json.loads(lines.readline())


def dry_run(node, check=True):
    return json.loads(node.ctl("reload", "--dry-run", "--json", check=check))


def test_dry_run_says_what_a_reload_would_do(lab):
    net = lab(sniff=False)
    start(net)
    assert net.a.ctl("reload", "--dry-run") == "A reload would change nothing.\n"
    net.a.configure(instance(priority=140, vips=("10.77.0.51/24",), **FAST) + instance("VI_2", vrid=52, vips=()))
    found = dry_run(net.a)
    assert found["problem"] is None and found["schema"] == 1
    by_block = {one["block"]: one for one in found["changes"]}
    changed = by_block['vrrp_instance "VI_1"']
    assert changed["change"] == "changed" and by_block['vrrp_instance "VI_2"']["change"] == "added"
    assert "priority 150" in changed["removed"] and "priority 140" in changed["added"]
    assert any("10.77.0.51/24" in line for line in changed["added"])
    moves = "\n".join(found["moves"])
    assert f"{VIP}/24 is removed" in moves and "10.77.0.51/24 is added" in moves and "priority 140" in moves
    assert "VI_2 begins as BACKUP" in moves
    text = net.a.ctl("reload", "--dry-run")
    assert "changed  vrrp_instance" in text and "    - priority 150\n" in text and "    + priority 140\n" in text
    net.a.configure(instance(vrid=60, **FAST))
    moves = dry_run(net.a)["moves"]
    assert any(move.startswith("VI_1 is MASTER and ends") for move in moves) and len(moves) == 2
    # nothing has happened, and one that is refused says why
    net.a.configure(instance(**FAST).replace("interface", "inteface"))
    found = dry_run(net.a, check=False)
    assert "error" in found["problem"] and found["changes"] == []
    assert any("error: " in line and "inteface" in line for line in found["findings"])
    done = subprocess.run([str(BUILD / "holdfastctl"), "--runtime-dir", str(net.a.run_dir), "reload", "--dry-run"],
                          text=True, capture_output=True, timeout=10)
    assert done.returncode == 1 and "would be refused" in done.stdout
    assert net.a.status()["configuration"]["generation"] == 1 and net.a.status()["configuration"]["problem"] is None
    assert net.a.vrrp("VI_1")["priority"] == 150 and net.a.holds(VIP)
