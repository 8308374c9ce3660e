"""Configurations whose IPVS tables are compared with keepalived's, by test_ipvs_judge.py.

Those of TOGETHER are one file, so that the daemons are started once: each has its own network of service
addresses, here always 10.77.0.0/16 and fd77::/32, its own marks, here 1 to 99, and its own group G. Those of
ALONE are files of their own. Real servers of which the checks count are on loopback, where a port on which nobody listens
refuses at once.
"""

import dataclasses

from conf import block, global_defs, instance

VIP = "10.77.0.50"
VIP6 = "fd77::50"
ALIVE, DEAD = 8001, 8009
QUICK = ("delay_loop 1", "retry 1", "delay_before_retry 0", "warmup 0")
PATIENT = ("delay_loop 100000",)


@dataclasses.dataclass
class Case:
    """table: what keepalived's part of the table must match before it is compared, line by line or not at
    all. differs: why Holdfast's is another, which is that of holdfast. scripts: made in {dir}."""
    conf: str
    table: tuple = ()
    absent: tuple = ()
    scripts: dict = dataclasses.field(default_factory=dict)
    files: dict = dataclasses.field(default_factory=dict)
    differs: str = ""
    holdfast: tuple = ()
    arguments: tuple = ("-C",)


def real(where="127.0.0.2 80", *lines):
    return block(f"real_server {where}", *(lines or ("weight 1",)))


def service(where, *lines, algo="rr", kind="NAT", protocol="TCP"):
    said = {"lb_algo": algo, "lb_kind": kind, "protocol": protocol}
    return block(f"virtual_server {where}", *(f"{word} {value}" for word, value in said.items() if value), *lines)


def services(*variants, where=VIP, servers=(real(),), **more):
    """A service for each list of lines, on ports from 1000."""
    return "".join(service(f"{where} {1000 + n}", *lines, *servers, **more) for n, lines in enumerate(variants))


def group(*entries):
    return block("virtual_server_group G", *entries)


def check(port):
    return block("TCP_CHECK", f"connect_port {port}", "connect_timeout 1")


def alive(where="127.0.0.2 80", *lines):
    return real(where, *lines, check(ALIVE))


def dead(where="127.0.0.3 80", *lines):
    return real(where, *lines, check(DEAD))


def tutorial(where):
    """The virtual server of many tutorials, on loopback."""
    return service(where, "delay_loop 6", *(
        real(f"127.0.0.{n} 80", "weight 1", block("TCP_CHECK", "connect_timeout 10", "retry 3", "delay_before_retry 3",
                                                  f"connect_port {ALIVE}")) for n in (2, 3)), kind="DR")


def misc(where, code):
    return real(where, "weight 10", block("MISC_CHECK", f'misc_path "{{dir}}/exits-{code}"', "misc_dynamic"))


TUNNELS = ("type ipip", "type gue port 5555", "type gue port 5555 nocsum", "type gue port 5555 csum",
           "type gue port 5555 remcsum", "type gre", "type gre nocsum", "type gre csum")
EXITS = {f"exits-{code}": f"#!/bin/sh\nexit {code}\n" for code in (0, 1, 2, 7, 255)}

