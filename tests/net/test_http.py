"""HTTP_GET, SSL_GET and `holdfastctl digest`, against Debian's nginx and against servers that do what they should not."""

import hashlib

import netns
import pytest
from harness import BUILD
from web import NAME, Web, run_inside

IPV4, IPV6 = "10.77.0.100", "fd00:77::100"


@pytest.fixture
def web(lab):
    net = lab(a="10.77.0.1/24", sniff=False)
    netns.ip(ns=net.a.ns, batch=["address add fd00:77::1/64 dev eth0 nodad"])
    netns.ip(ns=net.client.ns, batch=[f"address add {IPV6}/64 dev eth0 nodad"])
    web = Web(net.client, net.dir)
    web.net = net
    web.page("health", b"all fine\n")
    web.page("large", bytes(range(256)) * 2000)
    web.page("nothing", b"")
    yield web.start()
    web.stop()


def digest(web, url, *options):
    return run_inside(web.net.a, str(BUILD / "holdfastctl"), "digest", *options, url)


def genhash(web, address, port, path, *options):
    tls = ["-S"] if port == 8443 else []
    return run_inside(web.net.a, "keepalived", "--genhash", *tls, "-s", address, "-p", str(port), "-u", path, *options)


# ---- digests ----

def test_digests_are_those_of_genhash(web):
    for address, literal in ((IPV4, IPV4), (IPV6, f"[{IPV6}]")):
        for scheme, port in (("http", 8080), ("https", 8443)):
            base = f"{scheme}://{literal}:{port}"
            for page in ("health", "large"):
                want = hashlib.md5((web.pages / page).read_bytes()).hexdigest()
                assert digest(web, f"{base}/{page}") == (0, want, "")
                assert genhash(web, address, port, f"/{page}")[1].split()[-1] == want
            # what the server was asked with is what keepalived asks with
            for ours, theirs in (((), ()), (("--http=1.1",), ("-P", "1.1")),
                                 (("--http=1.0C", f"--virtualhost=x{NAME}:81"), ("-P", "1.0c", "-V", f"x{NAME}:81"))):
                status, have, _ = digest(web, f"{base}/asked", *ours)
                assert (status, have) == (0, genhash(web, address, port, "/asked", *theirs)[1].split()[-1])


def test_what_is_no_page(web):
    assert digest(web, f"http://{IPV4}:8080/nothing")[1] == hashlib.md5(b"").hexdigest()
    status, _, said = digest(web, f"http://{IPV4}:8080/broken")
    assert status == 0 and "the status is 503" in said
    assert "the status is 301" in digest(web, f"http://{IPV4}:8080/moved")[2]
    assert digest(web, f"http://{IPV4}:8081/") == (1, "", f"digest: connection refused by {IPV4}:8081")
    assert digest(web, f"https://{IPV4}:8080/")[2] == "digest: TLS handshake failed: wrong version number"
    assert "the status is 400" in digest(web, f"http://{IPV4}:8443/")[2]
    assert digest(web, "ftp://x/")[0] == 2


def test_names_of_virtual_hosts_and_certificates(web):
    url = f"https://{IPV4}:8443/"
    own = hashlib.md5(b"the virtual host\n").hexdigest()
    assert digest(web, url, f"--virtualhost={NAME}") == (0, own, "")
    assert digest(web, url, f"--virtualhost={NAME}", "--sni") == (0, own, "")
    asked = hashlib.md5(f"HTTP/1.0 other.{NAME} <other.{NAME}> \n".encode()).hexdigest()
    assert digest(web, url + "asked", f"--virtualhost=other.{NAME}", "--sni")[1] == asked
    # nothing is verified unless asked for
    known = f"--ca-file={web.certificate}"
    assert digest(web, url, f"--virtualhost={NAME}", "--verify")[2] == \
        "digest: TLS handshake failed: certificate: self-signed certificate"
    assert digest(web, url, f"--virtualhost={NAME}", known) == (0, own, "")
    assert digest(web, url, f"--virtualhost=other.{NAME}", known)[2] == \
        "digest: TLS handshake failed: certificate: hostname mismatch"
    assert digest(web, url + "health", known)[0] == 0, "by its address"
    assert digest(web, f"https://[{IPV6}]:8443/", known)[2] == \
        "digest: TLS handshake failed: certificate: IP address mismatch"
