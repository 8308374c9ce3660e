"""Fixtures of the tests in network namespaces, on this kernel or on one of their own."""

import os
import pathlib
import signal
import sys

import pytest

import harness
import netns


def pytest_addoption(parser):
    parser.addoption("--part", metavar="K/N", default="1/1", help="every Nth of the tests, beginning with the Kth")


def pytest_collection_modifyitems(config, items):
    number, count = map(int, config.getoption("--part").split("/"))
    items[:] = items[number - 1::count]


def enter_group(config):
    """tests/audit/calls.py tells by control groups which test needed a system call."""
    name = "+".join(pathlib.Path(argument).stem for argument in config.args)
    group = pathlib.Path(os.environ["HOLDFAST_CALLS"]) / name[:200]
    group.mkdir(exist_ok=True)
    (group / "cgroup.procs").write_text(str(os.getpid()))


def pytest_configure(config):
    if "HOLDFAST_CALLS" in os.environ:
        enter_group(config)
    # A run that ctest ends must still clean up.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    netns.reap()


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    outcome = yield
    setattr(item, f"report_{call.when}", outcome.get_result())


@pytest.fixture
def lab(request):
    """A function that makes a Lab, which is closed, with all its checks, when the test ends."""
    made = []

    def make(**arguments):
        made.append(harness.Lab(**arguments))
        return made[-1]

    yield make
    failed = getattr(request.node, "report_call", None) is None or request.node.report_call.failed
    for one in made:
        if failed:
            one.show_logs()
            one.remove()
        else:
            one.close()
