"""The manual pages: mandoc finds nothing, and every keyword and option is in them."""

import re
import subprocess

import pytest

from deb import BUILD, TOP, run

PAGES = {
    "holdfast.8": TOP / "packaging/man/holdfast.8",
    "holdfastctl.1": TOP / "packaging/man/holdfastctl.1",
    "holdfast.conf.5": BUILD / "packaging/holdfast.conf.5",
}


def text(page):
    plain = subprocess.run(["col", "-b"], input=run("mandoc", "-T", "ascii", "-O", "width=300", str(PAGES[page])),
                           text=True, capture_output=True, check=True).stdout
    return re.sub(r"\s+", " ", plain)


@pytest.mark.parametrize("page", PAGES)
def test_mandoc_finds_nothing(page):
    done = subprocess.run(["mandoc", "-T", "lint", "-W", "warning", str(PAGES[page])], text=True, capture_output=True)
    assert done.returncode == 0, done.stdout


def keywords():
    """Names of all rows of the parser's tables, from their source."""
    for file in sorted((TOP / "conf").glob("table_*.c")):
        for name in re.findall(r'(?:\.name = |CONF_[A-Z0-9_]+\(\s*)"([a-zA-Z0-9_]+)"', file.read_text()):
            yield file.name, name


def test_every_keyword_is_in_the_manual():
    described, table = text("holdfast.conf.5").split("TABLE OF KEYWORDS")
    found = list(keywords())
    assert len(found) > 300
    for page in (described, table):
        words = set(re.findall(r"[A-Za-z0-9_-]+", page))
        assert [row for row in found if row[1] not in words] == []
    assert re.search(r"Keyword Within Status global_defs no block supported", table)
    assert re.search(r" priority vrrp_instance supported ", table)
    assert re.search(r" use_vmac vrrp_instance ignored ", table)


def test_the_table_says_what_the_parser_does(tmp_path):
    """Every keyword of the outermost level that is ignored is said to be by holdfast -t, and no other."""
    table = text("holdfast.conf.5").split("TABLE OF KEYWORDS")[1]
    status = dict(re.findall(r" (\S+) no block (supported|ignored)", table))
    assert {"supported", "ignored"} == set(status.values())
    file = tmp_path / "test.conf"
    file.write_text("".join(f"{word} {{\n}}\n" for word in status))
    said = subprocess.run([BUILD / "libexec/parentd", "--config-test", file], text=True, capture_output=True).stderr
    ignored = set(re.findall(r"warning: '(\S+)' of keepalived is not implemented yet: it is ignored", said))
    assert ignored == {word for word in status if status[word] == "ignored"}


def test_every_command_of_the_tool_is_in_its_manual():
    page = text("holdfastctl.1")
    helped = run(str(BUILD / "holdfastctl"), "--help")
    commands = re.findall(r"^  ([a-z]+) ", helped, re.M)
    assert "status" in commands and "upgrade" in commands
    assert [command for command in commands if not re.search(rf"\b{command}\b", page)] == []


def test_every_option_of_the_daemon_is_in_its_manual():
    page = text("holdfast.8")
    options = re.findall(r"(--[a-z][a-z-]+)", run(str(BUILD / "holdfast"), "--help"))
    assert "--runtime-dir" in options
    assert sorted({option for option in options if option not in page}) == []
