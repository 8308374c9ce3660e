"""What the suite says of itself: to the journal, to files, to whoever asks."""

import json
import os
import pwd
import re
import shutil
import subprocess
import threading

import pytest
from conf import FAST, block, instance
from harness import BUILD, TOP, wait_for
from journal import Journal
from scripts import Check
from test_servers import Server, real, tcp, virtual

VIP = "10.77.0.50"
ENDED = "551da7f5a9ba454bae7ec979202a201e"
STATE = "bbabaf49bf0646de8b43fc8c9b6a7386"


def one_node(lab, conf):
    """A node with a journal of its own, and its configuration."""
    net = lab(a="10.77.0.1/24", sniff=False)
    journal = Journal(net.a)
    net.a.configure(conf)
    return net, journal


def test_a_failover_is_in_the_journal_with_its_fields(lab):
    net = lab()
    journal = Journal(net.a)
    net.b.start(instance(priority=150, **FAST))
    net.wait_master(net.b, VIP)
    net.a.start(instance(priority=100, **FAST))
    journal.wait(HOLDFAST_STATE="BACKUP")
    net.b.stop()
    entry = journal.wait(HOLDFAST_KIND="vrrp-state", HOLDFAST_STATE="MASTER")
    assert entry["HOLDFAST_OLD_STATE"] == "BACKUP" and entry["HOLDFAST_INSTANCE"] == "VI_1"
    assert entry["MESSAGE_ID"] == STATE and entry["PRIORITY"] == "5"
    assert entry["SYSLOG_IDENTIFIER"] == entry["HOLDFAST_PROCESS"] == "vrrpd"
    assert "10.77.0.2" in entry["HOLDFAST_REASON"]
    assert entry["MESSAGE"] == f"VI_1: BACKUP -> MASTER: {entry['HOLDFAST_REASON']}"
    assert entry["_PID"] == net.a.pid("vrrpd"), "which process says it, the kernel knows"
    assert entry["_UID"] == pwd.getpwnam("holdfast-vrrp").pw_uid
    net.a.unplug()
    entry = journal.wait(HOLDFAST_STATE="FAULT")
    assert entry["HOLDFAST_OLD_STATE"] == "MASTER" and "down" in entry["HOLDFAST_REASON"]
    assert {"holdfast", "parentd", "vrrpd"} <= {e["SYSLOG_IDENTIFIER"] for e in journal.entries}


def test_a_failed_check_is_in_the_journal_with_its_fields(lab):
    net, journal = one_node(lab, virtual(real("10.77.0.100", tcp("connect_timeout 1"))))
    server = Server(net.client, "10.77.0.100").up()
    net.a.start()
    journal.wait(HOLDFAST_KIND="configuration")
    wait_for(lambda: server.seen, "checked")
    server.down()
    entry = journal.wait(HOLDFAST_KIND="real-server", HOLDFAST_STATE="down")
    assert entry["HOLDFAST_REAL_SERVER"] == "[10.77.0.100]:tcp:80"
    assert entry["HOLDFAST_VIRTUAL_SERVER"] == f"[{VIP}]:tcp:80"
    assert "refused" in entry["HOLDFAST_REASON"] and entry["HOLDFAST_OLD_STATE"] == "up"
    assert entry["SYSLOG_IDENTIFIER"] == "checkerd"
    entry = journal.wait(HOLDFAST_KIND="quorum", HOLDFAST_STATE="down")
    assert entry["HOLDFAST_VIRTUAL_SERVER"] == f"[{VIP}]:tcp:80"


