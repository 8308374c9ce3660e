"""Whatever dies, hangs or is reloaded, the address stays where it is: the chaos that tests/chaos makes.

Two nodes, a (the master) and b, each with every process of the suite; a client that pings the address every
2 ms; more busy loops than cores. Step after step something is done to some of the processes, and all the
time Judge looks whether anything happened that must not.

What step k does follows from the seed and k alone: plan(). When it does it depends on the nodes, which are
waited for, so that two runs with one seed do the same things at slightly different moments.
"""

import argparse
import collections
import dataclasses
import os
import random
import signal
import statistics
import subprocess
import sys
import time

import netns
from conf import block, instance
from harness import Lab, wait_for

VIP = "10.77.0.50"
SUITE = ("parentd", "vrrpd", "checkerd", "ipvsd")
DEADLINE = 40.0  # a process that stands still and moves no address is given 5 s by the suite

# Makes checkerd and ipvsd run.
SERVICE = block(f"virtual_server {VIP} 80", "delay_loop 6", "lb_algo rr", "lb_kind NAT", "protocol TCP",
                block("real_server 10.77.0.100 80", "weight 1", block("TCP_CHECK", "connect_timeout 3")))

# (priority, addresses): what one configuration says must never be seen together with what another one says.
# a is always above b.
VARIANTS = {
    "a": ((150, (VIP,)), (160, (VIP, "10.77.0.51")), (170, (VIP, "10.77.0.52")),
          (180, (VIP, "10.77.0.51", "10.77.0.52"))),
    "b": ((100, (VIP,)), (90, (VIP, "10.77.0.51")), (80, (VIP, "10.77.0.52"))),
}


class Broken(AssertionError):
    """Something happened that must never happen."""


def configuration(variant, interval):
    priority, addresses = variant
    return instance(priority=priority, version=3, advert=f"{interval:g}",
                    vips=[f"{address}/24" for address in addresses]) + SERVICE


# ---- what is done ----

@dataclasses.dataclass(frozen=True)
class Step:
    """One thing that is done to one node."""

    number: int
    action: str  # "faults", "reload", "broken" (a file that must be refused), "half" (faults amid a reload)
    node: str
    faults: tuple  # (process, "KILL" or "STOP"), in this order
    variant: int  # that a reload asks for
    hurry: bool  # do not wait until the node has got over the step before
    patient: bool  # wait for every process; else only for those that addresses depend on
    pause: float  # intervals to let pass first, so that every moment between two advertisements is met
    within: float  # the same, between the reload and the faults of "half"
    held: bool  # "half": checkerd is stopped first, so that the reload cannot get to its end

    def __str__(self):
        faults = ", ".join(f"SIG{number} {process}" for process, number in self.faults)
        text = {"faults": faults, "reload": f"reload variant {self.variant}", "broken": "reload a broken file",
                "half": f"reload variant {self.variant}{' with checkerd stopped' if self.held else ''}, "
                        f"{self.within * 1000:.0f} thousandths of an interval later {faults}"}[self.action]
        return f"{self.number:4} {self.node}: {text}{' (without waiting)' if self.hurry else ''}"


def pick_faults(chance, kill_only):
    victims = chance.sample(SUITE, chance.choices((1, 2, 3, 4), (50, 25, 15, 10))[0])
    how = "kill" if kill_only else chance.choices(("kill", "stop", "mixed"), (55, 25, 20))[0]
    return tuple((victim, {"kill": "KILL", "stop": "STOP"}.get(how) or chance.choice(("KILL", "STOP")))
                 for victim in victims)


def plan(seed, number):
    """Step number of the run that the seed names.

    At most two faults overlap, and at most one of them makes a process stand still: finding that takes
    the suite up to two thirds of an interval, which it can afford once before the other node's timer ends.
    """
    chance = random.Random(f"{seed}/{number}")
    hurry = number % 2 == 1 and chance.random() < 0.4
    action = chance.choices(("faults", "reload", "broken", "half"), (60, 20, 6, 0 if hurry else 14))[0]
    faults = ()
    if action == "faults":
        faults = pick_faults(chance, kill_only=hurry)
    elif action == "half":
        victims = chance.choice((("parentd",), ("vrrpd",), ("parentd", "vrrpd"), ("vrrpd", "parentd")))
        faults = tuple((victim, "KILL") for victim in victims)
    node = chance.choices(("a", "b"), (70, 30))[0]
    held = action == "half" and chance.random() < 0.6
    return Step(number, action, node, faults, chance.randrange(len(VARIANTS[node])), hurry, chance.random() < 0.3,
                chance.random() * (0.3 if hurry else 1.2), chance.random() * (0.3 if held else 0.03), held)


