"""Nodes that run Holdfast or keepalived, on a network of their own.

       node a          node b          client        one network namespace each
         eth0            eth0            eth0
          |               |               |          veth pairs
    ------+---------------+---------------+------    bridge br0 in namespace "lan"

Further interfaces and bridges are made by Host.add_link(). The host's own network is not touched. Lab
is the network; Lab.close() stops all daemons, checks how they ended, and removes everything.
"""

import atexit
import json
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import time

import netns
import pinger
import watch

TOP = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("HOLDFAST_BUILD", TOP / "build"))
KIND = os.environ.get("HOLDFAST_TEST_KIND", "holdfast")

# What no log of a healthy suite contains.
BAD_LOG = re.compile(r"SIGSYS|signal 31|protocol violation|AddressSanitizer|LeakSanitizer|runtime error|assert", re.I)


def wait_for(condition, what, timeout=10.0, interval=0.01):
    """Polls until condition() is true and returns its value; fails, naming what, at the deadline."""
    deadline = time.monotonic() + timeout
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {timeout} s: {what}")
        time.sleep(interval)


class Host:
    """A network namespace on the lan."""

    def __init__(self, lab, name):
        self.lab, self.name = lab, name
        self.ns = netns.unique(name)
        self.ports = {}  # ifname -> (port in the lan, bridge)
        self.make_namespace()
        netns.ip(ns=self.ns, batch=["link set lo up"])

    def make_namespace(self):
        netns.ip(batch=[f"netns add {self.ns}"])
        self.lab.hosts.append(self)

    def add_link(self, ifname, *addresses, bridge="br0"):
        """One more interface, plugged into a bridge of the lan (made when it is not there yet)."""
        port = f"{self.name}.{ifname}"[:15]
        self.lab.need_bridge(bridge)
        netns.ip(ns=self.lab.ns, batch=[
            f"link add {port} type veth peer name {ifname} netns {self.ns}",
            f"link set {port} master {bridge} up"])
        netns.ip(ns=self.ns, batch=[f"link set {ifname} up"]
                 + [f"address add {a} dev {ifname} broadcast +" for a in addresses])
        self.ports[ifname] = (port, bridge)
        self.lab.ports[port] = self.name

    def unplug(self, ifname=None):
        """The cable is pulled: both ends lose the carrier."""
        for port, _ in self.selected(ifname):
            netns.ip("link", "set", port, "down", ns=self.lab.ns)

    def plug(self, ifname=None):
        for port, _ in self.selected(ifname):
            netns.ip("link", "set", port, "up", ns=self.lab.ns)

    def isolate(self, ifname=None):
        """Nothing goes in or out any more, yet the carrier stays: what a dead host looks like."""
        for port, _ in self.selected(ifname):
            netns.ip("link", "set", port, "nomaster", ns=self.lab.ns)

    def rejoin(self, ifname=None):
        for port, bridge in self.selected(ifname):
            netns.ip("link", "set", port, "master", bridge, ns=self.lab.ns)

    def selected(self, ifname):
        return [self.ports[ifname]] if ifname else list(self.ports.values())

    def addresses(self, ifname=None):
        """IPv4 addresses as `ip -j addr` shows them: list of dictionaries, with "ifname" added."""
        found = []
        for link in netns.ip_json("-4", "address", "show", *(["dev", ifname] if ifname else []), ns=self.ns):
            for address in link.get("addr_info", []):
                found.append({"ifname": link["ifname"], **address})
        return [a for a in found if a["ifname"] != "lo"]

    def holds(self, *wanted):
        have = {a["local"] for a in self.addresses()}
        return all(address in have for address in wanted)

    def inject(self, *frames, ifname="eth0"):
        sock = netns.socket_inside(self.ns, socket.AF_PACKET, socket.SOCK_RAW, 0)
        try:
            sock.bind((ifname, 0))
            for frame in frames:
                sock.send(frame)
        finally:
            sock.close()

    def ping(self, address, period_ms=3):
        made = pinger.Pinger(self.ns, address, period_ms)
        self.lab.pingers.append(made)
        return made

    def pings_once(self, address):
        done = subprocess.run(["ip", "netns", "exec", self.ns, "ping", "-c1", "-W1", "-n", address],
                              capture_output=True)
        return done.returncode == 0


