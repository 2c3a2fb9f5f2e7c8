"""When the host is killed, its zygotes and their children are gone within a second."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from evaluators.base import Sandbox
from tests.fakes.processes import alive, descendants, wait_until
from tests.fakes.sandboxes import STRONG, need

HOST = """
import asyncio, sys
from evaluators.backends.local import LocalEvaluator
from evaluators.base import EvaluationRequest, Limits, Sandbox
from problems.base import Split
from tests.fakes.tiny_problem import TINY

async def main():
    evaluator = LocalEvaluator(
        TINY, slots=2, limits=Limits(cpu_seconds=60), level=Sandbox(sys.argv[1])
    )
    spin = EvaluationRequest(
        source="while True: pass", entry_point="raw", split=Split.TRAIN
    )
    await asyncio.gather(*(evaluator.evaluate(spin) for _ in range(2)))

asyncio.run(main())
"""


@pytest.mark.parametrize("level", [Sandbox.PROCESS, *STRONG])
def test_kill_minus_nine_leaves_nothing(level):
    command = [sys.executable, "-c", HOST, need(level)]
    with subprocess.Popen(command, cwd=Path.cwd()) as host:
        # Two zygotes, each with a child, and perhaps a wrapper.
        count = 6 if level is Sandbox.BWRAP_SECCOMP else 4
        assert wait_until(lambda: len(descendants(host.pid)) == count, seconds=20)
        family = descendants(host.pid)
        os.kill(host.pid, signal.SIGKILL)
        assert wait_until(lambda: not any(map(alive, family)), seconds=1)


def test_an_interrupt_from_the_terminal_does_not_reach_the_zygotes():
    with subprocess.Popen(
        [sys.executable, "-c", HOST, Sandbox.PROCESS],
        cwd=Path.cwd(),
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    ) as host:
        assert wait_until(lambda: len(descendants(host.pid)) == 4, seconds=20)
        family = descendants(host.pid)
        assert {os.getpgid(pid) for pid in family}.isdisjoint({host.pid})
        host.kill()
        assert wait_until(lambda: not any(map(alive, family)), seconds=1)