# ---- what must hold ----

class Judge:
    """Reads what the watchers saw and raises Broken at the first thing that must not be."""

    KEPT = 200  # packets remembered for the story of a failure

    def __init__(self, net):
        self.net = net
        self.on_a, self.on_b = net.monitor(net.a), net.monitor(net.b)
        self.adverts = 0  # of a
        self.last = None  # a's newest advertisement
        self.longest = (0.0, 0.0)  # seconds between two of them, and when it ended
        self.arp_at = 0.0  # when a last said that the address is its own
        self.latest = collections.deque(maxlen=self.KEPT)
        self.pairs = set(VARIANTS["a"])

    def look(self):
        for watcher in (self.net.sniffer, self.on_a, self.on_b):
            if not watcher.thread.is_alive():
                raise Broken("a watcher has died: nothing can be said any more")
        for packet in self.taken(self.net.sniffer):
            self.latest.append(packet)
            (self.advert if packet.kind == "vrrp" else self.arp)(packet)
        for change, address in self.taken(self.on_a):
            if change == "del" and address.startswith(VIP + "/"):
                raise Broken(f"{VIP} was removed from the master")
        for change, address in self.taken(self.on_b):
            if change == "add" and address.startswith(VIP + "/"):
                raise Broken(f"{VIP} was added on the other node")

    @staticmethod
    def taken(watcher):
        """What was seen since the last time; it is not kept, as a run may take days."""
        count = len(watcher.seen)
        packets, watcher.seen[:count] = watcher.seen[:count], []
        return packets

    def advert(self, packet):
        if packet.node != "a":
            raise Broken(f"the other node became master: it advertised priority {packet.priority}")
        if (packet.priority, packet.addresses) not in self.pairs:
            raise Broken(f"half a configuration: priority {packet.priority} with {packet.addresses}")
        if self.last:
            self.longest = max(self.longest, (packet.time - self.last.time, packet.time))
        self.adverts += 1
        self.last = packet

    def arp(self, packet):
        if packet.sender != VIP:
            return
        if packet.node != "a":
            raise Broken(f"{packet.node} says in ARP that {VIP} is its own")
        self.arp_at = packet.time

    def wait(self, condition, what, timeout=DEADLINE):
        def looked():
            self.look()
            return condition()
        return wait_for(looked, what, timeout, interval=0.005)

    def wait_adverts(self, count, what):
        """Waits for so many advertisements of a that leave from now on."""
        self.look()
        wanted = self.adverts + count
        self.wait(lambda: self.adverts >= wanted, f"{count} advertisements of a {what}")

    def tell(self):
        for packet in self.latest:
            if packet.kind == "vrrp":
                what = f"advertisement, priority {packet.priority}, {' '.join(packet.addresses)}"
            elif packet.sender == VIP:
                what = f"ARP: {VIP} is at {packet.sender_mac}"
            else:
                continue
            print(f"  {stamp(packet.time)} {packet.node}: {what}")


def stamp(at):
    return time.strftime("%H:%M:%S", time.localtime(at)) + f".{int(at % 1 * 1000):03}"


def who_has(host, source):
    """Asks for the address as everybody may."""
    mac = bytes.fromhex("020000000063")
    ask = bytes.fromhex("0001080006040001") + mac + bytes(map(int, source.split("."))) + bytes(6) + bytes(
        map(int, VIP.split(".")))
    host.inject(b"\xff" * 6 + mac + b"\x08\x06" + ask + bytes(18))


# ---- processes ----

def suite(node):
    """Name -> pid of what the launcher has started and what is not stopped."""
    found = {}
    launcher = node.process.pid
    try:
        with open(f"/proc/{launcher}/task/{launcher}/children") as children:
            pids = [int(word) for word in children.read().split()]
    except OSError:
        return found
    for pid in pids:
        try:
            name = os.path.basename(os.readlink(f"/proc/{pid}/exe"))
            with open(f"/proc/{pid}/stat") as stat:
                state = stat.read().rpartition(")")[2].split()[0]
        except OSError:
            continue
        if name in SUITE and state not in "TtZX":
            found[name] = pid
    return found