class Node(Host):
    """A host that runs a daemon of either kind."""

    def __init__(self, lab, name):
        super().__init__(lab, name)
        self.process = None
        self.kind = None
        self.restarts = {}  # process name -> restarts that the test caused
        self.daemon = str(BUILD / "holdfast")
        self.strict = True  # close() checks how the daemon ended
        self.dir = lab.dir / name
        self.dir.mkdir()
        self.dir.chmod(0o755)
        self.conf = self.dir / "test.conf"
        self.log_path = self.dir / "log"
        self.run_dir = self.dir / "run"
        self.stops = 0

    def configure(self, text):
        """Replaces the file at once: a daemon that reads it now sees the old or the new text."""
        new = self.conf.with_suffix(".new")
        new.write_text(text)
        new.chmod(0o644)
        new.rename(self.conf)

    def command(self, arguments):
        if self.kind == "keepalived":
            return ["keepalived", "-n", "-l", "-D", "-f", str(self.conf)] + [
                word for flag in "prc" for word in (f"-{flag}", str(self.dir / f"pid-{flag}"))] + list(arguments)
        return [self.daemon, "-n", "-l", "--runtime-dir", str(self.run_dir), "-f", str(self.conf),
                *arguments]

    def start(self, conf=None, kind=None, arguments=()):
        """Starts the daemon; returns at once."""
        assert self.process is None, f"{self.name} runs already"
        self.kind = kind or KIND
        if conf is not None:
            self.configure(conf)
        with open(self.log_path, "ab") as log:
            self.process = subprocess.Popen(["ip", "netns", "exec", self.ns, *self.command(arguments)],
                                            stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                            start_new_session=True)
        return self

    def stop(self, timeout=15):
        """Asks the daemon to stop and returns its exit status."""
        self.ask_to_stop()
        return self.ended(timeout)

    def ask_to_stop(self):
        self.process.send_signal(signal.SIGTERM)

    def ended(self, timeout=15):
        try:
            return self.process.wait(timeout)
        finally:
            self.process = None
            self.stops += 1

    def kill(self, *names):
        """kill -9 of the named processes of the suite, or of all that run here."""
        victims = [self.pid(name) for name in names] if names else netns.pids(self.ns)
        for number in (signal.SIGSTOP, signal.SIGKILL):  # none of them sees another one end
            for pid in victims:
                os.kill(pid, number)
        if not names:
            self.process.wait(10)
            self.process = None
        return victims

    def reload(self):
        self.process.send_signal(signal.SIGHUP)

    def pid(self, name):
        """Pid of a process of the suite, by the name of its program; None when it does not run."""
        found = self.pids_of(name)
        return found[0] if found else None

    def pids_of(self, name):
        found = []
        for pid in netns.pids(self.ns):
            try:
                program = os.readlink(f"/proc/{pid}/exe").removesuffix(" (deleted)")
                if os.path.basename(program) == name:
                    found.append(pid)
            except OSError:
                pass
        return found

    def log(self):
        return self.log_path.read_text(errors="replace") if self.log_path.exists() else ""

    def logged(self, pattern):
        return re.search(pattern, self.log(), re.M)

    def ctl(self, *arguments, check=True):
        """Runs holdfastctl and returns what it prints."""
        done = subprocess.run(
            [str(BUILD / "holdfastctl"), "--runtime-dir", str(self.run_dir), *arguments],
            text=True, capture_output=True, timeout=10)
        if check and done.returncode != 0:
            raise AssertionError(f"holdfastctl {' '.join(arguments)}: {done.returncode} {done.stderr}")
        return done.stdout

    def status(self):
        """What `holdfastctl status --json` shows, asked for on the control socket itself."""
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as client:
            client.settimeout(5)
            client.connect(str(self.run_dir / "control.sock"))
            client.sendall(b'{"command": "status"}\n')
            answer = b""
            while not answer.endswith(b"\n"):
                part = client.recv(1 << 20)
                if not part:
                    raise ConnectionError(f"{self.name}: the control socket closed after {len(answer)} bytes")
                answer += part
        return json.loads(answer)

    def shows(self, condition):
        """condition(status), False while nobody answers (parentd is being replaced)."""
        try:
            return condition(self.status())
        except (OSError, KeyError):
            return False

    def vrrp(self, name=None):
        """The instances as `holdfastctl status --json` shows them, by name; or the one asked for."""
        wait_for(lambda: self.shows(lambda status: status["vrrp"]), f"{self.name} shows its instances")
        found = {instance["name"]: instance for instance in self.status()["vrrp"]}
        return found[name] if name else found

    def counters(self, name="VI_1"):
        return self.vrrp(name)["counters"]

    def processes(self):
        return {process["name"]: process for process in self.status()["processes"]}

    def verify(self):
        """What must hold for every suite at the end of a test."""
        if self.kind != "holdfast" or not self.strict:
            return
        bad = BAD_LOG.search(self.log())
        assert not bad, f"{self.name} logged {bad.group(0)!r}"
        if self.process is None:
            return
        restarts = {name: p["restarts"] for name, p in self.processes().items() if p.get("restarts")}
        assert restarts == self.restarts, f"{self.name}: processes restarted: {restarts}, not {self.restarts}"

    def check_end(self):
        """stop() all over, with what must hold after it: nothing runs, nothing is held."""
        status = self.ended()
        if self.strict and self.kind == "holdfast":
            assert status == 0, f"{self.name} ended with {status}"
            assert not netns.pids(self.ns), f"{self.name} left processes behind"
            self.verify()


