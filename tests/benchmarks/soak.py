"""Judge very many candidates, hostile ones among them, and watch what accumulates.

    python -m tests.benchmarks.soak --candidates 20000

One candidate in twenty is a program of evaluators.hostile. One row per 2,000
candidates: blocks of memory that the host's interpreter holds, garbage collected;
memory (anonymous, proportional, MiB) of the host and of its other processes together;
descriptors of the host and of the others, processes, threads of the host, candidates
per second. The host's MiB are shown, not judged: what the allocator keeps of freed
blocks swings by a half while the blocks are constant.
Ends with 1 if anything grew or a hostile program got a score.
"""

import argparse
import asyncio
import ctypes
import gc
import os
import random
import sys
import time
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice

from evaluators.backends.opening import EXECUTORS, open_evaluator
from evaluators.base import EvaluationRequest, Sandbox, Status
from evaluators.hostile.host import KEY, KEY_NAME, Host, lay_out
from evaluators.hostile.problem import attacked
from evaluators.hostile.programs import programs as hostile_programs
from evaluators.hostile.runner import SuiteLimits
from problems.base import Split
from tests.fakes.accounting import usage
from tests.fakes.processes import descendants, wait_until

BENIGN = """
def priority(p, time):
    x = 0
    for i in range({turns}):
        x += i
    return p * {factor}
"""
GROWTH = 1.1
"""How much more than after the second row is still no growth."""


@dataclass(frozen=True)
class Row:
    judged: int
    host_blocks: int
    host_mib: float
    others_mib: float
    host_descriptors: int
    other_descriptors: int
    processes: int
    threads: int
    rate: float

    def line(self) -> str:
        return (
            f"| {self.judged} | {self.host_blocks} | {self.host_mib:.1f} "
            f"| {self.others_mib:.1f} "
            f"| {self.host_descriptors} | {self.other_descriptors} "
            f"| {self.processes} | {self.threads} | {self.rate:.1f} |"
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--candidates", type=int, default=20_000)
    parser.add_argument("--every", type=int, default=2000, help="candidates per row")
    parser.add_argument("--hostile", type=float, default=0.05, help="share of them")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--executor", choices=EXECUTORS, default="local")
    arguments = parser.parse_args()
    print(
        "| judged | host blocks | host MiB | others MiB | host fds | other fds "
        "| processes | threads | candidates/s |"
    )
    print("|---|---|---|---|---|---|---|---|---|")
    os.environ[KEY_NAME] = KEY
    with lay_out() as host:
        rows, statuses = asyncio.run(soak(arguments, host))
        touched = host.touched()
    print("statuses:", ", ".join(f"{n} {s}" for s, n in statuses.most_common()))
    faults = judged_rows(rows)
    faults += [f"a hostile program {what}" for what in touched]
    if not wait_until(lambda: not descendants() or arguments.executor == "ray", 5):
        faults.append(f"processes left at the end: {len(descendants())}")
    print("\n".join(faults) or "flat and constant")
    sys.exit(bool(faults))


async def soak(
    arguments: argparse.Namespace, host: Host
) -> tuple[list[Row], Counter[Status]]:
    evaluator = open_evaluator(
        attacked(),
        executor=arguments.executor,
        slots=arguments.workers,
        limits=SuiteLimits(),
        min_sandbox=Sandbox.SECCOMP,
    )
    rows: list[Row] = []
    statuses: Counter[Status] = Counter()
    programs = candidates(arguments, host)
    async with evaluator:
        while batch := list(islice(programs, arguments.every)):
            started = time.perf_counter()
            queue = iter(batch)
            await asyncio.gather(
                *(
                    client(evaluator, queue, statuses)
                    for _ in range(3 * arguments.workers)
                )
            )
            rate = len(batch) / (time.perf_counter() - started)
            rows.append(row(statuses.total(), rate))
            print(rows[-1].line(), flush=True)
    return rows, statuses


async def client(evaluator, queue, statuses: Counter[Status]) -> None:
    for request, expected in queue:
        evaluation = await evaluator.evaluate(request)
        statuses[evaluation.status] += 1
        if evaluation.status not in expected:
            raise SystemExit(
                f"{evaluation.status} {evaluation.message!r} instead of "
                f"{sorted(expected)} for:\n{request.source}"
            )


def candidates(arguments: argparse.Namespace, host: Host):
    """Requests with the statuses to expect; all hostile programs in turn."""
    rng = random.Random(0)
    harmful = hostile_programs()
    turn = 0
    for number in range(arguments.candidates):
        if rng.random() < arguments.hostile:
            program = harmful[turn % len(harmful)]
            turn += 1
            source, expected = host.aim(program.source), program.expected
            entry_point = "raw"
        else:
            source = BENIGN.format(turns=rng.randrange(500), factor=number + 1)
            expected, entry_point = {Status.OK}, "priority"
        yield (
            EvaluationRequest(
                source=source, entry_point=entry_point, split=Split.TRAIN, seed=number
            ),
            # A busy machine may be slow with anything.
            {*expected, Status.TIMEOUT_WALL},
        )


def row(judged: int, rate: float) -> Row:
    gc.collect()
    with suppress(OSError, AttributeError):  # only glibc can
        ctypes.CDLL(None).malloc_trim(0)
    # Candidates of the last moment may still be on their way out.
    others = [found for pid in descendants() if (found := usage(pid)) is not None]
    host = usage(os.getpid())
    assert host is not None
    return Row(
        judged=judged,
        host_blocks=sys.getallocatedblocks(),
        host_mib=host.memory / 2**20,
        others_mib=sum(other.memory for other in others) / 2**20,
        host_descriptors=host.descriptors,
        other_descriptors=sum(other.descriptors for other in others),
        processes=1 + len(others),
        threads=host.threads,
        rate=rate,
    )


def judged_rows(rows: list[Row]) -> list[str]:
    """What grew from the second row to the last; the first one warms up."""
    if len(rows) < 3:
        return []
    then, now = rows[1], rows[-1]
    faults = [
        f"{name} grew from {getattr(then, name):.1f} to {getattr(now, name):.1f}"
        for name in ("host_blocks", "others_mib", "host_descriptors",
                     "other_descriptors", "processes", "threads")
        if getattr(now, name) > GROWTH * getattr(then, name)
    ]  # fmt: skip
    if now.rate < then.rate / 2:
        faults.append(f"the rate fell from {then.rate:.1f} to {now.rate:.1f} a second")
    return faults


if __name__ == "__main__":
    main()
