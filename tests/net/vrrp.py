"""VRRP on the wire as the tests see it: written from RFC 3768, RFC 2338 and RFC 9568 and independent
of the daemon's own code."""

import dataclasses
import socket
import struct

GROUP = "224.0.0.18"
GROUP_MAC = bytes.fromhex("01005e000012")
PROTOCOL = 112


def checksum(data):
    if len(data) % 2:
        data += b"\0"
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def pseudo_header(source, destination, length):
    return socket.inet_aton(source) + socket.inet_aton(destination) + struct.pack("!BBH", 0, PROTOCOL, length)


@dataclasses.dataclass
class Advert:
    """One advertisement; build() makes the frame, with whatever is wrong in it left wrong."""

    source: str = "10.77.0.66"
    destination: str = GROUP
    ttl: int = 255
    version: int = 2
    type: int = 1
    vrid: int = 51
    priority: int = 254
    addresses: tuple = ("10.77.0.50",)
    count: int = None  # None: as many as there are
    auth_type: int = 0
    auth_data: bytes = b""
    interval_cs: int = 100
    checksum_error: int = 0
    cut: int = 0  # bytes missing at the end
    extra: bytes = b""

    def vrrp(self):
        count = len(self.addresses) if self.count is None else self.count
        addresses = b"".join(socket.inet_aton(a) for a in self.addresses)
        if self.version == 3:
            middle = struct.pack("!H", self.interval_cs)
            tail = b""
        else:
            middle = struct.pack("!BB", self.auth_type, self.interval_cs // 100)
            tail = self.auth_data.ljust(8, b"\0")
        head = struct.pack("!BBBB", self.version << 4 | self.type, self.vrid, self.priority, count) + middle
        body = head + b"\0\0" + addresses + tail + self.extra
        summed = body
        if self.version == 3:
            summed = pseudo_header(self.source, self.destination, len(body)) + body
        check = checksum(summed) ^ self.checksum_error
        body = head + struct.pack("!H", check) + addresses + tail + self.extra
        return body[: len(body) - self.cut]

    def packet(self):
        body = self.vrrp()
        head = struct.pack(
            "!BBHHHBBH4s4s", 0x45, 0xC0, 20 + len(body), 1, 0, self.ttl, PROTOCOL, 0,
            socket.inet_aton(self.source), socket.inet_aton(self.destination),
        )
        return head[:10] + struct.pack("!H", checksum(head)) + head[12:] + body

    def build(self, source_mac=bytes.fromhex("020000000066"), destination_mac=GROUP_MAC):
        return destination_mac + source_mac + b"\x08\x00" + self.packet()


@dataclasses.dataclass
class Seen:
    """A packet that the sniffer saw."""

    time: float  # CLOCK_REALTIME, seconds
    node: str  # who sent it
    port: str
    kind: str  # "vrrp" or "arp"
    raw: bytes
    fields: dict

    def __getattr__(self, name):
        try:
            return self.__dict__["fields"][name]
        except KeyError:
            raise AttributeError(name) from None


def parse_vrrp(frame):
    packet = frame[14:]
    header = (packet[0] & 15) * 4
    length = struct.unpack("!H", packet[2:4])[0]
    source, destination = socket.inet_ntoa(packet[12:16]), socket.inet_ntoa(packet[16:20])
    body = packet[header:length]
    if len(body) < 8:
        return None
    version, count = body[0] >> 4, body[3]
    interval = struct.unpack("!H", body[4:6])[0] & 0xFFF if version == 3 else body[5] * 100
    summed = body if version == 2 else pseudo_header(source, destination, len(body)) + body
    return {
        "source": source, "destination": destination, "ttl": packet[8], "tos": packet[1],
        "version": version, "type": body[0] & 15, "vrid": body[1], "priority": body[2],
        "auth_type": body[4] if version == 2 else 0, "interval_cs": interval,
        "addresses": tuple(socket.inet_ntoa(body[8 + 4 * i: 12 + 4 * i]) for i in range(count)),
        "auth_data": body[8 + 4 * count:], "checksum_right": checksum(summed) == 0,
    }


def parse_arp(frame):
    arp = frame[14:42]
    return {
        "operation": struct.unpack("!H", arp[6:8])[0],
        "sender_mac": arp[8:14].hex(":"), "sender": socket.inet_ntoa(arp[14:18]),
        "target": socket.inet_ntoa(arp[24:28]), "broadcast": frame[:6] == b"\xff" * 6,
    }


def skew(priority, advert=1.0, version=2):
    """Skew_Time in seconds."""
    return (256 - priority) / 256 * (advert if version == 3 else 1)


def master_down(priority, advert=1.0, version=2):
    """Master_Down_Interval in seconds."""
    return 3 * advert + skew(priority, advert, version)
