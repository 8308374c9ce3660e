"""Mail about changes of state, against a real mail server, and against ones that are down, hang or refuse."""

import re
import socket

import pytest
from conf import FAST, block, global_defs, instance
from harness import wait_for
from mail import MailServer, NameServer, Resolver

VIP = "10.77.0.50"
SERVER = "10.77.0.100"


@pytest.fixture
def closing():
    """Remembers what is to be closed at the end."""
    things = []

    def remember(thing):
        things.append(thing)
        return thing

    yield remember
    for thing in reversed(things):
        thing.close()


def node_conf(*lines, server=SERVER, name="VI_1", recipients=("admin@test", "second@test")):
    return (global_defs(block("notification_email", *recipients), f"smtp_server {server}", "smtp_connect_timeout 1",
                        *lines)
            + instance(name, priority=100, extra="smtp_alert", **FAST))


def test_states_are_mailed(lab, closing):
    net = lab()
    server = closing(MailServer(net.client, SERVER).serve())
    server.inbox.refuse["second@test"] = "550 nobody of that name"
    net.a.start(node_conf('router_id "Knoten-Süd"', "smtp_helo_name node-a", "notification_email_from me@node-a",
                          name="Übergang"))
    net.wait_master(net.a, VIP)
    # One that is cut off in the middle is tried again, behind those that came later.
    wait_for(lambda: len(server.inbox.mails) >= 2, "the first changes are mailed")
    net.a.unplug()
    wait_for(lambda: net.a.logged("-> FAULT"), "a is in FAULT")
    net.a.plug()
    net.wait_master(net.a, VIP)
    wanted = [f"[Knoten-Süd] VRRP Instance Übergang - Entering {state} state"
              for state in ("BACKUP", "MASTER", "FAULT", "BACKUP", "MASTER")]
    wait_for(lambda: len(server.inbox.mails) >= len(wanted), "all changes are mailed")
    assert server.inbox.subjects() == wanted
    for helo, sender, recipients, mail in server.inbox.mails:
        assert (helo, sender, recipients) == ("node-a", "me@node-a", ["admin@test"])
        assert mail["From"] == "me@node-a" and mail["To"] == "admin@test, second@test"
        assert mail["Date"].datetime and mail["X-Mailer"].startswith("Holdfast")
    text = server.inbox.mails[1][3].get_content()
    assert text.startswith("VRRP Instance Übergang on Knoten-Süd: Entering MASTER state with priority 100")
    assert "Reason: " in text
    assert net.a.logged(r"mail server: 550 nobody of that name \(to RCPT TO:<second@test>\)")
    assert net.a.logged("mail sent: ")
    # another parentd goes on, and tells nothing twice
    net.a.kill("parentd")
    net.a.restarts["parentd"] = 1
    net.a.unplug()
    wait_for(lambda: len(server.inbox.mails) >= 6 or net.a.logged("-> FAULT(.|\n)*-> FAULT"), "a is in FAULT again")
    net.a.plug()
    wait_for(lambda: len(server.inbox.mails) >= 6, "that is mailed", timeout=20)
    assert server.inbox.subjects()[5] == wanted[2]


def test_server_that_hangs_and_comes_back(lab, closing):
    """Nobody waits for it, what is to be mailed does, in order; only what waits in a checkerd that dies is lost."""
    net = lab()
    server = closing(MailServer(net.client, SERVER))
    net.a.start(node_conf("no_email_faults"))
    net.wait_master(net.a, VIP)
    wait_for(lambda: net.a.logged(r"mail not sent: no greeting for 1 s; the next attempt is in \d s, 2 wait"),
             "an attempt is given up")
    net.a.kill("checkerd")
    net.a.restarts["checkerd"] = 1
    wait_for(lambda: net.a.logged("2 mails waited in the checkerd before this one and are lost"), "that is said")
    net.a.unplug()
    wait_for(lambda: net.a.logged("-> FAULT"), "a is in FAULT")
    net.a.plug()
    net.wait_master(net.a, VIP)
    server.serve()
    wait_for(lambda: len(server.inbox.mails) >= 2, "what waited is mailed", timeout=20)
    assert [subject.split()[-2] for subject in server.inbox.subjects()] == ["BACKUP", "MASTER"]


