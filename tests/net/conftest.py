"""Where pytest looks for what all tests here use."""

from fixtures import (lab, pytest_addoption, pytest_collection_modifyitems, pytest_configure,  # noqa: F401
                      pytest_runtest_makereport)
