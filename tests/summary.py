"""Reads the JUnit files that ctest wrote and prints what ran, what failed and what was skipped why."""

import pathlib
import re
import sys
import xml.etree.ElementTree

SKIP_LINES = (
    re.compile(r"^SKIPPED \[\d+\] (.*)$", re.M),  # pytest -rs
    re.compile(r"^\[  SKIPPED \] --- \[ (.*) \]$", re.M),  # cmocka
)


def part_results(path):
    failed, skipped = [], []
    cases = xml.etree.ElementTree.parse(path).getroot().findall("testcase")
    for case in cases:
        name = case.get("name")
        output = case.findtext("system-out") or ""
        if case.get("status") in ("fail", "notrun") and case.find("skipped") is None:
            failed.append(name)
        elif case.find("skipped") is not None:
            skipped.append(f"{name}: {case.find('skipped').get('message') or 'skipped'}")
        for pattern in SKIP_LINES:
            skipped += [f"{name}: {reason}" for reason in pattern.findall(output)]
    seconds = sum(float(case.get("time") or 0) for case in cases)
    return len(cases), failed, skipped, seconds


def main(directory):
    results = pathlib.Path(directory)
    builds = results / "failed-builds"
    bad = builds.read_text().splitlines() if builds.exists() else []
    calls = results / "calls.txt"
    lines = calls.read_text().splitlines() if calls.exists() else []
    bad += [f"system calls: {line.removeprefix('WRONG ')}" for line in lines if line.startswith("WRONG ")]
    skips = [line.removeprefix("SKIPPED ") for line in lines if line.startswith("SKIPPED ")]
    for path in sorted(results.glob("*.xml"), key=lambda p: p.stat().st_mtime):
        count, failed, skipped, seconds = part_results(path)
        print(f"   {path.stem:10} {count:4} tests, {len(failed)} failed, {seconds:.0f} s of test time")
        bad += [f"{path.stem}: {name}" for name in failed]
        skips += [f"{path.stem}: {text}" for text in skipped]
    for text in skips:
        print(f"   skipped  {text}")
    for text in bad:
        print(f"   FAILED   {text}")
    print("   all passed" if not bad else f"   {len(bad)} failed")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
