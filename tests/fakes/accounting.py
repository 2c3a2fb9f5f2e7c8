"""What a tree of processes uses, read from /proc."""

import os
from dataclasses import dataclass
from pathlib import Path

from tests.fakes.processes import descendants

TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Usage:
    """Of one process: memory in bytes, open descriptors, threads.

    The memory is its proportional share of what is in no file: how much of the files it
    is charged for depends on who else on the machine maps them.
    """

    memory: int
    descriptors: int
    threads: int


def cpu_seconds():
    """CPU of this process and all descendants, those that have ended included."""
    total = 0.0
    for pid in {os.getpid(), *descendants()}:
        try:
            stat = Path(f"/proc/{pid}/stat").read_text()
        except OSError:
            continue
        total += sum(map(int, stat.rpartition(") ")[2].split()[11:15])) / TICKS
    return total


def usage(pid):
    """Usage of a process, None if it is gone."""
    try:
        rollup = Path(f"/proc/{pid}/smaps_rollup").read_text()
        descriptors = len(list(Path(f"/proc/{pid}/fd").iterdir()))
        threads = len(list(Path(f"/proc/{pid}/task").iterdir()))
    except OSError:
        return None
    memory = next(
        int(line.split()[1]) << 10
        for line in rollup.splitlines()
        if line.startswith("Pss_Anon:")
    )
    return Usage(memory=memory, descriptors=descriptors, threads=threads)