class Lab:
    """The network and its hosts: Lab(a="10.77.0.1/24", b="10.77.0.2/24"), then lab.a, lab.b, lab.client."""

    def __init__(self, ifname="eth0", client="10.77.0.100/24", sniff=True, **nodes):
        self.hosts, self.ports, self.bridges, self.pingers, self.watchers = [], {}, set(), [], []
        self.nodes = []
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix=f"hf-{os.getpid()}-"))
        self.dir.chmod(0o755)
        self.ns = netns.unique("lan")
        self.closed = False
        atexit.register(self.remove)
        netns.ip(batch=[f"netns add {self.ns}"])
        for name, address in (nodes or {"a": "10.77.0.1/24", "b": "10.77.0.2/24"}).items():
            node = Node(self, name)
            node.add_link(ifname, address)
            self.nodes.append(node)
            setattr(self, name, node)
        self.client = Host(self, "client")
        self.client.add_link("eth0", client)
        self.sniffer = self.watch(watch.Sniffer(self.ns, self.ports)) if sniff else None

    def need_bridge(self, name):
        if name not in self.bridges:
            netns.ip(ns=self.ns, batch=[
                f"link add {name} type bridge mcast_snooping 0 stp_state 0", f"link set {name} up"])
            self.bridges.add(name)

    def watch(self, watcher):
        self.watchers.append(watcher)
        return watcher

    def monitor(self, node):
        return self.watch(watch.AddressMonitor(node.ns))

    def holders(self, address):
        return [node.name for node in self.nodes if node.holds(address)]

    def wait_master(self, node, *addresses, timeout=10.0, alone=True):
        """Waits until node holds the addresses, and nobody else does."""
        def condition():
            return all(node.name in (h := self.holders(a)) and (not alone or len(h) == 1) for a in addresses)
        wait_for(condition, f"{node.name} holds {addresses} {'alone' if alone else ''}", timeout)

    def start_pair(self, master, backup, *addresses):
        """a with its configuration, and once it is master, b with its own: it never says a word before a fails."""
        self.a.start(master)
        self.wait_master(self.a, *addresses)
        self.b.start(backup)
        wait_for(lambda: self.b.shows(lambda status: status["vrrp"] and all(one["master"] for one in status["vrrp"])),
                 "b hears a")

    def wait_adverts(self, node, count=1, vrid=None, since=None, timeout=10.0):
        """Waits for so many further advertisements of a node and returns them."""
        since = time.time() if since is None else since
        wait_for(lambda: len(self.sniffer.adverts(node.name, vrid, since)) >= count,
                 f"{count} advertisements of {node.name}", timeout)
        return self.sniffer.adverts(node.name, vrid, since)

    def stop_daemons(self):
        """Stops and verifies every daemon; returns what was wrong, with the logs shown."""
        running = [node for node in self.nodes if node.process is not None]
        problems = []
        for step in (Node.verify, Node.ask_to_stop, Node.check_end):
            for node in running:
                try:
                    step(node)
                except Exception as error:
                    problems.append(error)
        if problems:
            self.show_logs()
        return problems

    def close(self):
        """Ends the test: stops and verifies every daemon, then removes everything. Raises what was wrong."""
        problems = self.stop_daemons()
        self.remove()
        if problems:
            raise problems[0]

    def show_logs(self):
        for node in self.nodes:
            print(f"--- log of {node.name} ({node.kind})\n{node.log()}")

    def remove(self):
        if self.closed:
            return
        self.closed = True
        for process in self.pingers:
            process.kill()
        for watcher in self.watchers:
            watcher.stop()
        for host in self.hosts:
            netns.remove(host.ns)
        netns.remove(self.ns)
        for node in self.nodes:
            if node.process is not None:
                node.process.wait()
        shutil.rmtree(self.dir, ignore_errors=True)
        atexit.unregister(self.remove)
