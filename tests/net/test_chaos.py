"""Bounded runs of tests/chaos: random processes of both nodes die and hang, amid reloads and under load,
and the address stays where it is.

HOLDFAST_CHAOS_SEED repeats the steps of an earlier run.
"""

import os
import random

import pytest

import chaos

LIMIT = {1.0: 25, 0.1: 15}  # seconds of each run
SEED = os.environ.get("HOLDFAST_CHAOS_SEED") or str(random.SystemRandom().randrange(10**6))


@pytest.fixture
def ends():
    """Ends the busy loops of a test, whatever became of it."""
    made = []
    yield made.append
    for one in made:
        one.load.end()


@pytest.mark.parametrize("interval", LIMIT, ids=lambda interval: f"{interval:g}s")
def test_nothing_that_dies_takes_the_address_with_it(lab, ends, interval):
    print(f"seed {SEED}")
    net = lab()
    run = chaos.Chaos(net, interval, chaos.default_load(None), say=print)
    ends(run)
    try:
        run.run(SEED, LIMIT[interval])
        run.finish()
    except AssertionError:
        run.tell(SEED)
        raise


def test_steps_follow_from_the_seed():
    steps = [chaos.plan("7", number) for number in range(300)]
    assert steps == [chaos.plan("7", number) for number in range(300)]
    assert steps != [chaos.plan("8", number) for number in range(300)]
    assert {step.action for step in steps} == {"faults", "reload", "broken", "half"}
    assert {len(step.faults) for step in steps if step.action == "faults"} == {1, 2, 3, 4}
    for before, step in zip(steps, steps[1:]):
        if step.hurry:
            assert not before.hurry and "STOP" not in dict(step.faults).values(), "more than the suite can bear"
