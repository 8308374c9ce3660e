"""vrrpd is killed again and again, and the address stays where it is; and who judges that sees what must not be."""

import pytest

import chaos


@pytest.mark.parametrize("life", [0, 1.1], ids=["loop", "healthy"])
@pytest.mark.parametrize("interval", [1.0, 0.1], ids=lambda interval: f"{interval:g}s")
def test_kills_in_a_row(lab, interval, life):
    """The loop is what the launcher takes for a process that cannot be kept alive: it delays its starts, yet
    never for so long that the other node could notice."""
    net = lab()
    run = chaos.Chaos(net, interval)
    done = chaos.kill_in_a_row(run, 5 if life else 20, life)
    run.finish()
    assert max(done.seconds) < 2 * interval


@pytest.mark.parametrize("what", ["owner", "address", "configuration"])
def test_what_must_not_be_is_seen(lab, what):
    """The judge is no good if it passes everything."""
    net = lab()
    run = chaos.Chaos(net, 0.1)
    for node in net.nodes:
        node.strict = False
    if what == "owner":
        net.a.kill("holdfast")
    elif what == "address":
        chaos.netns.ip("address", "del", f"{chaos.VIP}/24", "dev", "eth0", ns=net.a.ns)
    else:
        net.a.configure(chaos.configuration((190, (chaos.VIP,)), 0.1))
        net.a.reload()
    with pytest.raises(chaos.Broken):
        run.judge.wait(lambda: False, "something broken", timeout=10)