def test_scripts_and_their_runner_are_in_the_journal(lab):
    net, journal = one_node(lab, "")
    check = Check(net.a)
    net.a.configure(block("vrrp_script chk", f'script "{check.path}"', "interval 0.2", "user nobody", "weight 10")
                    + instance(priority=150, **FAST, extra=block("track_script", "chk")))
    net.a.start()
    entry = journal.wait(HOLDFAST_KIND="script-verdict", HOLDFAST_STATE="up")
    assert entry["HOLDFAST_SCRIPT"] == "chk" and entry["HOLDFAST_PROCESS"] == "checkerd"
    entry = journal.wait(HOLDFAST_KIND="vrrp-priority", HOLDFAST_INSTANCE="VI_1")
    assert entry["HOLDFAST_STATE"] == "160" and "chk" in entry["HOLDFAST_REASON"]
    net.a.ctl("debug", "runner", "scripts")
    entry = journal.wait(HOLDFAST_PROCESS="runner", HOLDFAST_TOPIC="scripts")
    assert entry["_UID"] == pwd.getpwnam("nobody").pw_uid and entry["PRIORITY"] == "7"
    check.say(3)
    entry = journal.wait(HOLDFAST_KIND="script-result", HOLDFAST_SCRIPT="chk")
    assert entry["HOLDFAST_STATE"] == "exit status 3" and entry["HOLDFAST_REASON"] == "the file says 3"
    assert entry["HOLDFAST_PROCESS"] == "parentd"


def test_a_restarted_child_is_in_the_journal(lab):
    net, journal = one_node(lab, instance(priority=150, **FAST))
    net.a.start()
    net.wait_master(net.a, VIP)
    old = net.a.kill("vrrpd")[0]
    net.a.restarts = {"vrrpd": 1}
    entry = journal.wait(MESSAGE_ID=ENDED, HOLDFAST_CHILD="vrrpd")
    assert entry["HOLDFAST_REASON"] == "was ended by SIGKILL" and f"vrrpd[{old}]" in entry["MESSAGE"]
    assert entry["SYSLOG_IDENTIFIER"] == "holdfast" and entry["_PID"] == net.a.pid("holdfast")
    journal.wait(HOLDFAST_KIND="process-started", HOLDFAST_CHILD="vrrpd")
    wait_for(lambda: net.a.pid("vrrpd") not in (None, old), "a new vrrpd")
    journal.wait(_PID=net.a.pid("vrrpd"), HOLDFAST_PROCESS="vrrpd")


def test_a_journal_that_is_replaced_is_found_again(lab):
    net, journal = one_node(lab, instance(priority=150, **FAST))
    net.a.start()
    net.wait_master(net.a, VIP)
    journal.wait(HOLDFAST_STATE="MASTER")
    journal.stop()
    net.a.unplug()  # the line about it goes to the console only
    wait_for(lambda: net.a.logged("MASTER -> FAULT"), "FAULT")
    journal.listen()
    net.a.plug()
    journal.wait(HOLDFAST_PROCESS="vrrpd", HOLDFAST_STATE="MASTER", HOLDFAST_OLD_STATE="BACKUP")
    assert not journal.find(HOLDFAST_STATE="FAULT")
    entry = journal.wait(HOLDFAST_PROCESS="vrrpd", HOLDFAST_KIND="left-out")
    assert "could not be written here" in entry["MESSAGE"]


def test_no_line_twice_where_systemd_catches_standard_error(lab):
    net = lab(a="10.77.0.1/24", sniff=False)
    journal = Journal(net.a, stream=True)
    net.a.start(instance(priority=150, **FAST) + "no_such_word\n", arguments=["--lenient"])
    net.wait_master(net.a, VIP)
    journal.wait(HOLDFAST_STATE="MASTER")
    wait_for(lambda: [e for e in journal.entries if "no_such_word" in e["MESSAGE"]], "the finding")
    assert net.a.log() == "", "-l is given, and nothing is to be said on it"
    assert os.path.exists(f"/proc/{net.a.process.pid}")


class Follower:
    """`holdfastctl logs -f`, and what it has printed so far."""

    def __init__(self, node, *arguments):
        self.lines = []
        self.process = subprocess.Popen([str(BUILD / "holdfastctl"), "--runtime-dir", str(node.run_dir), "logs", "-f",
                                         *arguments], stdout=subprocess.PIPE, text=True)
        threading.Thread(target=self.read, daemon=True).start()

    def read(self):
        for line in self.process.stdout:
            self.lines.append(line.rstrip("\n"))

    def wait(self, text):
        return wait_for(lambda: [line for line in self.lines if text in line], f"a line with {text!r}")[0]

    def end(self):
        self.process.terminate()
        self.process.wait(10)