class Load:
    """Processes that only spin, at ordinary priority. They end with the thread that made them."""

    def __init__(self, count):
        self.processes = [subprocess.Popen(["setpriv", "--pdeathsig", "KILL", "sh", "-c", "while :; do :; done"])
                          for _ in range(count)]

    def end(self):
        for process in self.processes:
            process.kill()
            process.wait()
        self.processes = []


class Pings:
    """A client that pings the address without a gap. It is looked at, and made anew, every now and then."""

    PERIOD_MS = 2

    def __init__(self, net):
        self.net = net
        self.sent = 0
        self.running = self.begin()

    def begin(self):
        made = self.net.client.ping(VIP, self.PERIOD_MS)
        os.setpriority(os.PRIO_PROCESS, made.process.pid, -10)  # the load is not to slow it down
        self.began = time.monotonic()
        return made

    def check(self, last=False):
        """Raises Broken when one was lost. The next one begins before this one ends."""
        ended = self.running
        if not last:
            self.running = self.begin()
        ended.stop()
        self.net.pingers.remove(ended)
        self.sent += len(ended.sent)
        if ended.lost():
            raise Broken(f"{ended.lost()} pings lost: " + ", ".join(
                f"{stamp(at)} for {seconds * 1000:.0f} ms" for at, seconds in ended.outages()))


# ---- the run ----

