"""What a child does to itself before it reads the candidate, by sandbox level."""

import ctypes
import os
import resource
import signal
from collections.abc import Callable, Sequence
from typing import TypeAlias

from evaluators.base import Sandbox
from evaluators.sandbox.landlock import Domain
from evaluators.sandbox.seccomp import Filter

Restriction: TypeAlias = Callable[[], None]

Limit: TypeAlias = tuple[int, tuple[int, int]]
"""Kind of a resource, soft and hard limit."""

_PR_SET_PDEATHSIG = 1


def prepare(level: str, limits: Sequence[Limit]) -> tuple[Restriction, ...]:
    """Build the restrictions of ``level`` (a value of ``evaluators.base.Sandbox``).

    Called once in the zygote; the child calls each one, in order. Each raises
    OSError if it cannot be applied. The filter comes last: it forbids the others.
    """
    layers = confinement(level)
    limit = _limit(limits)
    return (_die_with(os.getpid()), *layers[:-1], limit, *layers[-1:])


def confinement(level: str) -> tuple[Restriction, ...]:
    """Build what the kernel enforces inside the process, outermost layer first.

    Namespaces are not among it: the zygote already lives in them.
    """
    if level == Sandbox.PROCESS:
        return ()
    if level == Sandbox.LANDLOCK_SECCOMP:
        return (Domain().enter, Filter().install)
    return (Filter().install,)


def die_with_parent() -> None:
    """Have the kernel kill this process when the thread that started it ends."""
    prctl = ctypes.CDLL(None, use_errno=True).prctl
    prctl(_PR_SET_PDEATHSIG, ctypes.c_ulong(signal.SIGKILL), None, None, None)


def _die_with(zygote: int) -> Restriction:
    """Have the kernel kill this process when the zygote dies."""
    prctl = ctypes.CDLL(None, use_errno=True).prctl

    def apply() -> None:
        prctl(_PR_SET_PDEATHSIG, ctypes.c_ulong(signal.SIGKILL), None, None, None)
        if os.getppid() != zygote:
            raise ProcessLookupError("the zygote is gone")

    return apply


def _limit(limits: Sequence[Limit]) -> Restriction:
    def apply() -> None:
        for kind, pair in limits:
            resource.setrlimit(kind, pair)

    return apply
