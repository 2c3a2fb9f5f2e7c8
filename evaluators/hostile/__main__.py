"""Run the suite in this process: ``python -m evaluators.hostile LEVEL [PROGRAM …]``.

Prints one JSON document a line: a finding. Started by ``suite.run``, which puts a key
into the environment for the programs to look for.
"""

import asyncio
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict

from evaluators.base import Sandbox
from evaluators.hostile.benign import BENIGN
from evaluators.hostile.host import Host, lay_out
from evaluators.hostile.programs import programs
from evaluators.hostile.records import Finding
from evaluators.hostile.runner import Arena


def main() -> None:
    """Run all programs, or those that are named, at one level."""
    level, names = Sandbox(sys.argv[1]), sys.argv[2:]
    with lay_out() as host:
        asyncio.run(_run(level, host, names))


async def _run(level: Sandbox, host: Host, names: Sequence[str]) -> None:
    arena = Arena(level, host)
    try:
        async for finding in arena.befriend(BENIGN):
            _tell("benign", finding)
        chosen = [p for p in programs() if not names or p.name in names]
        async for finding in arena.attack(chosen):
            _tell("hostile", finding)
    finally:
        await arena.close()


def _tell(kind: str, finding: Finding) -> None:
    print(json.dumps({"kind": kind, **asdict(finding)}), flush=True)  # noqa: T201


if __name__ == "__main__":
    main()
