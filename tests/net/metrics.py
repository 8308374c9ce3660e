"""Reading of metrics: by the parsers of Prometheus, and by name."""

import re
import subprocess

from prometheus_client.openmetrics.parser import text_string_to_metric_families
from prometheus_client.parser import text_string_to_metric_families as plain_families


class Metrics:
    """What an OpenMetrics text says; the parser refuses what the standard does not allow."""

    def __init__(self, text, parse=text_string_to_metric_families):
        self.text = text
        self.families = {family.name: family for family in parse(text)}
        self.samples = [sample for family in self.families.values() for sample in family.samples]
        assert len({(s.name, tuple(sorted(s.labels.items()))) for s in self.samples}) == len(self.samples)

    def get(self, name, **labels):
        """The value of the only sample that has at least these labels; None where there is none."""
        found = [s.value for s in self.samples if s.name == name and labels.items() <= s.labels.items()]
        assert len(found) <= 1, f"{len(found)} samples of {name} {labels}"
        return found[0] if found else None

    def sum(self, name, **labels):
        return sum(s.value for s in self.samples if s.name == name and labels.items() <= s.labels.items())


def read(node):
    return Metrics(node.ctl("metrics"))


def read_plain(node):
    return Metrics(node.ctl("metrics", "--format=prometheus"), plain_families)


def promtool(text):
    """What it finds wrong. (It wants counters of bytes and seconds to be called so, which they are.)"""
    done = subprocess.run(["promtool", "check", "metrics"], input=text, capture_output=True, text=True)
    return done.stdout + done.stderr if done.returncode or done.stdout.strip() or done.stderr.strip() else ""


def names(text):
    """Names of families in an OpenMetrics text."""
    return re.findall(r"^# TYPE (\S+) ", text, re.M)
