"""The tests here run in a Debian with systemd, which is theirs alone; they have the fixtures of tests/net."""

import pathlib
import sys

import pytest

sys.path[:0] = [str(pathlib.Path(__file__).resolve().parents[1] / room) for room in ("net", "kernel")]

from fixtures import (lab, pytest_addoption, pytest_collection_modifyitems, pytest_configure,  # noqa: E402, F401
                      pytest_runtest_makereport)


def pytest_sessionstart():
    if pathlib.Path("/proc/1/comm").read_text() != "systemd\n" or not pathlib.Path("/host/usr").is_dir():
        pytest.exit("these tests need a machine of their own: tests/systemd/boot.py pytest …", 1)
