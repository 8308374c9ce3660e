"""HTTP_GET, SSL_GET and `holdfastctl digest`, against Debian's nginx and against servers that do what they should not."""

import hashlib
import os
import re
import socket
import struct
import threading
import time

import netns
import pytest
from conf import block
from harness import BUILD, wait_for
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


# ---- checks ----

def url(path, *lines):
    return block("url", f"path {path}", *lines)


def check(kind, port, *lines, address=IPV4):
    """What is checked stands in connect_ip: the real servers themselves need not be there."""
    return block(kind, f"connect_ip {address}", f"connect_port {port}", "connect_timeout 3", "retry 0", *lines)


def http(*lines, port=8080, **arguments):
    return check("HTTP_GET", port, *lines, **arguments)


def ssl(*lines, port=8443, **arguments):
    return check("SSL_GET", port, *lines, **arguments)


def real_name(number):
    return f"10.77.1.{number + 1}"


def virtual(checks):
    return block("virtual_server 10.77.0.50 80", "delay_loop 0.2", "warmup 0", "lb_algo rr", "lb_kind NAT", "protocol TCP",
                 *(block(f"real_server {real_name(number)} 80", one) for number, one in enumerate(checks)))


def results(node):
    """Of every real server: whether it is up, and how its check went last."""
    try:
        servers = node.status()["virtual_servers"]
    except (FileNotFoundError, ConnectionRefusedError):  # it has only just begun
        return []
    return [(real["alive"], real["checks"][0]["result"]) for real in servers[0]["real_servers"]] if servers else []


def wait_results(node, wanted):
    """wanted: (whether it is up, pattern of how the check went) of every real server."""
    def all_there():
        have = results(node)
        return len(have) == len(wanted) and all(
            result and up == alive and re.search(pattern, result)
            for (up, pattern), (alive, result) in zip(wanted, have))
    try:
        wait_for(all_there, "the results")
    except AssertionError:
        for one in zip(wanted, results(node)):
            print(*one)
        raise


def test_checks(web):
    fine = hashlib.md5(b"all fine\n").hexdigest()
    asked = f"^HTTP/1.0 other.{NAME} <other.{NAME}>"
    checks = {
        http(url("/health")): (True, "^status 200$"),
        http(url("/health"), address=IPV6): (True, "^status 200$"),
        http(url("/health", f"digest {fine}")): (True, "^status 200$"),
        http(url("/nothing", f"digest {fine}")): (False, f"^digest d41d8cd98f00b204e9800998ecf8427e .wanted {fine}"),
        http(url("/health", 'regex "^All (well|fine)$"', "regex_options caseless multiline")): (True, "^status 200$"),
        http(url("/health", 'regex "^all well"')): (False, "^the body does not match the regex$"),
        http(url("/health", 'regex "fine"', "regex_no_match")): (False, "^the body matches the regex, and must not$"),
        http(url("/broken")): (False, "^status 503 .wanted 200-299.$"),
        http(url("/broken", "status_code 200 500-503")): (True, "^status 503$"),
        http(url("/moved")): (False, "^status 301 "),
        http(url("/empty")): (True, "^status 204$"),
        http(url("/health"), url("/large"), url("/broken")): (False, "^status 503 "),
        http(url("/health"), url("/large")): (True, "^status 200$"),
        http(url("/"), f"virtualhost {NAME}"): (True, "^status 200$"),
        http(url("/")): (False, "^status 403 "),
        http(url("/health"), port=8443): (False, "^status 400 "),
        ssl(url("/health", f"digest {fine}")): (True, "^status 200$"),
        ssl(url("/health"), "tls_compliant", "http_protocol 1.1", address=IPV6): (True, "^status 200$"),
        ssl(url("/asked", f'regex "{asked}"', f"virtualhost other.{NAME}"), "enable_sni"): (True, "^status 200$"),
        ssl(url("/asked", f'regex "{asked}"', f"virtualhost other.{NAME}")): (False, "^the body does not match"),
        ssl(url("/health"), "verify_certificate"): (
            False, "^TLS handshake failed: certificate: self-signed certificate$"),
        ssl(url("/health"), port=8080): (False, "^TLS handshake failed: wrong version number$"),
    }
    node = web.net.a
    node.start(virtual(checks))
    wait_results(node, list(checks.values()))
    # the same while pages change and nginx is away
    web.page("nothing", b"all fine\n")
    wait_for(lambda: results(node)[3] == (True, "status 200"), "the digest is right now")
    web.stop()
    wait_for(lambda: not any(alive for alive, _ in results(node)), "no server is up")
    assert "refused" in results(node)[0][1]
    web.start()
    wait_for(lambda: [alive for alive, _ in results(node)].count(True) == 12, "those are up that were")


