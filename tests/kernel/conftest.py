"""The tests here have the fixtures of tests/net, and a kernel of their own to do with as they please."""

import pathlib
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "net"))

import uml  # noqa: E402
from fixtures import (lab, pytest_addoption, pytest_collection_modifyitems, pytest_configure,  # noqa: E402, F401
                      pytest_runtest_makereport)


@pytest.fixture(autouse=True)
def own_kernel(request):
    """What is harmless on a kernel of one's own would not be on the host's."""
    if not getattr(request.module, "ON_HOST", False) and not uml.inside():
        pytest.fail("this test needs a kernel of its own: tests/kernel/uml.py pytest …", pytrace=False)
