"""Beside Debian's keepalived, in both roles, with every form of VRRP that both speak."""

import signal
import subprocess
import time

import pytest
from conf import FAST, instance
from harness import wait_for
from vrrp import skew

VIP = "10.77.0.50"

FORMS = {
    "v2-pass": {"password": "1111", "advert": "1"},
    "v2": {"advert": "1"},
    "v3": {"version": 3, "advert": "0.2"},
    "v2-unicast": {"advert": "1", "unicast": True},
    "v3-unicast": {"version": 3, "advert": "0.2", "unicast": True},
}


def conf_of(node, other, form, priority):
    options = dict(FORMS[form])
    if options.pop("unicast", False):
        options.update(source=node, peers=(other,))
    return instance(priority=priority, **options)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("better", ["holdfast", "keepalived"])
def test_takes_over_and_gives_back(lab, better, form):
    """The better node starts beside a worse one of the other kind, takes the address from it, hands it
    over when stopped, and gets it back when it returns."""
    net = lab()
    worse = "keepalived" if better == "holdfast" else "holdfast"
    version, advert = FORMS[form].get("version", 2), float(FORMS[form]["advert"])
    net.b.start(conf_of("10.77.0.2", "10.77.0.1", form, 100), kind=worse)
    net.wait_master(net.b, VIP)
    net.a.start(conf_of("10.77.0.1", "10.77.0.2", form, 150), kind=better)
    net.wait_master(net.a, VIP)  # took it over from the worse one
    ping = net.client.ping(VIP)
    net.wait_adverts(net.a, 3)

    since = time.time()
    net.a.stop()
    net.wait_master(net.b, VIP)
    release = [p for p in net.sniffer.adverts("a", since=since) if p.priority == 0][0]
    first = net.sniffer.adverts("b", since=release.time)[0]
    assert first.time - release.time < skew(100, advert, version) + advert, "priority 0 was not understood"

    net.a.start()
    net.wait_master(net.a, VIP)  # given back
    net.wait_adverts(net.a, 3)
    ping.stop()
    assert ping.longest() < skew(100, advert, version) + 2 * advert
    wait_for(lambda: net.holders(VIP) == ["a"], "one holder only")


@pytest.mark.parametrize("holdfast", ["a", "b"])
def test_dead_peer_is_replaced(lab, holdfast):
    net = lab()
    kinds = {"a": "keepalived", "b": "keepalived", holdfast: "holdfast"}
    net.a.start(conf_of("10.77.0.1", "10.77.0.2", "v3", 150), kind=kinds["a"])
    net.b.start(conf_of("10.77.0.2", "10.77.0.1", "v3", 100), kind=kinds["b"])
    net.wait_master(net.a, VIP)
    net.a.strict = False
    net.a.isolate()
    net.a.kill()
    net.wait_master(net.b, VIP, alone=False)


def test_packets_are_alike(lab):
    """For the same configuration both send the same bytes, addresses and checksum of the node aside."""
    for form in ("v2-pass", "v2", "v3"):
        seen = {}
        for kind in ("holdfast", "keepalived"):
            net = lab(a="10.77.0.1/24")
            net.a.start(conf_of("10.77.0.1", None, form, 150), kind=kind)
            frame = net.wait_adverts(net.a, 2, timeout=15)[-1].raw
            packet = frame[14:]
            total = int.from_bytes(packet[2:4], "big")
            # Identification and header checksum (bytes 4-5, 10-11) may differ; the rest may not.
            seen[kind] = frame[:6], packet[:4] + packet[6:10] + packet[12:total]
            net.close()
        assert seen["holdfast"] == seen["keepalived"], form


def test_not_on_the_same_router_of_one_host(lab):
    """In one namespace with keepalived: refused, at the start and at a reload, unless the routers differ."""
    net = lab()
    ours, log = net.a.dir / "ours.conf", net.a.dir / "ours.log"
    daemon = ["ip", "netns", "exec", net.a.ns, net.a.daemon, "-n", "-l", "--runtime-dir", str(net.a.run_dir),
              "-f", str(ours)]
    other = instance("OTHER", vrid=52, vips=("10.77.0.60/24",), priority=255)
    clash = f"runs virtual_router_id 51 on interface 'eth0' already ({net.a.conf}, vrrp_instance 'VI_1')"
    net.a.start(instance(), kind="keepalived")
    net.wait_master(net.a, VIP)

    for text, why in ((other + instance(), clash), (other, f"chgrp holdfast-parent {net.a.conf}")):
        ours.write_text(text)
        done = subprocess.run(daemon, text=True, capture_output=True)
        assert done.returncode == 2 and why in done.stderr, done.stderr
        assert "systemctl disable --now keepalived" in done.stderr
        assert "not started: 1 error in" in done.stderr, "the launcher says it"
        net.a.conf.chmod(0o600)  # what it runs is not known from now on

    net.a.conf.chmod(0o644)
    with subprocess.Popen(daemon, stderr=log.open("w")) as process:
        wait_for(lambda: net.a.holds("10.77.0.60"), "it runs beside one with another router")
        ours.write_text(other + instance())
        process.send_signal(signal.SIGHUP)
        wait_for(lambda: "nothing changes" in log.read_text(), "the reload is refused")
        assert clash in log.read_text()
        # one that gets the router while it runs
        net.a.configure(instance(vrid=52, vips=("10.77.0.60/24",)))
        wait_for(lambda: "runs virtual_router_id 52 on interface 'eth0' as OTHER does here" in log.read_text(),
                 "it is seen", 30)
        assert "as OTHER does here, and both hold the addresses" in net.a.ctl("status", check=False)
        process.terminate()
        assert process.wait(15) == 0
    assert net.holders(VIP) == ["a"]


PRETENDER = "import ctypes, time; ctypes.CDLL(None).prctl(15, b'keepalived'); print('ready', flush=True); time.sleep(60)"


@pytest.mark.parametrize("user, believed", [("root", True), ("nobody", False)])
def test_who_may_be_a_keepalived_beside(lab, user, believed):
    """Anybody may call a process so. If that were enough, anybody could have the service refused."""
    net = lab(sniff=False)
    theirs = net.a.dir / "theirs.conf"
    theirs.write_text(instance())
    # PR_SET_NAME; what it is called counts, and its -f
    process = subprocess.Popen(["ip", "netns", "exec", net.a.ns, "setpriv", f"--reuid={user}", "--clear-groups",
                                "/usr/bin/python3", "-c", PRETENDER, "-f", str(theirs)], stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout.readline() == "ready\n"
        if believed:
            done = subprocess.run(["ip", "netns", "exec", net.a.ns, net.a.daemon, "-n", "-l", "--runtime-dir",
                                   str(net.a.run_dir), "-f", str(theirs)], text=True, capture_output=True)
            assert done.returncode == 2 and "runs virtual_router_id 51" in done.stderr, done.stderr
        else:
            net.a.start(instance(**FAST))
            net.wait_master(net.a, VIP)
    finally:
        process.kill()
        process.communicate()
