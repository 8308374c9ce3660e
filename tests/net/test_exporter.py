"""The exporter: started as systemd starts it, asked by Prometheus, by curl's like and by worse."""

import http.client
import json
import os
import re
import socket
import subprocess
import threading
import time
import urllib.parse

import metrics
import netns
import pytest
from conf import FAST, instance
from harness import BUILD, TOP, wait_for

VIP = "10.77.0.50"
LONELY = {"a": "10.77.0.1/24", "sniff": False}
OPEN = "application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5,*/*;q=0.1"
PORT = 9790


class Exporter:
    """Listens on loopback of the client's network, as systemd would, and hands the socket over."""

    def __init__(self, lab, idle=300):
        self.ns = lab.client.ns
        self.listener = netns.socket_inside(self.ns, socket.AF_INET, socket.SOCK_STREAM)
        self.listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.listener.bind(("127.0.0.1", PORT))
        self.listener.listen(128)
        self.log_path = lab.dir / "exporter.log"
        shell = 'export LISTEN_PID=$$ LISTEN_FDS=1; exec 3<&"$1"; shift; exec "$@"'
        with open(self.log_path, "ab") as log:
            self.process = subprocess.Popen(
                ["bash", "-c", shell, "sh", str(self.listener.fileno()),
                 str(BUILD / "libexec/holdfast-exporter"), "--runtime-dir", str(lab.a.run_dir), f"--idle={idle}"],
                pass_fds=[self.listener.fileno()], stderr=log)

    def connect(self):
        client = netns.socket_inside(self.ns, socket.AF_INET, socket.SOCK_STREAM)
        client.settimeout(20)
        client.connect(("127.0.0.1", PORT))
        return client

    def get(self, path="/metrics", method="GET", accept=None):
        """(status, Content-Type, text)"""
        connection = http.client.HTTPConnection("127.0.0.1", PORT, timeout=20)
        connection.sock = self.connect()
        try:
            connection.request(method, path, headers={"Accept": accept} if accept else {})
            reply = connection.getresponse()
            return reply.status, reply.getheader("Content-Type"), reply.read().decode()
        finally:
            connection.close()

    def end(self):
        self.listener.close()
        self.process.terminate()
        self.process.wait(10)
        log = self.log_path.read_text()
        assert not re.search("Sanitizer|runtime error", log), log


@pytest.fixture
def serve(lab):
    """A function that makes an Exporter for a Lab with one MASTER."""
    made = []

    def make(**arguments):
        net = lab(**LONELY)
        net.a.start(instance(**FAST))
        net.wait_master(net.a, VIP)
        made.append(Exporter(net, **arguments))
        return net, made[-1]
    yield make
    for one in made:
        one.end()


def test_both_formats_and_nothing_else(serve):
    net, exporter = serve()
    status, kind, text = exporter.get(accept=OPEN)
    assert status == 200 and kind == "application/openmetrics-text; version=1.0.0; charset=utf-8"
    assert metrics.Metrics(text).get("holdfast_vrrp_state", vrrp_instance="VI_1", state="MASTER") == 1
    status, kind, text = exporter.get()
    assert status == 200 and kind == "text/plain; version=0.0.4; charset=utf-8"
    assert metrics.promtool(text) == "" and "holdfast_vrrp_advertisements_sent_total" in text
    assert metrics.names(net.a.ctl("metrics")) == metrics.names(exporter.get(accept=OPEN)[2])
    assert [exporter.get(path)[0] for path in ("/", "/metrics/", "/metrics?a=b")] == [404, 404, 200]
    assert [exporter.get(method=method)[0] for method in ("HEAD", "POST", "DELETE")] == [405, 405, 405]
    assert len(os.listdir(f"/proc/{exporter.process.pid}/fd")) < 16, "what is over is closed"


