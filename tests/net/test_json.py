"""Every command's --json against docs/holdfastctl.schema.json."""

import copy
import json
import shutil
import subprocess

import jsonschema
import pytest
from conf import FAST, block, global_defs, instance
from harness import BUILD, TOP, wait_for

VIP = "10.77.0.50"
SCHEMA = json.loads((TOP / "docs/holdfastctl.schema.json").read_text())
COMMANDS = SCHEMA["$defs"]["replies"]


def strict(schema):
    """Nothing that is not described: readers pass over members, writers do not add them in silence."""
    if isinstance(schema, list):
        return [strict(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    made = {key: strict(value) for key, value in schema.items()}
    if "properties" in made and made.get("type") == "object":
        made.setdefault("additionalProperties", False)
    return made


def validate(command, reply):
    schema = copy.deepcopy(SCHEMA)
    schema["$ref"] = f"#/$defs/replies/{command}"
    jsonschema.Draft202012Validator(strict(schema)).validate(reply)


def configuration(node):
    script = node.dir / "check.sh"
    script.write_text("#!/bin/sh\necho some words\nexit 1\n")
    script.chmod(0o755)
    file = node.dir / "number"
    file.write_text("-7\n")
    reals = [block("real_server 10.77.0.100 80", block("TCP_CHECK", "connect_timeout 1")),
             block("real_server 10.77.0.101 80", block("MISC_CHECK", f"misc_path {script}", "user nobody"))]
    track = block("track_script", "chk") + block("track_file", "number") + block("track_process", "init")
    return (global_defs("script_user nobody")
            + block("vrrp_script chk", f"script {script}", "interval 1", "weight -5", "rise 1", "fall 1")
            + block("vrrp_track_file number", f"file {file}", "weight 1")
            + block("vrrp_track_process init", "process no-such-program", "weight -3")
            + instance(priority=150, extra=track + f'notify "{script}"', **FAST)
            + instance("VI_2", vrid=52, vips=("10.77.0.52/24",), ifname="eth9", **FAST)
            + block("vrrp_sync_group G", block("group", "VI_2"))
            + block(f"virtual_server {VIP} 80", "delay_loop 0.2", "lb_algo rr", "lb_kind NAT", "protocol TCP", "warmup 0",
                    "retry 1", "delay_before_retry 0.1", "sorry_server 10.77.0.9 80", *reals)
            + block("virtual_server fwmark 7", "lb_algo rr", "lb_kind DR", "protocol TCP",
                    block("real_server 10.77.0.100 80")))


@pytest.fixture
def node(lab):
    net = lab(sniff=False)
    logs = net.dir / "logs"
    logs.mkdir()
    shutil.chown(logs, "holdfast", "holdfast")
    net.a.start(configuration(net.a), arguments=["-g", f"{logs}/"])
    net.wait_master(net.a, VIP)
    wait_for(lambda: net.a.shows(lambda status: status["scripts"][0]["verdict"] == "down"
                                 and not any(real["alive"] for real in status["virtual_servers"][0]["real_servers"])),
             "verdicts are known")
    return net.a


def test_every_reply_is_as_described(node):
    seen = set()
    for command in COMMANDS:
        if command in ("plan", "logs", "reload --dry-run"):
            continue
        reply = json.loads(node.ctl(*command.split(), "--json", check=False))
        validate(command, reply)
        seen.add(command)
    for line in node.ctl("logs", "--json").splitlines():
        validate("logs", json.loads(line))
    one = json.loads(node.ctl("vrrp", "VI_1", "--json", check=False))["vrrp"][0]
    assert {(c["kind"], c["name"], c["by"]) for c in one["priority_changes"]} == \
        {("script", "chk", -5), ("file", "number", -7), ("process", "init", -3)}
    assert one["effective_priority"] == one["priority"] + sum(c["by"] for c in one["priority_changes"])
    checks = json.loads(node.ctl("checks", "--json", check=False))["virtual_servers"][0]["real_servers"]
    assert all(0 <= real["checks"][0]["next_run_s"] <= 1 for real in checks)
    scripts = json.loads(node.ctl("scripts", "--json", check=False))
    assert 0 <= scripts["scripts"][0]["next_run_s"] <= 1 and scripts["notices"] and len(scripts["tracked"]) == 2
    assert seen >= {"status", "vrrp", "checks", "scripts", "ipvs", "processes", "history", "seccomp", "reload"}


def test_dry_run_and_plan_are_as_described(node):
    node.configure(configuration(node).replace("priority 150", "priority 140") + instance("VI_3", vrid=53, vips=("10.77.0.53/24",)))
    found = json.loads(node.ctl("reload", "--dry-run", "--json"))
    validate("reload --dry-run", found)
    assert len(found["changes"]) == 2 and found["moves"]
    node.configure("nonsense\n")
    validate("reload --dry-run", json.loads(node.ctl("reload", "--dry-run", "--json", check=False)))
    for pair in ("pair", "maintenance", "nat"):
        files = sorted(str(path) for path in (TOP / "conf/examples").glob(f"{pair}-?.conf"))
        done = subprocess.run([str(BUILD / "holdfastctl"), "plan", "--json", *files], text=True, capture_output=True)
        validate("plan", json.loads(done.stdout))


def test_the_schema_finds_what_is_wrong(node):
    """Or else all of this proves nothing."""
    status = json.loads(node.ctl("status", "--json", check=False))
    for spoil in (lambda reply: reply.update(more=1), lambda reply: reply.pop("vrrp"),
                  lambda reply: reply["vrrp"][0].update(state="UP"), lambda reply: reply.update(schema=2),
                  lambda reply: reply["virtual_servers"][0]["real_servers"][0]["checks"][0].pop("result")):
        spoiled = copy.deepcopy(status)
        spoil(spoiled)
        with pytest.raises(jsonschema.ValidationError):
            validate("status", spoiled)


def test_the_fixed_names_are_in_it(node):
    """What is relied on from outside."""
    status = json.loads(node.ctl("status", "--json", check=False))
    assert {"version", "processes", "vrrp", "virtual_servers", "scripts"} <= status.keys()
    assert {"address", "port", "protocol", "fwmark", "scheduler", "forwarding", "quorum_up", "real_servers"} <= \
        status["virtual_servers"][0].keys()
    assert {"address", "port", "weight", "alive", "checks"} <= status["virtual_servers"][0]["real_servers"][0].keys()
    assert {"name", "up", "last_exit", "last_output"} <= status["scripts"][0].keys()
