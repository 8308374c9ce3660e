"""Completion in bash, as readline would ask for it."""

import os
import shlex
import subprocess

import pytest

from deb import BUILD, TOP

# A suite that answers with two instances and two virtual servers: whatever the tool is asked as JSON, it says.
TOOL = r"""#!/bin/sh
case "$*" in
"--runtime-dir=/run/x --json vrrp") printf '{\n  "vrrp": [\n    {\n      "name": "OTHER",\n' ;;
"--json vrrp") printf '{\n  "vrrp": [\n    {\n      "name": "VI_1",\n      "state": "MASTER",\n      "tracks": [\n'
	printf '        {\n          "name": "inner"\n        }\n      ]\n    },\n    {\n      "name": "VI_2"\n    }\n' ;;
"--json checks") printf '{\n  "virtual_servers": [\n    {\n      "address": "10.0.0.1",\n      "port": 80\n    }\n' ;;
*) exec REAL "$@" ;;
esac
"""


@pytest.fixture
def complete(tmp_path):
    """A function: a command line, with the cursor behind it, to what bash would offer."""
    tool = tmp_path / "holdfastctl"
    tool.write_text(TOOL.replace("REAL", str(BUILD / "holdfastctl")))
    tool.chmod(0o755)
    (tmp_path / "holdfast").symlink_to(BUILD / "holdfast")
    (tmp_path / "site.conf").touch()

    def offers(line):
        # as readline has them: "=" is a word of its own
        words = shlex.split(line.replace("=", " = ")) + ([""] if line.endswith(" ") else [])
        name = words[0]
        script = (f"source {TOP}/packaging/completion/{name}; COMP_WORDS=({' '.join(map(shlex.quote, words))});"
                  f"COMP_CWORD={len(words) - 1}; _{name}; printf '%s\\n' \"${{COMPREPLY[@]}}\"")
        done = subprocess.run(["bash", "-uc", script], text=True, capture_output=True, cwd=tmp_path,
                              env={"PATH": f"{tmp_path}:{os.environ['PATH']}"})
        assert done.stderr == ""
        return done.stdout.split()

    return offers


def test_bash_reads_them():
    for file in (TOP / "packaging/completion").iterdir():
        subprocess.run(["bash", "-n", file], check=True)


def test_commands(complete):
    every = complete("holdfastctl ")
    assert {"status", "vrrp", "checks", "ipvs", "history", "reload", "restart", "upgrade", "check"} <= set(every)
    assert complete("holdfastctl up") == ["upgrade"]
    assert complete("holdfastctl --json rel") == ["reload"]


def test_options(complete):
    assert {"--json", "--runtime-dir=", "--help"} <= set(complete("holdfastctl --"))
    assert complete("holdfastctl --ru") == ["--runtime-dir="]
    assert complete("holdfastctl seccomp --ver") != []
    assert complete("holdfastctl status --tab") == []
    assert complete("holdfastctl --color=al") == ["always"]
    assert complete("holdfastctl --color=") == ["auto", "always", "never"]


def test_arguments(complete):
    assert complete("holdfastctl vrrp ") == ["VI_1", "VI_2"]
    assert complete("holdfastctl --json history VI_2") == ["VI_2"]
    assert complete("holdfastctl --runtime-dir=/run/x vrrp ") == ["OTHER"]
    assert complete("holdfastctl checks 10") == ["10.0.0.1"]
    assert complete("holdfastctl restart v") == ["vrrpd"]
    assert complete("holdfastctl check s") == ["site.conf"]


def test_daemon(complete):
    assert complete("holdfast --allow") == ["--allow-root-scripts"]
    assert complete("holdfast --sandbox=") == ["enforce", "log", "off"]
    assert complete("holdfast -t s") == ["site.conf"]
    assert {"--use-file=", "--log-file=", "--config-test="} <= set(complete("holdfast --"))
