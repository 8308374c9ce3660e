"""What processes occupy."""

import pathlib


def pss_kb(pids):
    """Their memory in KiB, what they share divided among those who share it."""
    total = 0
    for pid in pids:
        text = pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text()
        total += int(next(line for line in text.splitlines() if line.startswith("Pss:")).split()[1])
    return total