SERVICES = {
    "schedulers": Case("".join(
        service(f"{VIP} {1000 + n}", real(), real("127.0.0.3 80", "weight 3"), algo=algo)
        for n, algo in enumerate("rr wrr lc wlc lblc lblcr dh sh mh sed nq fo ovf".split()))),
    "scheduler the kernel does not have": Case(
        service(f"{VIP} 80", real(), algo="twos") + service(f"{VIP} 81", real())),
    "scheduler by its other name": Case(services(("lvs_sched wrr", "lvs_method NAT"), ("lvs_sched sh", "sh-port", "lvs_method DR"),
                                                 algo=None, kind=None)),
    "flags of a scheduler": Case(
        services(("sh-port",), ("sh-fallback",), ("sh-port", "sh-fallback"), ("flag-1",), ("flag-2",), algo="sh")
        + services(("mh-port",), ("mh-fallback",), ("mh-port", "mh-fallback", "flag-3"), ("flag-1",), ("flag-2",), ("flag-3",),
                   algo="mh", where="10.77.0.51")
        + services(("flag-1",), ("flag-2",), ("flag-3",), ("flag-1", "flag-2", "flag-3"), where="10.77.0.52")),
    "hashed": Case(service(f"{VIP} 80", "hashed", real(), algo="sh")),
    "nothing said": Case(service(f"{VIP} 80", real(), algo=None, kind=None, protocol=None)
                         + service(f"{VIP} 81", real(), algo=None) + service(f"{VIP} 82", real(), kind=None)),
    "methods": Case("".join(service(f"{VIP} {port}", real(f"127.0.0.2 {port}"), real(f"10.1.0.1 {port}"), kind=kind)
                            for port, kind in ((80, "NAT"), (81, "DR"), (82, "TUN")))),
    "ports with NAT": Case(service(f"{VIP} 80", real("10.1.0.1 8080"), real("10.1.0.1 8081"), real("10.1.0.2"))),
    "ports with DR and TUN": Case(service(f"{VIP} 80", real("10.1.0.1 8080"), real("10.1.0.2"), kind="DR")
                                  + service(f"{VIP} 81", real("10.1.0.1 8080"), kind="TUN")),
    "tunnels": Case("".join(service(f"{VIP} {1000 + n}", real("10.1.0.1"), kind=f"TUN {options}")
                            for n, options in enumerate(TUNNELS))),
    "method of a server": Case(service(
        f"{VIP} 80", real("10.1.0.1 80", "lvs_method DR"), real("10.1.0.2 80", "lvs_method TUN"),
        real("10.1.0.3 8080", "lvs_method NAT"), real("10.1.0.4", "lvs_method TUN type gue port 6000"))),
    "weights": Case(service(f"{VIP} 80", "weight 7", real("10.1.0.1 80", "weight 1"), real("10.1.0.2 80", "weight 0"),
                            real("10.1.0.3 80", "weight 65535"), real("10.1.0.4 80", "uthreshold 10"), algo="wrr")),
    "thresholds": Case(service(f"{VIP} 80", real("10.1.0.1 80", "uthreshold 1000", "lthreshold 500"),
                               real("10.1.0.2 80", "uthreshold 1000"), algo="wlc")),
    "persistence": Case(services(
        ("persistence_timeout 50",), ("persistence_timeout",), ("persistence_timeout 50", "persistence_granularity 255.255.255.0"),
        ("persistence_granularity 255.255.0.0",), ("persistence_timeout 60", "persistence_granularity 255.255.255.255"))),
    "persistence, IPv6": Case(services(("persistence_timeout 50",), ("persistence_timeout 50", "persistence_granularity 64"),
                                       where=VIP6, servers=(real("fd77::2 80"),))),
    "persistence engine": Case(services(("persistence_timeout 50", "persistence_engine sip"), ("persistence_engine sip",),
                                        protocol="UDP")),
    "one packet": Case(services(("ops",), ("ops", "persistence_timeout 20"), protocol="UDP")),
    "protocols": Case("".join(service(f"{VIP} 80", real(), protocol=protocol) for protocol in ("TCP", "UDP", "SCTP"))
                      + service(f"{VIP} 81", real(), protocol="udp")),
    "port 0": Case(service(f"{VIP} 0", real("10.1.0.1 0")) + service("10.77.0.51", real("10.1.0.1"))
                   + service("10.77.0.52 0", "persistence_timeout 20", real("10.1.0.1"), kind="DR")),
    "IPv6": Case(service(f"{VIP6} 80", real("fd77::2 80"), real("fd77::3 8080"), real("fd77::4"))
                 + service(f"{VIP6} 81", real("fd77::2 81"), kind="DR") + service(f"{VIP6} 82", real("fd77::2 82"), kind="TUN")),
    "tunnels between families": Case(service(f"{VIP6} 80", real("10.1.0.1 80"), real("fd77::2 80"), kind="TUN")
                                     + service(f"{VIP} 80", real("fd77::2 80"), kind="TUN")),
    "marks": Case(service("fwmark 7", real("10.1.0.1 80"), kind="DR") + service("fwmark 8", real("10.1.0.1 80"))
                  + service("fwmark 9", real("10.1.0.1"), protocol=None)),
    "marks, IPv6": Case(service("fwmark 7", real("fd77::2 80"), kind="DR")
                        + service("fwmark 8", "ip_family inet6", real("fd77::2 80"), kind="TUN")
                        + service("fwmark 9", "ip_family inet", real("10.1.0.1 80"), kind="TUN")
                        + service("fwmark 10", "ip_family inet6", real("10.1.0.1 80"), kind="TUN")),
    "marks with persistence": Case("".join(
        service(f"fwmark {n}", "persistence_timeout 50", *lines, real(server), kind="DR") for n, server, *lines in (
            (7, "10.1.0.1"), (8, "10.1.0.1", "persistence_granularity 255.255.0.0"),
            (9, "fd77::2", "persistence_granularity 64"), (10, "fd77::2")))),
    "no servers": Case(service(f"{VIP} 80") + service(f"{VIP} 81", "sorry_server 10.1.0.9 80")),
    "tutorial": Case(tutorial(f"{VIP} 80") + tutorial("10.77.0.51 80")),
}

