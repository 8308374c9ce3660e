"""What the suite says of itself: to the journal, to files, to whoever asks."""

import os
import pwd

from conf import FAST, instance
from harness import wait_for
from journal import Journal
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