class Chaos:
    """A pair of nodes to which things are done. interval: seconds between two advertisements."""

    PING_SECONDS = 15

    def __init__(self, net, interval, load=0, say=lambda text: None):
        self.net, self.interval, self.say = net, interval, say
        self.nodes = {"a": net.a, "b": net.b}
        self.wanted = {"a": 0, "b": 0}  # variant that is to be in force in the end
        self.story = collections.deque(maxlen=60)
        self.stopped = {}  # pid of a stopped process -> (node, process, deadline)
        for name, node in self.nodes.items():
            node.start(configuration(VARIANTS[name][0], interval), kind="holdfast")
            if name == "a":
                net.wait_master(net.a, VIP)
        wait_for(lambda: all(len(suite(node)) == len(SUITE) for node in net.nodes), "all processes run", DEADLINE)
        # Before its configuration is in force, a process has nothing that it could go on with.
        wait_for(lambda: all(self.in_force(name) for name in self.nodes), "the configuration is in force", DEADLINE)
        self.load = Load(load)
        self.judge = Judge(net)
        self.pings = Pings(net)
        self.judge.wait_adverts(2, "before anything happens")

    def in_force(self, name):
        priority, addresses = VARIANTS[name][self.wanted[name]]
        return self.nodes[name].shows(lambda status: all(
            one["priority"] == priority and sorted(a.split("/")[0] for a in one["addresses"]) == sorted(addresses)
            for one in status["vrrp"]) and len(status["vrrp"]) == 1)

    def pause(self, intervals):
        """Lets time pass: the next thing is to happen at any moment, not when something else just did."""
        end = time.monotonic() + intervals * self.interval
        while (left := end - time.monotonic()) > 0:
            self.judge.look()
            time.sleep(min(left, 0.01))

    def note(self, text):
        self.story.append(f"  {stamp(time.time())} {text}")
        self.say(text)

    # -- actions --

    def strike(self, node, process, number):
        pid = suite(self.nodes[node]).get(process)
        if pid is None:
            return  # it is being replaced just now
        try:
            os.kill(pid, getattr(signal, f"SIG{number}"))
        except ProcessLookupError:
            return
        if number == "STOP":
            self.stopped[pid] = (node, process, time.monotonic() + DEADLINE)

    def reload(self, name, variant):
        node = self.nodes[name]
        node.configure(configuration(VARIANTS[name][variant], self.interval))
        node.reload()
        self.wanted[name] = variant

    def do(self, step):
        self.pause(step.pause)
        if not step.hurry:
            self.get_over(step.patient)
        self.note(str(step))
        node = self.nodes[step.node]
        if step.held:
            self.strike(step.node, "checkerd", "STOP")
        if step.action in ("reload", "half"):
            self.reload(step.node, step.variant)
        elif step.action == "broken":
            self.refuse(node)
        if step.action == "half":
            self.pause(step.within)
        for process, number in step.faults:
            self.strike(step.node, process, number)

    def refuse(self, node):
        """A reload of a file with an error, and then of the good one again: a reload that was still under way
        may have been cut off by the faults before it."""
        good, before = node.conf.read_text(), node.log().count("configuration refused")
        node.configure(good.replace("virtual_router_id", "virtual_ruoter_id"))
        node.reload()
        self.judge.wait(lambda: node.log().count("configuration refused") > before, "the broken file is refused")
        node.configure(good)
        node.reload()

    # -- waiting --

    def alive(self, names=SUITE):
        return all(set(names) <= suite(node).keys() for node in self.net.nodes)

    def replaced(self):
        """Forgets stopped processes that are gone; raises when one has been left standing for too long."""
        for pid, (node, process, deadline) in list(self.stopped.items()):
            if not os.path.exists(f"/proc/{pid}"):
                del self.stopped[pid]
            elif time.monotonic() > deadline:
                raise Broken(f"{process}[{pid}] on {node} stands still and is not replaced")

    def waiting_for(self, name):
        """A stopped checkerd or ipvsd holds its node's reloads up."""
        return any(node == name for node, _, _ in self.stopped.values())

    def get_over(self, patient):
        """Waits until the nodes are as if nothing had happened; without patience a process that no address
        depends on may still stand still."""
        self.judge.wait(lambda: self.alive(("parentd", "vrrpd")), "parentd and vrrpd run")
        if patient:
            self.judge.wait(self.alive, "all processes run")
        self.replaced()
        self.judge.wait_adverts(2, "after a step")
        for name, node in self.nodes.items():
            self.judge.wait(lambda node=node: node.shows(lambda status: True), f"{name} answers its operator")
            if not self.waiting_for(name):
                self.judge.wait(lambda name=name: self.in_force(name), f"variant {self.wanted[name]} on {name}")
        self.ask()

    def ask(self):
        """Somebody asks whose the address is, and what is answered and held belongs to one configuration."""
        since = time.time()
        who_has(self.net.client, "10.77.0.99")
        self.judge.wait(lambda: self.judge.arp_at >= since, "a answers for the address")
        if not self.waiting_for("a"):
            priority, addresses = VARIANTS["a"][self.wanted["a"]]
            self.judge.wait(lambda: (self.judge.last.priority, self.judge.last.addresses) == (priority, addresses),
                            f"priority {priority} with {addresses} on the wire")
            held = {address["local"] for address in self.net.a.addresses()} - {"10.77.0.1"}
            if held != set(addresses):
                raise Broken(f"a holds {sorted(held)}, not {sorted(addresses)}")
        if time.monotonic() - self.pings.began > self.PING_SECONDS:
            self.pings.check()

    # -- the whole --

    def run(self, seed, seconds):
        """Steps 0, 1, 2 … of the seed for a time; returns how many."""
        end, number = time.monotonic() + seconds, 0
        while time.monotonic() < end:
            self.do(plan(seed, number))
            number += 1
        self.get_over(patient=True)
        return number

    def finish(self):
        """The last look; then both nodes are stopped, and what they left behind is judged."""
        self.pings.check(last=True)
        self.load.end()
        self.judge.look()
        for node in self.net.nodes:  # as many as there were
            node.restarts = {name: p["restarts"] for name, p in node.processes().items() if p.get("restarts")}

    def tell(self, seed):
        """What is needed to understand a failure."""
        print(f"\nseed {seed}, interval {self.interval:g} s; the steps:")
        print("\n".join(self.story))
        print("the lan:")
        self.judge.tell()
        for node in self.net.nodes:
            print(f"the log of {node.name}, its end:")
            print("\n".join("  " + line for line in node.log().splitlines()[-120:]))


# ---- many kills ----

@dataclasses.dataclass
class Kills:
    """What kill -9 of vrrpd on the master did, again and again. Owner changes raise Broken."""

    seconds: list  # from each kill to the next advertisement
    elapsed: float = 0.0

    def __str__(self):
        return (f"{len(self.seconds)} kills of vrrpd in {self.elapsed:.0f} s, 0 owner changes; from the kill to the "
                f"next advertisement: median {statistics.median(self.seconds) * 1e3:.1f} ms, "
                f"worst {max(self.seconds) * 1e3:.1f} ms")


