"""Print what the framework itself costs, at several sizes of the population.

    python -m tests.benchmarks.framework --populations 100 10000 100000

For each size a store is filled with that many programs, and a campaign of
``--candidates`` offline candidates runs on top of it, with real sandboxes. Printed per
candidate: rate, CPU milliseconds of the framework, bytes of store; and the time from
the start of ``heuresis run`` to its first judged program.

Framework CPU is the CPU of this process, the zygotes and the candidates' processes
while the campaign runs, minus what the same programs cost when the driver runs them in
one process without isolation (their own code and the driver's).
"""

import argparse
import asyncio
import json
import os
import subprocess
import sys
import tempfile
import time
from importlib import import_module
from pathlib import Path

from evaluators.base import Evaluation, InstanceVerdict, Sandbox, Status
from evolve import config
from evolve.patch import program_id
from evolve.records import Candidate, Operator, Program
from evolve.runs import new_location
from evolve.session import Session, create
from problems.base import Split

TICK = os.sysconf("SC_CLK_TCK")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--populations", type=int, nargs="+", default=[100, 10_000, 100_000]
    )
    parser.add_argument("--candidates", type=int, default=1000)
    parser.add_argument("--workers", type=int, default=2)
    arguments = parser.parse_args()
    print(
        "| population | candidates/s | framework CPU ms | candidate CPU ms "
        "| store bytes | share of cores |"
    )
    print("|---|---|---|---|---|---|")
    for size in arguments.populations:
        with tempfile.TemporaryDirectory() as scratch:
            measure(Path(scratch) / "run", size, arguments)
    first_evaluation()


def measure(folder: Path, size: int, arguments: argparse.Namespace) -> None:
    campaign = config.build(
        {
            "name": "bench",
            "problem": "smtt",
            "seeds": ["edd"],
            "budget": {"candidates": size + arguments.candidates},
            "evaluator": {"workers": arguments.workers},
        }
    )
    with create(campaign, new_location("bench", folder, None)) as run:
        fill(run, size)
        before_bytes = store_bytes(folder)
        with_cpu = asyncio.run(searched(run))
        after_bytes = store_bytes(folder)
        programs = run.population.programs(after=size - 1, limit=10**6)
        own = driver_cpu(run.problem, [p.candidate.source for p in programs])
    count = len(programs)
    framework = (with_cpu["cpu"] - own) / count
    rate = count / with_cpu["wall"]
    share = rate * own / count / min(arguments.workers, os.cpu_count() or 1)
    print(
        f"| {size} | {rate:.0f} | {1000 * framework:.2f} | {1000 * own / count:.2f} "
        f"| {(after_bytes - before_bytes) / count:.0f} | {share:.2f} |",
        flush=True,
    )


async def searched(run) -> dict[str, float]:
    session = Session(run)
    # Sandboxes start once per run, whatever its length: their start is not counted.
    await session.evaluator.evaluate(seed_request(run))
    before, own = descendants(), time.process_time()
    wall = time.perf_counter()
    await session.loop.run()
    wall = time.perf_counter() - wall
    used = time.process_time() - own + descendants() - before
    await session.evaluator.close()
    return {"cpu": used, "wall": wall}


def seed_request(run):
    from evaluators.base import EvaluationRequest

    baseline = run.problem.baselines["edd"]
    return EvaluationRequest(
        source=baseline.source, entry_point="priority", split=Split.TRAIN
    )


def descendants() -> float:
    """CPU seconds of all our descendants, those of ended children included."""
    parents, used = {}, {}
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            fields = (entry / "stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        parents[int(entry.name)] = int(fields[1])
        used[int(entry.name)] = sum(map(int, fields[11:15])) / TICK
    ours, found = {os.getpid()}, 0.0
    while True:
        new = {pid for pid, parent in parents.items() if parent in ours} - ours
        if not new:
            return found
        found += sum(used[pid] for pid in new)
        ours |= new


def fill(run, size: int) -> None:
    """Add programs that failed nothing and live nowhere: history, not parents."""
    instances = run.problem.instances(Split.TRAIN)
    references = [run.problem.reference(i).best or 0.0 for i in instances]
    block = run.problem.baselines["edd"].source
    for step in range(size):
        source = block.replace("job.d", f"job.d + {step} * job.p")
        verdicts = tuple(
            InstanceVerdict(
                instance=i.id,
                status=Status.OK,
                objective=r + step % 97,
                gap=(step % 97) / r if r else None,
            )
            for i, r in zip(instances, references, strict=True)
        )
        evaluation = Evaluation(
            split=Split.TRAIN,
            status=Status.OK,
            score=0.5 + step / size,
            verdicts=verdicts,
            cpu_seconds=0.01,
            wall_seconds=0.01,
            sandbox=Sandbox.SECCOMP,
        )
        candidate = Candidate(
            id=program_id(source),
            step=step,
            source=source,
            operator=Operator.SEED if step == 0 else Operator.MUTATION,
            island=0,
        )
        placements = ()
        if step == 0:
            from evolve.records import Placement

            placements = (Placement(program=candidate.id, island=0, living=True),)
        run.population.add(
            Program(candidate=candidate, evaluation=evaluation, seconds=0.0), placements
        )


def driver_cpu(problem, sources: list[str]) -> float:
    """CPU seconds of the programs in the driver, in this process, nothing around."""
    driver = import_module(problem.driver)
    payloads = [problem.encode(i) for i in problem.instances(Split.TRAIN)]
    instances = [driver.decode(payload) for payload in payloads]
    total = 0.0
    for source in sources:
        space: dict[str, object] = {"__name__": "candidate"}
        try:
            exec(compile(source, "<candidate>", "exec"), space)
            start = time.process_time()
            for instance in instances:
                driver.run("priority", space["priority"], instance, 0)
        except (ArithmeticError, ValueError, TypeError):
            pass
        total += time.process_time() - start
    return total


def store_bytes(folder: Path) -> int:
    return sum(f.stat().st_size for f in folder.glob("population.sqlite*"))


def first_evaluation() -> None:
    """Time from starting the command to the first judged program in the store."""
    from evolve.runs import locate
    from evolve.session import open_run

    times = []
    for _ in range(5):
        with tempfile.TemporaryDirectory() as scratch:
            folder = Path(scratch) / "run"
            started = time.time()
            subprocess.run(
                [
                    str(Path(sys.executable).with_name("heuresis")),
                    "run",
                    "smtt",
                    "--budget-candidates=1",
                    f"--out={folder}",
                    "--json",
                ],
                check=True,
                capture_output=True,
            )
            with open_run(locate(str(folder))) as run:
                kinds = [e for e in run.population.events() if e.kind == "program"]
                times.append(kinds[0].time - started)
    print(
        f"\nfirst evaluation after {min(times):.2f} s "
        f"(median {sorted(times)[2]:.2f} s of 5 starts)"
    )
    usage = subprocess.run(
        [
            sys.executable,
            "-c",
            (
                "import json, resource, subprocess, sys\n"
                "subprocess.run([sys.argv[1], '--help'], stdout=subprocess.DEVNULL)\n"
                "u = resource.getrusage(resource.RUSAGE_CHILDREN)\n"
                "print(json.dumps(u.ru_utime + u.ru_stime))"
            ),
            str(Path(sys.executable).with_name("heuresis")),
        ],
        capture_output=True,
        text=True,
        check=True,
    )
    print(f"heuresis --help: {json.loads(usage.stdout):.2f} CPU s")


if __name__ == "__main__":
    main()
