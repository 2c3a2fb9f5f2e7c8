"""Judge one known program, to see whether this machine isolates candidates.

Usage: ``probe.py LEVEL``. Prints the level found; exits with 3 below ``LEVEL``.
"""

import asyncio
import sys

from evaluators.backends.local import LocalEvaluator
from evaluators.base import Evaluation, EvaluationRequest, Limits, Sandbox, Status
from problems import registry
from problems.base import Split
from problems.errors import PlatformError

PROBLEM = "smtt"
REFUSED = 3


async def _judge(least: Sandbox) -> Evaluation:
    problem = registry.load(PROBLEM)
    point = problem.default_entry_point
    evaluator = LocalEvaluator(
        problem, slots=1, limits=Limits(cpu_seconds=30.0), min_sandbox=least
    )
    try:
        return await evaluator.evaluate(
            EvaluationRequest(
                source=problem.baselines[point.seed].source,
                entry_point=point.name,
                split=Split.SMOKE,
            )
        )
    finally:
        await evaluator.close()


def main() -> None:
    """Exit with 0 if the sandbox works at the wanted level or above."""
    try:
        evaluation = asyncio.run(_judge(Sandbox(sys.argv[1])))
    except (PlatformError, ValueError, IndexError) as error:
        sys.stderr.write(f"probe: {error}\n")
        sys.exit(REFUSED)
    if evaluation.status is not Status.OK:
        sys.stderr.write(f"probe: {evaluation.status}: {evaluation.message}\n")
        sys.exit(REFUSED)
    sys.stdout.write(f"probe: sandbox level {evaluation.sandbox}\n")


if __name__ == "__main__":
    main()
