"""Configuration text for both kinds of daemon."""

import os


def block(head, *lines):
    body = "\n".join("\t" + line for part in lines for line in part.splitlines())
    return f"{head} {{\n{body}\n}}\n"


def instance(name="VI_1", *, vips=("10.77.0.50/24",), ifname="eth0", vrid=51, priority=100, advert="1",
             version=None, state="BACKUP", password=None, peers=(), source=None, extra=""):
    """A vrrp_instance block. advert is text, as it is written in the file."""
    lines = [f"state {state}", f"interface {ifname}", f"virtual_router_id {vrid}", f"priority {priority}",
             f"advert_int {advert}"]
    if version:
        lines.append(f"version {version}")
    if password:
        lines.append(block("authentication", "auth_type PASS", f"auth_pass {password}"))
    if source:
        lines.append(f"{'unicast' if peers else 'mcast'}_src_ip {source}")
    if peers:
        lines.append(block("unicast_peer", *peers))
    lines.append(block("virtual_ipaddress", *vips))
    if extra:
        lines.append(extra)
    return block(f"vrrp_instance {name}", *lines)


def global_defs(*lines):
    return block("global_defs", *lines)


# An interval short enough for a quick test and long enough for a busy machine.
FAST_SECONDS = float(os.environ.get("HOLDFAST_FAST", "0.2"))
FAST = {"version": 3, "advert": f"{FAST_SECONDS:g}"}