GROUPS = {
    "group": Case(group(f"{VIP} 80", "10.77.0.60 8080") + service("group G", real("10.1.0.1 80"), real("10.1.0.2 80"))),
    "group of ranges": Case(group("10.77.0.60-62 80", "10.77.1.9-11 81", "10.77.2.1-10.77.2.3 80", "10.77.3.0/30 80")
                            + service("group G", real("10.1.0.1 80"))),
    "group of ranges, IPv6": Case(group("fd77::9-c 80", "fd77::ff-101 80") + service("group G", real("fd77::2 80"))),
    "group of marks": Case(group("fwmark 5", "fwmark 6") + service("group G", real("10.1.0.1 80"), kind="DR")),
    "group of marks, IPv6": Case(group("fwmark 5", "fwmark 6") + service("group G", real("fd77::2 80"), kind="DR")),
    "group of marks of both families": Case(group("fwmark 5 inet6", "fwmark 6 inet") + service("group G", real("10.1.0.1"), kind="TUN")),
    "group of everything": Case(group(f"{VIP} 80", "10.77.0.60-61 80", "fwmark 5") + service("group G", real("10.1.0.1 80"), kind="DR")),
    "group of both families": Case(group(f"{VIP} 80", f"{VIP6} 80") + service("group G", real("10.1.0.1 80"), real("fd77::2 80"), kind="TUN")),
    "group, servers without a port": Case(group(f"{VIP} 80", "10.77.0.60 81", "fwmark 5") + service("group G", real("10.1.0.1"), real("10.1.0.2 99"))),
    "group, an address without a port": Case(group(f"{VIP}", "10.77.0.60 80") + service("group G", real("10.1.0.1"), kind="DR")),
    "group of two virtual servers": Case(group(f"{VIP} 80", "10.77.0.60 80") + service("group G", real("10.1.0.1 80"))
                                         + service("group G", real("10.1.0.2 80"), protocol="UDP")),
    "group, quorum lost": Case(
        group(f"{VIP} 80", "fwmark 5") + service("group G", *QUICK, "sorry_server 10.1.0.9 80", "quorum 2", alive(), dead()),
        table=("-f 5 -r 10.1.0.9:80", f"-t {VIP}:80 -r 10.1.0.9:80")),
}