def test_server_by_name(lab, closing):
    """By the name server when that is asked, which is not there at first; and the mail server refuses at first."""
    net = lab()
    closing(Resolver(net.a, SERVER))
    net.a.start(node_conf(server="mail.test 2525"))
    net.wait_master(net.a, VIP)
    wait_for(lambda: net.a.logged("mail not sent: mail.test cannot be resolved"), "the name is asked for", timeout=20)
    closing(NameServer(net.client, SERVER, {"mail.test": SERVER}))
    wait_for(lambda: net.a.logged(f"mail not sent: .*{SERVER}:2525: connection refused|"
                                  f"mail not sent: connection refused by {SERVER}:2525"),
             "the name is known", timeout=20)
    server = closing(MailServer(net.client, SERVER, 2525).serve())
    wait_for(lambda: len(server.inbox.mails) >= 2, "it is mailed", timeout=20)
    helo, sender, recipients, _ = server.inbox.mails[0]
    assert helo == socket.gethostname() and sender == f"holdfast@{helo}"
    assert recipients == ["admin@test", "second@test"]


def test_mail_and_name_servers_are_checked(lab, closing):
    """SMTP_CHECK and DNS_CHECK against the real ones: what they find is mailed, by yet another mail server."""
    net = lab()
    inbox = closing(MailServer(net.client, SERVER, 2525).serve()).inbox
    checked = MailServer(net.client, SERVER).serve()
    names = NameServer(net.client, SERVER, {"www.test": SERVER})
    times = ("retry 0", "connect_timeout 1")
    conf = (global_defs("router_id a", block("notification_email", "admin@test"), f"smtp_server {SERVER} 2525")
            + block("virtual_server 10.77.0.60 25", "delay_loop 0.3", "warmup 0", "lb_algo rr", "lb_kind NAT", "protocol TCP",
                    block(f"real_server {SERVER} 25", block("SMTP_CHECK", *times)))
            + block("virtual_server 10.77.0.60 53", "delay_loop 0.3", "warmup 0", "lb_algo rr", "lb_kind NAT", "protocol UDP",
                    "smtp_alert",
                    block(f"real_server {SERVER} 53", block("DNS_CHECK", "type A", "name www.test", *times),
                          block("DNS_CHECK", *times, "type A", "name other.test"))))
    net.a.start(conf)
    dns, smtp = f"[{SERVER}]:udp:53 of virtual server [10.77.0.60]:udp:53", \
        f"[{SERVER}]:tcp:25 of virtual server [10.77.0.60]:tcp:25"

    def mailed(subject):
        wait_for(lambda: subject in inbox.subjects(), subject, timeout=20)
        return inbox.mails[inbox.subjects().index(subject)][3].get_content()

    # the name server knows one of the names only
    assert "DNS_CHECK: NXDOMAIN for other.test A" in mailed(f"[a] Realserver {dns} - DOWN")
    mailed("[a] Virtualserver [10.77.0.60]:udp:53 - DOWN")
    names.close()
    text = mailed(f"[a] DNS_CHECK of realserver {dns} - DOWN")
    assert "port unreachable" in text
    names = closing(NameServer(net.client, SERVER, {"www.test": SERVER, "other.test": SERVER}))
    mailed(f"[a] Realserver {dns} - UP")
    assert not any(smtp in subject for subject in inbox.subjects())
    checked.close()
    # at once, or while the server was asked
    assert re.search("connection refused by|closed the connection", mailed(f"[a] Realserver {smtp} - DOWN"))
    checked = closing(MailServer(net.client, SERVER))
    wait_for(lambda: "no greeting for 1 s" in net.a.ctl("checks", check=False), "it is seen to hang")
    checked.serve()
    mailed(f"[a] Realserver {smtp} - UP")
