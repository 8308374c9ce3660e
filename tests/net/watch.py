"""Threads that watch a namespace and note, with the kernel's timestamps, what happens there."""

import ctypes
import socket
import struct
import threading

import netns
import vrrp

SO_TIMESTAMPNS = 35
SO_ATTACH_FILTER = 26
SO_RCVBUFFORCE = 33
ETH_P_ALL = 3
PACKET_OUTGOING = 4

RTM_NEWADDR, RTM_DELADDR = 20, 21
RTMGRP_IPV4_IFADDR = 0x10

# Incoming frames only, ARP or IPv4 protocol 112: classic BPF (code, jt, jf, k).
FILTER = (
    (0x28, 0, 0, 0xFFFFF004),  # ldh [SKF_AD_PKTTYPE]
    (0x15, 6, 0, PACKET_OUTGOING),
    (0x28, 0, 0, 12),
    (0x15, 3, 0, 0x0806),
    (0x15, 0, 3, 0x0800),
    (0x30, 0, 0, 23),
    (0x15, 0, 1, vrrp.PROTOCOL),
    (0x06, 0, 0, 0xFFFF),
    (0x06, 0, 0, 0),
)


def attach_filter(sock, instructions):
    code = b"".join(struct.pack("HBBI", *instruction) for instruction in instructions)
    buffer = ctypes.create_string_buffer(code, len(code))
    program = struct.pack("HxxxxxxP" if struct.calcsize("P") == 8 else "HxxP",
                          len(instructions), ctypes.addressof(buffer))
    sock.setsockopt(socket.SOL_SOCKET, SO_ATTACH_FILTER, program)


class Watcher:
    """A thread that reads one socket until stopped."""

    def __init__(self, sock):
        self.sock = sock
        self.sock.settimeout(0.1)
        self.seen = []
        self.stopping = False
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def run(self):
        while not self.stopping:
            try:
                self.read()
            except TimeoutError:
                continue
            except OSError:
                return

    def stop(self):
        self.stopping = True
        self.thread.join()
        self.sock.close()


class Sniffer(Watcher):
    """VRRP and ARP as they enter the lan from its ports. ports: port name -> node name."""

    def __init__(self, ns, ports):
        self.ports = ports
        sock = netns.socket_inside(ns, socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL))
        attach_filter(sock, FILTER)
        sock.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
        sock.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, 16 << 20)
        super().__init__(sock)

    def read(self):
        frame, control, _, address = self.sock.recvmsg(4096, 64)
        if address[0] not in self.ports or address[2] == PACKET_OUTGOING:
            return
        seconds, nanoseconds = struct.unpack("qq", control[0][2][:16])
        kind = "arp" if frame[12:14] == b"\x08\x06" else "vrrp"
        fields = vrrp.parse_arp(frame) if kind == "arp" else vrrp.parse_vrrp(frame)
        if fields is not None:
            self.seen.append(vrrp.Seen(seconds + nanoseconds / 1e9, self.ports[address[0]], address[0],
                                       kind, frame, fields))

    def adverts(self, node=None, vrid=None, since=0.0):
        return [p for p in list(self.seen) if p.kind == "vrrp" and p.time >= since
                and (node is None or p.node == node) and (vrid is None or p.fields["vrid"] == vrid)]

    def garps(self, node=None, address=None, since=0.0):
        return [p for p in list(self.seen) if p.kind == "arp" and p.time >= since
                and p.fields["sender"] == p.fields["target"] and p.fields["broadcast"]
                and (node is None or p.node == node) and (address is None or p.fields["sender"] == address)]

    def write_pcap(self, path):
        with open(path, "wb") as out:
            out.write(struct.pack("IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1))
            for packet in list(self.seen):
                seconds = int(packet.time)
                out.write(struct.pack("IIII", seconds, int((packet.time - seconds) * 1e6),
                                      len(packet.raw), len(packet.raw)))
                out.write(packet.raw)


class AddressMonitor(Watcher):
    """Every IPv4 address that is added or removed in a namespace: ("add" or "del", address/len)."""

    def __init__(self, ns):
        sock = netns.socket_inside(ns, socket.AF_NETLINK, socket.SOCK_RAW, 0)
        sock.bind((0, RTMGRP_IPV4_IFADDR))
        super().__init__(sock)

    def read(self):
        data = self.sock.recv(65536)
        while len(data) >= 24:
            length, kind = struct.unpack("IH", data[:6])
            prefixlen, attributes = data[17], data[24:length]
            while len(attributes) >= 8:
                size, attribute = struct.unpack("HH", attributes[:4])
                if attribute == 2:  # IFA_LOCAL
                    address = socket.inet_ntoa(attributes[4:8])
                    self.seen.append(("add" if kind == RTM_NEWADDR else "del", f"{address}/{prefixlen}"))
                attributes = attributes[(size + 3) & ~3:]
            data = data[(length + 3) & ~3:]