def kill_vrrpd(chaos):
    """Returns the seconds to the next advertisement."""
    pid = suite(chaos.net.a)["vrrpd"]
    chaos.judge.look()
    since = time.time_ns() / 1e9
    os.kill(pid, signal.SIGKILL)
    chaos.judge.wait(lambda: chaos.judge.last.time >= since, "an advertisement after the kill")
    return chaos.judge.last.time - since


def kill_in_a_row(chaos, count, life, every=100):
    """count times kill -9 of vrrpd, each when the process has advertised and has lived for life seconds.

    The launcher takes a process that dies within a second of its start, again and again, for one that
    cannot be kept alive, and delays its starts up to a quarter of an interval: life 0 tests that, a life
    of more than a second what happens to a healthy process.
    """
    done, began = Kills([]), time.monotonic()
    for number in range(1, count + 1):
        chaos.note(f"kill {number}")
        born = time.monotonic()
        done.seconds.append(kill_vrrpd(chaos))
        chaos.judge.wait(lambda: "vrrpd" in suite(chaos.net.a), "vrrpd runs")
        chaos.pause(max(0.0, born + done.seconds[-1] + life - time.monotonic()) / chaos.interval)
        if time.monotonic() - chaos.pings.began > chaos.PING_SECONDS:
            chaos.pings.check()
        if number % every == 0:
            done.elapsed = time.monotonic() - began
            print(done, flush=True)
    done.elapsed = time.monotonic() - began
    return done


# ---- tests/chaos ----

def parse(arguments):
    parser = argparse.ArgumentParser(prog="tests/chaos", description=__doc__.split("\n")[0], epilog=(
        "With --kills, vrrpd on the master is killed so many times in a row instead. Ends with status 0 when "
        "the address stayed where it was all the time; else prints the steps, the packets and the logs."))
    parser.add_argument("--seconds", type=float, default=300, metavar="S", help="how long (default 300)")
    parser.add_argument("--seed", metavar="N", help="repeat the steps of an earlier run (default: a new one)")
    parser.add_argument("--interval", type=float, default=1.0, metavar="S",
                        help="seconds between two advertisements, 1 (default) or 0.1")
    parser.add_argument("--load", type=int, metavar="N",
                        help="busy loops beside it (default: two more than cores; none with --kills)")
    parser.add_argument("--kills", type=int, metavar="N", help="kill -9 of vrrpd, N times in a row")
    parser.add_argument("--life", type=float, default=1.1, metavar="S",
                        help="how long a vrrpd lives before it is killed (default 1.1: no crash loop; 0: killed as "
                             "soon as it has advertised, so that the launcher delays the next start)")
    return parser.parse_args(arguments)


def default_load(given, kills=None):
    return given if given is not None else 0 if kills else os.cpu_count() + 2


def report(chaos, what):
    print(f"{what}; {chaos.pings.sent} pings, none lost; longest gap between two advertisements "
          f"{chaos.judge.longest[0]:.3f} s, until {stamp(chaos.judge.longest[1])}", flush=True)


def play(net, arguments, seed):
    chaos = Chaos(net, arguments.interval, default_load(arguments.load, arguments.kills),
                  say=lambda text: arguments.kills or print(f"{stamp(time.time())} {text}", flush=True))
    try:
        if arguments.kills:
            what = str(kill_in_a_row(chaos, arguments.kills, arguments.life))
        else:
            what = f"{chaos.run(seed, arguments.seconds)} steps, 0 owner changes"
        chaos.finish()
        report(chaos, what)
    except Exception:
        chaos.tell(seed)
        raise
    finally:
        chaos.load.end()


def main():
    arguments = parse(sys.argv[1:])
    seed = arguments.seed or str(random.SystemRandom().randrange(10**6))
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    netns.reap()
    print(f"seed {seed}, interval {arguments.interval:g} s", flush=True)
    net = Lab()
    try:
        play(net, arguments, seed)
        net.close()
    except AssertionError as error:
        print(f"\nBROKEN: {error}\nrepeat with: tests/chaos --interval {arguments.interval:g} --seed {seed}")
        sys.exit(1)
    except KeyboardInterrupt:
        print("\nended by hand; nothing was broken until now")
        sys.exit(130)
    finally:
        net.remove()


if __name__ == "__main__":
    main()