# ---- hostile servers ----

def silent(connection):
    connection.recv(1)
    while connection.recv(65536):
        pass


def drip(connection):
    connection.sendall(b"HTTP/1.0 200 OK\r\n\r\n")
    while True:
        connection.sendall(b"x")
        time.sleep(0.05)


def endless_head(connection):
    connection.sendall(b"HTTP/1.0 200 OK\r\n")
    while True:
        connection.sendall(b"X-Padding: " + b"x" * 60000 + b"\r\n")


def endless_chunks(connection):
    connection.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    while True:
        connection.sendall(b"ffff\r\n" + b"x" * 65535 + b"\r\n")


def backtracking(connection):
    connection.recv(1024)
    connection.sendall(b"HTTP/1.0 200 OK\r\n\r\n" + b"a" * 200000 + b"!")


def reset(connection):
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def early(connection):
    connection.recv(1024)
    connection.sendall(b"HTTP/1.0 200 O")


def garbage(connection):
    connection.sendall(os.urandom(3000))


class Hostile:
    """Serves every connection to a port in the way that is given, each in a thread."""

    def __init__(self, host, port, serve):
        def make():
            listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind((IPV4, port))
            listener.listen(64)
            return listener
        self.serve, self.times = serve, []
        self.listener = netns.call_inside(host.ns, make)
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            self.times.append(time.monotonic())
            threading.Thread(target=self.one, args=[connection], daemon=True).start()

    def one(self, connection):
        try:
            with connection:
                self.serve(connection)
        except OSError:
            pass

    def stop(self):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()


def good(connection):
    connection.recv(1024)
    connection.sendall(b"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok")


def memory_kib(pid):
    return int(re.search(r"VmHWM:\s*(\d+)", open(f"/proc/{pid}/status").read()).group(1))


def test_hostile_servers_hold_nothing_up(web):
    ways = {silent: "^no answer for 0.2 s$", drip: "^the reply did not end within 0.8 s$",
            endless_head: "^the reply has a head of more than", endless_chunks: "^the reply did not end within 0.8 s$",
            backtracking: "^the regex (takes|needs) ", reset: "^connection reset|^the server closed",
            early: "^the server closed the connection within", garbage: "^the reply has |^no answer"}
    servers = [Hostile(web.net.client, 9000 + number, way) for number, way in enumerate(ways)]
    regular = Hostile(web.net.client, 9100, good)
    pages = (url("/", 'regex "(a+)+$"'), "connect_timeout 0.2")
    checks, wanted = [http(url("/"), port=9100)], [(True, "^status 200$")]
    for number, reason in enumerate(ways.values()):
        checks += [http(*pages, port=9000 + number), ssl(*pages, port=9000 + number)]
        wanted += [(False, reason), (False, "^(the )?TLS handshake |^connection reset|^the server closed")]
    node = web.net.a
    node.start(virtual(checks[:1]))
    wait_results(node, wanted[:1])
    before = memory_kib(node.pid("checkerd"))
    node.configure(virtual(checks))
    node.reload()
    wait_results(node, wanted)
    began = len(regular.times)
    seen = [len(server.times) for server in servers]
    wait_for(lambda: all(len(server.times) >= count + 4 for server, count in zip(servers, seen)), "some more rounds")
    gaps = [later - sooner for sooner, later in zip(regular.times[began:], regular.times[began + 1:])]
    assert gaps and max(gaps) < 1, "the check of the good server was held up"
    if "asan" not in str(BUILD):
        assert memory_kib(node.pid("checkerd")) - before < 16 * 1024
    assert node.processes()["checkerd"]["restarts"] == 0
    for server in (*servers, regular):
        server.stop()
