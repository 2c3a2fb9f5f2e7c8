"""Run the command line as a user does, in a process of its own.

Processes are forked from one that has imported the libraries, which spares seconds for
each; ``test_startup`` and others start interpreters of their own.
"""

import functools
import json
import multiprocessing
import os
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from multiprocessing.context import ForkServerContext
from pathlib import Path
from typing import Any

PRELOADED = (
    "evolve.cli.app",
    "evolve.conclude",
    "evolve.report.canvas",
    "evolve.session",
    "litellm",
    "matplotlib.backends.backend_svg",
    "scipy.stats",
    "sqlalchemy.dialects.sqlite",
)
TIMEOUT = 600


@dataclass(frozen=True)
class Done:
    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


def heuresis(
    *arguments: object, cwd: Path, env: Mapping[str, str] | None = None
) -> Done:
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        process = _forkserver().Process(
            target=_command,
            args=(
                [str(argument) for argument in arguments],
                str(cwd),
                dict(os.environ if env is None else env),
                _Descriptor(out.fileno()),
                _Descriptor(err.fileno()),
            ),
        )
        process.start()
        process.join(TIMEOUT)
        if process.is_alive():
            process.kill()
            raise TimeoutError(f"heuresis {arguments[0]} ran for {TIMEOUT} s")
        out.seek(0)
        err.seek(0)
        code = process.exitcode
        assert code is not None
        return Done(code, out.read().decode(), err.read().decode())


class _Descriptor:
    """A descriptor that is sent along when the process is forked."""

    def __init__(self, number: int) -> None:
        self.number = number

    def __reduce__(self) -> tuple[Any, ...]:
        from multiprocessing.reduction import DupFd

        return _received, (DupFd(self.number),)


def _received(duplicate: Any) -> _Descriptor:
    return _Descriptor(duplicate.detach())


@functools.cache
def _forkserver() -> ForkServerContext:
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(list(PRELOADED))
    return context


def _command(
    arguments: Sequence[str],
    cwd: str,
    env: Mapping[str, str],
    out: _Descriptor,
    err: _Descriptor,
) -> None:
    os.environ.clear()
    os.environ.update(env)
    os.chdir(cwd)
    places = env.get("PYTHONPATH", "").split(os.pathsep)
    sys.path[:0] = [place for place in places if place and place not in sys.path]
    for descriptor, number in ((out, 1), (err, 2)):
        os.dup2(descriptor.number, number)
        os.close(descriptor.number)
    sys.argv = ["heuresis", *arguments]
    from evolve.cli import main

    main()
