"""Where pytest looks for what all tests here use."""

from fixtures import lab, pytest_configure, pytest_runtest_makereport  # noqa: F401