@pytest.fixture
def files(lab):
    """A node that logs to files, and their directory."""
    net = lab(a="10.77.0.1/24", sniff=False)
    logs = net.dir / "logs"
    logs.mkdir()
    shutil.chown(logs, "holdfast", "holdfast")
    net.a.start(instance(priority=150, **FAST), arguments=["-g", f"{logs}/"])
    net.wait_master(net.a, VIP)
    return net, logs


def test_logs_are_followed_over_a_rotation(files):
    net, logs = files
    wait_for(lambda: "-> MASTER" in net.a.ctl("logs"), "the lines of all processes")
    shown = net.a.ctl("logs", "-n", "all").splitlines()
    assert shown == sorted(shown, key=lambda line: line[:23]), "in the order of their times"
    assert {"holdfast", "parentd", "vrrpd"} <= {re.match(r"\S+ \S+ (\w+)\[", line).group(1) for line in shown}
    assert len(net.a.ctl("logs", "-n", "2").splitlines()) == 2
    follower = Follower(net.a, "vrrpd", "-n", "0")
    everything = Follower(net.a, "--json")
    everything.wait("-> MASTER")
    net.a.unplug()
    follower.wait("-> FAULT")
    for name in ("holdfast", "parentd", "vrrpd"):
        (logs / f"{name}.log").rename(logs / f"{name}.log.1")
    net.a.ctl("reopen")
    wait_for(lambda: all((logs / f"{name}.log").exists() for name in ("holdfast", "parentd", "vrrpd")), "new files")
    old = (logs / "vrrpd.log.1").read_text()
    net.a.plug()
    wait_for(lambda: "FAULT -> BACKUP" in (logs / "vrrpd.log").read_text(), "vrrpd writes to the new one")
    follower.wait("FAULT -> BACKUP")
    entry = json.loads(everything.wait("FAULT -> BACKUP"))
    assert entry["process"] == "vrrpd" and entry["level"] == "notice" and entry["pid"] == net.a.pid("vrrpd")
    assert (logs / "vrrpd.log.1").read_text() == old, "nothing is written to the old one any more"
    assert not [line for line in follower.lines if " vrrpd[" not in line]
    assert len(set(everything.lines)) == len(everything.lines), "no line twice"
    follower.end()
    everything.end()


@pytest.mark.skipif(shutil.which("logrotate") is None, reason="no logrotate on this host")
def test_the_package_has_them_rotated(files):
    """Its file for logrotate, with the places of this node in it."""
    net, logs = files
    rules = (TOP / "packaging/deb/logrotate").read_text()
    for usual, here in (("/var/log/holdfast", str(logs)), ("/run/holdfast", str(net.a.run_dir)),
                        ("holdfastctl reopen", f"{BUILD}/holdfastctl --runtime-dir {net.a.run_dir} reopen")):
        assert usual in rules
        rules = rules.replace(usual, here)
    conf = net.dir / "logrotate.conf"
    conf.write_text(rules)
    before = (logs / "vrrpd.log").read_text()
    done = subprocess.run(["logrotate", "--force", "--state", str(net.dir / "state"), str(conf)], text=True,
                          capture_output=True)
    assert done.returncode == 0 and not done.stderr, done
    wait_for(lambda: (logs / "vrrpd.log").exists(), "a new file")
    assert (logs / "vrrpd.log.1").read_text() == before
    net.a.unplug()
    wait_for(lambda: "-> FAULT" in (logs / "vrrpd.log").read_text(), "vrrpd writes to it")