STATES = {
    "a dead server": Case(service(f"{VIP} 80", *QUICK, alive(), dead()), absent=("127.0.0.3",)),
    "a dead server, inhibited": Case(
        service(f"{VIP} 80", *QUICK, "inhibit_on_failure", alive(), dead(), dead("127.0.0.4 80", "inhibit_on_failure off"))
        + service(f"{VIP} 81", *QUICK, dead("127.0.0.3 80", "inhibit_on_failure"), alive()),
        table=(":80 -r 127.0.0.3:80 -m -w 0", ":81 -r 127.0.0.3:80 -m -w 0"), absent=("127.0.0.4",)),
    "all are dead": Case(service(f"{VIP} 80", *QUICK, dead(), dead("127.0.0.4 80")), absent=("127.0.0",)),
    "alpha": Case(service(f"{VIP} 80", "alpha", *QUICK, alive(), dead()), table=("127.0.0.2",)),
    "alpha before the first check": Case(
        service(f"{VIP} 80", "alpha", *PATIENT, alive(), real("127.0.0.4 80"))
        + service(f"{VIP} 81", "alpha", "inhibit_on_failure", *PATIENT, alive())
        + service(f"{VIP} 82", *PATIENT, alive("127.0.0.2 80", "alpha"), alive("127.0.0.3 80"))),
    "sorry server": Case(service(f"{VIP} 80", *QUICK, "sorry_server 127.0.0.9 80", dead()), table=("127.0.0.9",)),
    "sorry server that nobody needs": Case(service(f"{VIP} 80", *QUICK, "sorry_server 127.0.0.9 80", alive())),
    "sorry server and a quorum": Case(
        service(f"{VIP} 80", *QUICK, "quorum 2", "sorry_server 127.0.0.9 80", alive(), dead())
        + service(f"{VIP} 81", *QUICK, "quorum 2", "inhibit_on_failure", "sorry_server 127.0.0.9 80", alive(), dead()),
        table=(":80 -r 127.0.0.9", ":81 -r 127.0.0.9")),
    "sorry server, inhibited": Case(
        service(f"{VIP} 80", *QUICK, "sorry_server 127.0.0.9 80", "sorry_server_inhibit", alive())
        + service(f"{VIP} 81", *QUICK, "sorry_server 127.0.0.9 80", "sorry_server_inhibit", dead()),
        table=(":81 -r 127.0.0.9:80 -m -w 1",)),
    "sorry server of another method": Case(
        service(f"{VIP} 80", *QUICK, "sorry_server 10.1.0.9 8080", "sorry_server_lvs_method NAT", dead(), kind="DR")
        + service(f"{VIP} 81", *QUICK, "sorry_server 10.1.0.9", "sorry_server_lvs_method TUN type gue port 5555", dead())
        + service(f"{VIP} 82", *QUICK, "sorry_server 10.1.0.9 8080", dead(), kind="DR"),
        table=(":80 -r 10.1.0.9", ":81 -r 10.1.0.9", ":82 -r 10.1.0.9")),
    "sorry server before the first check": Case(
        service(f"{VIP} 80", "alpha", *PATIENT, "sorry_server 10.1.0.9", alive())
        + service(f"{VIP} 81", "alpha", "inhibit_on_failure", *PATIENT, "sorry_server 10.1.0.9", "sorry_server_inhibit", alive())
        + service("fwmark 5", "alpha", *PATIENT, "sorry_server 10.1.0.9 80", alive(), kind="DR")
        + service("fwmark 6", "alpha", *PATIENT, "sorry_server 10.1.0.9 80", alive()), table=("-f 6 -r 10.1.0.9:80",)),
    "quorum lost without a sorry server": Case(
        service(f"{VIP} 80", *QUICK, "quorum 2", "hysteresis 1", alive(), dead()), absent=("127.0.0.3",)),
    "hysteresis": Case(
        service(f"{VIP} 80", *QUICK, "quorum 2", "hysteresis 1", "sorry_server 127.0.0.9 80", alive(), dead(),
                alive("127.0.0.4 80")), absent=("127.0.0.3",)),
    "weight of a script": Case(
        service(f"{VIP} 80", "delay_loop 5", "warmup 0", *(misc(f"127.0.0.{n} 80", code) for n, code in enumerate((0, 2, 7, 255, 1), 2))),
        table=("127.0.0.3:80 -m -w 0", "-w 5", "-w 253"), absent=("127.0.0.6",), scripts=EXITS),
    "weight of a file": Case(
        "".join(block(f"track_file weight{n}", f'file "{{dir}}/weight{n}"', f"weight {weight}")
                for n, weight in ((2, 1), (3, -2), (4, 1)))
        + service(f"{VIP} 80", *QUICK, *(real(f"127.0.0.{n} 80", "weight 10", block("FILE_CHECK", f"track_file weight{n}"))
                                         for n in (2, 3, 4))),
        files={"weight2": "5\n", "weight3": "3\n", "weight4": "-10\n"}),
    "suspended": Case(service("10.77.7.7 80", *QUICK, "ha_suspend", alive(), dead())),
}

TOGETHER = {**SERVICES, **GROUPS, **STATES}

ONE = service(f"{VIP} 80", real())
# Not at once: keepalived's checkers, which begin beside its VRRP, end a sync daemon that they find.
MASTER = {"priority": 200, "advert": "2", "vips": ("10.77.0.77/24",)}

ALONE = {
    "timeouts, sync daemons": Case(
        global_defs("lvs_timeouts tcp 1000 tcpfin 50 udp 70",
                    "lvs_sync_daemon eth0 id 7 maxlen 1000 port 9000 ttl 5 group 224.0.0.99")
        + service("fwmark 4294967295", real("10.1.0.1")), table=("backup sync",)),
    "one timeout, sync daemons by IPv6": Case(
        global_defs("lvs_timeouts tcp 2000", "lvs_sync_daemon eth0 id 9 group ff02::77") + ONE, table=("backup sync",)),
    "sync daemon of a master": Case(global_defs("lvs_sync_daemon eth0 VI_1") + instance(**MASTER) + ONE,
                                    table=("master sync",), arguments=()),
    "sync daemon of a backup": Case(
        global_defs("lvs_sync_daemon eth0 VI_1 id 7") + instance(priority=50, advert="100", vips=("10.77.0.77/24",)) + ONE,
        table=("backup sync",), arguments=()),
}