def test_many_at_once(serve):
    net, exporter = serve()
    found = []
    threads = [threading.Thread(target=lambda: found.append(exporter.get(accept=OPEN))) for _ in range(40)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {status for status, _, _ in found} == {200} and len(found) == 40
    assert len({text for _, _, text in found}) < 10, "one answer is for all who ask at the same time"
    assert net.a.vrrp("VI_1")["state"] == "MASTER"


def test_hostile_clients(serve):
    """Whatever some do, others are served, and the suite notices nothing."""
    net, exporter = serve()

    def say(data):
        with exporter.connect() as client:
            client.sendall(data)
            return client.recv(65536).split(b"\r\n")[0]
    assert say(b"\x16\x03\x01\x02\x00\x01\r\n\r\n") == b"HTTP/1.1 400 Bad Request"
    assert say(b"GET /metrics HTTP/2.0\r\n\r\n") == b"HTTP/1.1 505 HTTP Version Not Supported"
    assert say(b"GET /metrics HTTP/1.1\r\nA: " + b"a" * 9000).startswith(b"HTTP/1.1 431 ")
    # those that say nothing, half a request, or never read
    idle = [exporter.connect() for _ in range(100)]
    for client in idle[50:]:
        try:
            client.sendall(b"GET /metrics HTTP/1.1\r\nX: ")
        except OSError:
            pass  # it was given up already
    assert exporter.get()[0] == 200
    deaf = [exporter.connect() for _ in range(20)]
    for client in deaf:
        client.sendall(b"GET /metrics HTTP/1.1\r\n\r\n")
    assert exporter.get(accept=OPEN)[0] == 200
    started = time.monotonic()
    slow = exporter.connect()
    slow.sendall(b"GET ")
    assert slow.recv(4096).startswith(b"HTTP/1.1 408 ") and time.monotonic() - started < 15
    # one that has said all that it will say still gets its answer
    with exporter.connect() as half:
        half.sendall(b"GET /metrics HTTP/1.1\r\n\r\n")
        half.shutdown(socket.SHUT_WR)
        assert half.recv(64).startswith(b"HTTP/1.1 200 ")
    for client in [*idle, *deaf, slow]:
        client.close()
    assert exporter.process.poll() is None
    assert net.a.vrrp("VI_1")["state"] == "MASTER"


def test_without_the_suite(serve):
    net, exporter = serve()
    net.a.stop()
    status, _, text = exporter.get()
    assert status == 503 and "control.sock" in text or "No such file" in text
    net.a.start(instance(**FAST))
    net.wait_master(net.a, VIP)
    wait_for(lambda: exporter.get()[0] == 200, "it is asked again")
    assert exporter.process.poll() is None


def test_ends_when_idle(serve):
    _, exporter = serve(idle=1)
    assert exporter.get()[0] == 200
    assert exporter.process.wait(20) == 0
    assert "nobody has asked for 1 s" in exporter.log_path.read_text()


def test_prometheus_itself(serve, tmp_path):
    """A real one scrapes it, takes everything, and evaluates the rules."""
    net, exporter = serve()
    rules = TOP / "packaging/prometheus/holdfast.rules.yml"
    config = tmp_path / "prometheus.yml"
    config.write_text(json.dumps({
        "global": {"scrape_interval": "1s", "evaluation_interval": "1s"}, "rule_files": [str(rules)],
        "scrape_configs": [{"job_name": "holdfast", "static_configs": [{"targets": [f"127.0.0.1:{PORT}"]}]}]}))
    with open(tmp_path / "log", "wb") as log:
        process = subprocess.Popen(
            ["ip", "netns", "exec", net.client.ns, "prometheus", f"--config.file={config}",
             f"--storage.tsdb.path={tmp_path}/data", "--web.listen-address=127.0.0.1:9090"], stderr=log, stdout=log)

    def ask(path):
        connection = http.client.HTTPConnection("127.0.0.1", 9090, timeout=5)
        connection.sock = netns.socket_inside(net.client.ns, socket.AF_INET, socket.SOCK_STREAM)
        connection.sock.settimeout(5)
        try:
            connection.sock.connect(("127.0.0.1", 9090))
            connection.request("GET", path)
            return json.loads(connection.getresponse().read())["data"]
        except (OSError, ValueError, http.client.HTTPException):
            return None
        finally:
            connection.close()

    def query(text):
        found = ask("/api/v1/query?query=" + urllib.parse.quote(text))
        return {tuple(sorted(one["metric"].items())): float(one["value"][1]) for one in found["result"]} if found else {}

    try:
        wait_for(lambda: list(query('holdfast_vrrp_state{vrrp_instance="VI_1",state="MASTER"}').values()) == [1],
                 "it knows who is MASTER", timeout=30)
        assert list(query("up").values()) == [1]
        samples = len(metrics.read(net.a).samples)
        assert list(query("scrape_samples_post_metric_relabeling").values()) == [samples], "it has taken all"
        wait_for(lambda: (groups := ask("/api/v1/rules")) and all(
            rule["health"] == "ok" for group in groups["groups"] for rule in group["rules"]),
            "the rules are evaluated", timeout=30)
        kinds = {kind for (entry,) in ask("/api/v1/metadata?metric=holdfast_vrrp_timer_lateness_seconds").values()
                 for kind in [entry["type"]]}
        assert kinds == {"histogram"}
    finally:
        process.terminate()
        process.wait(10)