def test_topics_are_switched_while_it_runs(files):
    net, logs = files

    def lines(name="vrrpd"):
        return (logs / f"{name}.log").read_text()

    assert "debug:" not in lines() and re.search(r"^vrrpd +none$", net.a.ctl("debug"), re.M)
    net.a.ctl("debug", "vrrpd", "packets", "state")
    wait_for(lambda: "debug: VI_1: 1 advertisement sent, priority 150" in lines(), "packets")
    wait_for(lambda: "debug: VI_1: event 'timer' in MASTER" in lines(), "state")
    assert re.search(r"^vrrpd +packets, state$", net.a.ctl("debug"), re.M)
    assert re.search(r"^parentd +none$", net.a.ctl("debug"), re.M)
    for name in ("vrrpd", "parentd", "holdfast"):  # holdfast executes itself again
        old = net.a.pid(name)
        net.a.ctl("restart", name)
        if name != "holdfast":
            wait_for(lambda: net.a.pid(name) not in (None, old), f"a new {name}")
        wait_for(lambda: net.a.shows(lambda status: status["vrrp"]), "it answers")
        wait_for(lambda: re.search(rf"vrrpd\[{net.a.pid('vrrpd')}\] debug: VI_1: event", lines()), "topics are kept")
        wait_for(lambda: re.search(r"^vrrpd +packets, state$", net.a.ctl("debug", check=False), re.M), "and shown")
    net.a.restarts = {"vrrpd": 1, "parentd": 1}
    net.a.ctl("debug", "none")
    wait_for(lambda: "info: debug topics: none" in lines(), "switched off")
    quiet = lines()
    net.a.unplug()
    wait_for(lambda: "-> FAULT" in lines(), "FAULT")
    assert "debug:" not in lines()[len(quiet):]
    net.a.ctl("debug", "control", "messages")
    net.a.ctl("status", check=False)
    wait_for(lambda: "debug: user 0 asks: {\"command\":\"status\"}" in lines("parentd"), "control")
    wait_for(lambda: "debug: from vrrpd: PROCESS_HEARTBEAT" in lines("holdfast"), "messages of the launcher")


def test_debug_says_what_it_does_not_know(files):
    net, _ = files
    for words, said in ((["nonsense"], "no topic is called 'nonsense'"), (["vrrpd"], "which topics"),
                        (["packets", "vrrpd"], "no topic is called 'vrrpd'")):
        done = subprocess.run([str(BUILD / "holdfastctl"), "--runtime-dir", str(net.a.run_dir), "debug", *words],
                              text=True, capture_output=True)
        assert done.returncode == 1 and said in done.stderr, done


def test_logs_says_where_to_look_when_there_are_none(lab):
    net = lab(a="10.77.0.1/24", sniff=False)
    net.a.start(instance(priority=150, **FAST))
    net.wait_master(net.a, VIP)

    def logs(*arguments):
        return subprocess.run([str(BUILD / "holdfastctl"), "--runtime-dir", str(net.a.run_dir), "logs", *arguments],
                              text=True, capture_output=True, env={"PATH": "/nonexistent"})
    done = logs()
    assert done.returncode == 1 and "standard error only" in done.stderr and not done.stdout
    assert logs("nonsense").returncode == 2
    net.a.stop()
    done = logs()
    assert done.returncode == 1 and "neither a journal nor log files" in done.stderr, done


def test_logs_come_from_the_journal_where_there_is_one(lab):
    """journalctl is played, too: what it is asked for, and what becomes of what it says."""
    net, _ = one_node(lab, instance(priority=150, **FAST))
    net.a.start()
    net.wait_master(net.a, VIP)
    tool = net.dir / "bin" / "journalctl"
    tool.parent.mkdir()
    tool.write_text("""#!/bin/sh
case "$*" in *json*) echo '{"__REALTIME_TIMESTAMP":"1500000","MESSAGE":"text","HOLDFAST_STATE":"MASTER",\
"SYSLOG_IDENTIFIER":"vrrpd","PRIORITY":"5","_PID":"7"}';; *) echo "$@";; esac
""")
    tool.chmod(0o755)
    environment = {**os.environ, "PATH": f"{tool.parent}:{os.environ['PATH']}"}

    def logs(*arguments):
        return subprocess.run([str(BUILD / "holdfastctl"), "--runtime-dir", str(net.a.run_dir), "logs", *arguments],
                              text=True, capture_output=True, env=environment, check=True).stdout
    asked = logs("vrrpd", "-f", "-n", "7").split()
    assert {"--follow", "--lines=7", "HOLDFAST_PROCESS=vrrpd"} <= set(asked) and "--output=json" not in asked
    assert {f"HOLDFAST_PROCESS={name}" for name in ("holdfast", "parentd", "checkerd")} <= set(logs().split())
    assert json.loads(logs("--json")) == {"schema": 1, "at": 1.5, "pid": 7, "level": "notice", "process": "vrrpd",
                                          "message": "text", "state": "MASTER"}
