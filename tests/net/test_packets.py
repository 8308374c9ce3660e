"""Advertisements with something wrong in them are dropped, counted under their reason, and move nothing."""

import socket

import pytest
from conf import instance
from harness import wait_for
from vrrp import Advert

VIP = "10.77.0.50"
BOTH = dict(addresses=(VIP,), vrid=51, priority=254)
V2 = dict(version=2, interval_cs=100, auth_type=1, auth_data=b"1111", **BOTH)
V3 = dict(version=3, interval_cs=100, **BOTH)

# name: (right form, what is changed, counter, does it count for v2, v3)
WRONG = {
    "ttl 254": (dict(ttl=254), "drop_ttl", "23"),
    "ttl 1": (dict(ttl=1), "drop_ttl", "23"),
    "version 1": (dict(version=1), "drop_version", "2"),
    "version 4": (dict(version=4), "drop_version", "2"),
    "version of the other": ("other", "drop_version", "23"),
    "type 2": (dict(type=2), "drop_type", "23"),
    "type 0": (dict(type=0), "drop_type", "23"),
    "checksum": (dict(checksum_error=1), "drop_checksum", "23"),
    "vrid": (dict(vrid=52), "drop_vrid", "23"),
    "no address data": (dict(count=3), "drop_length", "23"),
    "cut short": (dict(cut=9), "drop_length", "23"),
    "header only": (dict(cut=20 - 4), "drop_length", "2"),
    "no authentication": (dict(auth_type=0, auth_data=b""), "drop_auth_type", "2"),
    "authentication type 2": (dict(auth_type=2), "drop_auth_type", "2"),
    "password": (dict(auth_data=b"1112"), "drop_auth_data", "2"),
    "longer password": (dict(auth_data=b"11111111"), "drop_auth_data", "2"),
    "interval": (dict(interval_cs=200), "drop_interval", "2"),
    "unicast": (dict(destination="10.77.0.1"), "drop_destination", "23"),
}


def frames(changes, version, count):
    right = V2 if version == 2 else V3
    if changes == "other":
        advert = Advert(**(V3 if version == 2 else V2))
    else:
        advert = Advert(**{**right, **changes})
    return [advert.build()] * count


def drops(node, name="VI_1"):
    return {k: v for k, v in node.counters(name).items() if k.startswith("drop_")}


def start_alone(net, version, **more):
    password = "1111" if version == 2 else None
    net.a.start(instance(priority=100, advert="1", version=version, password=password, **more))
    net.wait_master(net.a, VIP)


@pytest.mark.parametrize("version", [2, 3])
def test_each_kind_is_counted_and_moves_nothing(lab, version):
    net = lab(a="10.77.0.1/24")
    start_alone(net, version)
    monitor = net.monitor(net.a)
    expected = drops(net.a)
    assert not any(expected.values())
    mac = bytes.fromhex(net.sniffer.adverts("a")[-1].raw[6:12].hex())
    for number, (name, (changes, counter, versions)) in enumerate(WRONG.items()):
        if str(version) not in versions:
            continue
        count = number + 1  # a different number of each, so that none can stand for another
        made = frames(changes, version, count)
        if name == "unicast":
            made = [mac + frame[6:] for frame in made]
        net.client.inject(*made)
        expected[counter] += count
        wait_for(lambda: drops(net.a)[counter] >= expected[counter], f"{name}: {counter}")
        assert drops(net.a) == expected, name
    assert net.a.vrrp("VI_1")["state"] == "MASTER"
    assert net.a.counters()["received"] == 0
    assert not monitor.seen
    # The same packet without a fault does move it, so it was not ignored for another reason.
    net.client.inject(*frames({}, version, 1))
    wait_for(lambda: not net.a.holds(VIP), "a right advertisement is believed")
    assert net.a.counters()["received"] == 1


def test_wrong_packets_do_not_keep_a_backup_waiting(lab):
    """What is dropped must not restart the master-down timer either."""
    net = lab(a="10.77.0.1/24")
    net.a.start(instance(priority=100, advert="1"))

    def badly():
        net.client.inject(Advert(ttl=254, addresses=(VIP,)).build())
        return net.a.holds(VIP)
    wait_for(badly, "a becomes master although bad advertisements arrive all the time")


def test_unicast_instance_drops_multicast_and_strangers(lab):
    net = lab()
    net.a.start(instance(priority=100, advert="1", source="10.77.0.1", peers=("10.77.0.2",),
                         extra="check_unicast_src") +
                # Its group membership is what lets multicast through to the instance above.
                instance(name="VI_2", vrid=52, priority=100, advert="1", vips=("10.77.0.52/24",)))
    net.wait_master(net.a, VIP)
    mac = net.sniffer.adverts("a")[-1].raw[6:12]
    net.client.inject(*[Advert(addresses=(VIP,)).build()] * 3)
    wait_for(lambda: drops(net.a)["drop_destination"] == 3, "multicast is dropped")
    stranger = Advert(source="10.77.0.66", destination="10.77.0.1", addresses=(VIP,))
    net.client.inject(*[stranger.build(destination_mac=mac)] * 2)
    wait_for(lambda: drops(net.a)["drop_source"] == 2, "a stranger is dropped")
    assert net.a.holds(VIP)
    peer = Advert(source="10.77.0.2", destination="10.77.0.1", addresses=(VIP,))
    net.client.inject(peer.build(destination_mac=mac))
    wait_for(lambda: not net.a.holds(VIP), "the peer is believed")


def test_noise_is_survived(lab):
    """Truncations and bit flips of a right packet, and frames of other shapes, at random but repeatable."""
    import random
    chance = random.Random(2338)
    net = lab(a="10.77.0.1/24")
    start_alone(net, 3)
    right = Advert(**{**V3, "priority": 50})
    made = []
    for _ in range(2000):
        frame = bytearray(right.build())
        for _ in range(chance.randint(1, 6)):
            frame[chance.randrange(14, len(frame))] = chance.randrange(256)
        # Still for VRRP and not demoting: a priority that happens to fit is not what is tested here.
        frame[23] = 112
        frame[36] = min(frame[36], 99)
        made.append(bytes(frame[: chance.randint(34, len(frame))]))
    net.client.inject(*made)
    before = net.a.counters()["sent"]
    wait_for(lambda: net.a.counters()["sent"] >= before + 2, "still advertising")
    assert net.a.holds(VIP)


def test_different_address_list_is_accepted_and_counted(lab):
    net = lab(a="10.77.0.1/24")
    start_alone(net, 3)
    net.client.inject(Advert(**{**V3, "addresses": ("10.77.0.77",)}).build())
    wait_for(lambda: not net.a.holds(VIP), "accepted as keepalived does")
    assert net.a.counters()["address_list_mismatch"] == 1


def test_own_address_as_sender_is_not_believed(lab):
    net = lab(a="10.77.0.1/24")
    start_alone(net, 3)
    net.client.inject(*[Advert(**{**V3, "source": "10.77.0.1"}).build()] * 3)
    net.wait_adverts(net.a, 3)
    assert net.a.holds(VIP)
    assert net.a.counters()["received"] == 0


def test_owner_decides_by_address_against_another_owner(lab):
    net = lab(a="10.77.0.1/24")
    net.a.start(instance(priority=255, advert="1", version=3))
    net.wait_master(net.a, VIP)
    low = Advert(**{**V3, "priority": 255, "source": "10.77.0.0"})
    net.client.inject(low.build())
    wait_for(lambda: net.a.counters()["received"] == 1, "heard")
    assert net.a.holds(VIP)
    assert socket.inet_aton(low.source) < socket.inet_aton("10.77.0.1")
