"""What a child does to itself before it reads the candidate, by sandbox level."""

import ctypes
import os
import signal
from collections.abc import Callable
from typing import TypeAlias

from evaluators.sandbox.seccomp import Filter

Restriction: TypeAlias = Callable[[], None]

_PR_SET_PDEATHSIG = 1


def prepare(level: str) -> tuple[Restriction, ...]:
    """Build the restrictions of ``level`` (a value of ``evaluators.base.Sandbox``).

    Called once in the zygote; the child calls each one, in order. Each raises
    OSError if it cannot be applied.
    """
    if level == "process":
        return (_die_with(os.getpid()),)
    return (_die_with(os.getpid()), Filter().install)


def _die_with(zygote: int) -> Restriction:
    """Have the kernel kill this process when the zygote dies."""
    prctl = ctypes.CDLL(None, use_errno=True).prctl

    def apply() -> None:
        prctl(_PR_SET_PDEATHSIG, ctypes.c_ulong(signal.SIGKILL), None, None, None)
        if os.getppid() != zygote:
            raise ProcessLookupError("the zygote is gone")

    return apply
