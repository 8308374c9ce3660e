"""What the tests of the package share."""

import pytest

from deb import Copy


@pytest.fixture
def copy():
    """A throw-away copy of this system, without the suite's users."""
    made = Copy()
    yield made
    made.close()
