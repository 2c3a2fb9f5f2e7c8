"""Print what each executor costs per candidate, and how much of the cores is left.

    python -m tests.benchmarks.executors --milliseconds 5 20 50 200 --seconds 8

A candidate here spins for a given CPU time and answers at once. Printed per executor:
candidates per second as they came, CPU milliseconds per candidate of all processes
involved (evaluation included), and two shares, 1 being an executor that costs nothing:
``CPU share`` is evaluation time over CPU time, hence the share of idle cores that it
could use for evaluations; ``wall share`` is the rate over cores / evaluation time, and
means something on an otherwise idle machine only.
"""

import argparse
import asyncio
import os
import time
from collections.abc import Callable, Coroutine
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from multiprocessing import get_context
from typing import Any

from evaluators.backends import jobs
from evaluators.backends.inline import InlineEvaluator
from evaluators.backends.local import LocalEvaluator
from evaluators.base import EvaluationRequest, Limits, Sandbox, Status
from evaluators.sandbox import child, levels
from problems.base import Split
from tests.fakes.accounting import cpu_seconds
from tests.fakes.tiny_problem import TINY

SPIN = """
import time
def raw(instance, seed):
    end = time.thread_time() + {seconds}
    while time.thread_time() < end:
        pass
    return list(range(len(instance)))
"""
LIMITS = Limits(cpu_seconds=5.0)


@dataclass(frozen=True)
class Measured:
    count: int
    wall: float
    cpu: float


Judge = Callable[[EvaluationRequest], Coroutine[Any, Any, Any]]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--milliseconds", type=float, nargs="+", default=[5, 20, 50, 200]
    )
    parser.add_argument("--seconds", type=float, default=8.0, help="of each figure")
    parser.add_argument("--cores", type=int, default=min(2, os.cpu_count() or 1))
    parser.add_argument("--only", nargs="+", help="names of executors")
    arguments = parser.parse_args()
    print(
        "| executor | evaluation ms | candidates/s | CPU ms/candidate | overhead ms "
        "| CPU share | wall share |"
    )
    print("|---|---|---|---|---|---|---|")
    for name, opened in executors(arguments.cores).items():
        if arguments.only and not any(part in name for part in arguments.only):
            continue
        with opened() as judge:
            for milliseconds in arguments.milliseconds:
                show(name, judge, milliseconds, arguments)


def show(name: str, judge: Judge, milliseconds: float, arguments: Any) -> None:
    cores = 1 if name == "in process" else arguments.cores
    # The smoke split has one instance: one spin per candidate.
    request = EvaluationRequest(
        source=SPIN.format(seconds=milliseconds / 1000),
        entry_point="raw",
        split=Split.SMOKE,
    )
    found = asyncio.run(measured(judge, request, cores, arguments.seconds))
    cpu = 1000 * found.cpu / found.count
    rate = found.count / found.wall
    print(
        f"| {name} | {milliseconds:g} | {rate:.1f} | {cpu:.2f} "
        f"| {cpu - milliseconds:.2f} | {milliseconds / cpu:.3f} "
        f"| {rate * milliseconds / 1000 / cores:.3f} |",
        flush=True,
    )


async def measured(
    judge: Judge, request: EvaluationRequest, cores: int, seconds: float
) -> Measured:
    """Keep enough requests waiting that no slot is ever idle."""
    for _ in range(2 * cores):
        await judge(request)  # starts what starts lazily
    count = 0
    cpu, started = cpu_seconds(), time.perf_counter()

    async def client() -> None:
        nonlocal count
        while time.perf_counter() - started < seconds:
            # Each source differs, as in a campaign.
            varied = replace(request, source=f"{request.source}# {count}\n")
            await judge(varied)
            count += 1

    await asyncio.gather(*(client() for _ in range(6 * cores)))
    wall = time.perf_counter() - started
    return Measured(count=count, wall=wall, cpu=cpu_seconds() - cpu)


def executors(cores: int) -> dict[str, Callable[[], Any]]:
    found: dict[str, Callable[[], Any]] = {
        "in process": in_process,
        "ProcessPoolExecutor": lambda: process_pool(cores),
    }
    for level in levels.available():
        if level is not Sandbox.NONE:
            found[f"local, {level}"] = lambda level=level: local(cores, level)
    found["ray"] = lambda: on_ray(cores)
    return found


@contextmanager
def in_process():
    yield checked(InlineEvaluator(TINY).evaluate)


@contextmanager
def process_pool(cores: int):
    """No isolation, no judge: what the interpreter's own pool makes of it."""
    context = get_context("forkserver")
    with ProcessPoolExecutor(cores, mp_context=context) as pool:

        async def judge(request: EvaluationRequest) -> None:
            loop = asyncio.get_running_loop()
            await loop.run_in_executor(pool, perform, request.source)

        yield judge


def perform(source: str) -> bytes:
    from tests.fakes import tiny_driver

    job = {"source": source, "entry_point": "raw", "seed": 0}
    return child.perform(tiny_driver.run, [[3, 1, 2]], job, 1 << 20)


@contextmanager
def local(cores: int, level: Sandbox):
    evaluator = LocalEvaluator(TINY, slots=cores, limits=LIMITS, min_sandbox=level)
    with at_level(evaluator, level):
        yield checked(evaluator.evaluate)
    asyncio.run(evaluator.close())


@contextmanager
def at_level(evaluator: LocalEvaluator, level: Sandbox):
    """Have zygotes at ``level``, where the evaluator would choose a stronger one."""
    if evaluator.sandbox is not level:
        launch = jobs.launch(jobs.recipe(TINY, LIMITS), level)
        for slot in evaluator._slots:
            slot.close()
            slot.__init__(launch)
            slot.start()
    yield


@contextmanager
def on_ray(cores: int):
    from evaluators.backends.ray import RayEvaluator
    from tests.fakes import ray_cluster

    with ray_cluster.home() as folder, ray_cluster.started(folder, cores):
        evaluator = RayEvaluator(
            TINY, slots=cores, limits=LIMITS, min_sandbox=Sandbox.PROCESS
        )
        settle()
        yield checked(evaluator.evaluate)
        asyncio.run(evaluator.close())


def settle(patience: float = 60.0) -> None:
    """Wait until Ray's own processes have started and are idle."""
    end = time.monotonic() + patience
    while time.monotonic() < end:
        before = cpu_seconds()
        time.sleep(2)
        if cpu_seconds() - before < 0.2:
            return


def checked(evaluate: Judge) -> Judge:
    async def judge(request: EvaluationRequest) -> None:
        evaluation = await evaluate(request)
        assert evaluation.status is Status.OK, evaluation.message

    return judge


if __name__ == "__main__":
    main()
