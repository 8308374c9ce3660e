"""tcpdump prints our advertisements as it prints keepalived's."""

import re
import subprocess

from conf import instance

LINE = (r"^\S+ IP 192\.168\.3\.27 > 224\.0\.0\.18: VRRPv2, Advertisement, vrid 33, prio 100, "
        r"authtype none, intvl 1s, length 20$")


def tcpdump(net, *arguments):
    pcap = net.dir / "adverts.pcap"
    net.sniffer.write_pcap(pcap)
    done = subprocess.run(["tcpdump", "-nn", *arguments, "-r", str(pcap), "host", "224.0.0.18"],
                          text=True, capture_output=True)
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def test_line_for_version_2(lab):
    net = lab(a="192.168.3.27/24", client="192.168.3.198/24", ifname="ens33")
    net.a.start(instance(ifname="ens33", vrid=33, source="192.168.3.27", vips=("192.168.3.130",)))
    net.wait_adverts(net.a, 3, timeout=15)
    lines = tcpdump(net)
    assert len(lines) >= 3
    assert all(re.match(LINE, line) for line in lines), lines
    net.a.stop()
    assert re.match(LINE.replace("prio 100", "prio 0"), tcpdump(net)[-1])


def test_checksums_and_password_with_verbose_output(lab):
    net = lab(a="10.77.0.1/24")
    net.a.start(instance(name="VI_2", password="1111") +
                instance(name="VI_3", vrid=52, version=3, advert="0.5", vips=("10.77.0.52/24",)))
    net.wait_adverts(net.a, 2, vrid=51, timeout=15)
    net.wait_adverts(net.a, 2, vrid=52)
    text = "\n".join(tcpdump(net, "-vv"))
    assert 'auth "1111' in text
    assert re.search(r"VRRPv3, Advertisement, vrid 52, prio 100, intvl 50cs, length 12, addrs: 10\.77\.0\.52", text)
    assert "bad" not in text, text
