"""What a child does to itself before it reads the candidate, by sandbox level."""

import ctypes
import os
import resource
import signal
from collections.abc import Callable, Sequence
from functools import partial
from typing import TypeAlias

from evaluators.base import Sandbox
from evaluators.sandbox.landlock import Domain
from evaluators.sandbox.seccomp import Filter

Restriction: TypeAlias = Callable[[], None]

Limit: TypeAlias = tuple[int, tuple[int, int]]
"""Kind of a resource, soft and hard limit."""

_PR_SET_PDEATHSIG = 1
_OWN = (resource.RLIMIT_CPU, resource.RLIMIT_NOFILE)
"""Limits that a zygote cannot share with its children."""


def prepare(level: str, limits: Sequence[Limit]) -> tuple[Restriction, ...]:
    """Build the restrictions of ``level`` (a value of ``evaluators.base.Sandbox``).

    Called once in the zygote, which takes on those limits that it can bear itself, for
    its children to inherit; the child calls each restriction, in order. Each raises
    OSError if it cannot be applied. The filter comes last: it forbids the others.
    """
    layers = confinement(level)
    for kind, pair in limits:
        if kind not in _OWN:
            resource.setrlimit(kind, pair)
    own = [limit for limit in limits if limit[0] in _OWN]
    return (
        _die_with(os.getpid()),
        *layers[:-1],
        *(partial(resource.setrlimit, *limit) for limit in own),
        *layers[-1:],
    )


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
    prctl = ctypes.CDLL(None).prctl
    kill = ctypes.c_ulong(signal.SIGKILL)

    def apply() -> None:
        prctl(_PR_SET_PDEATHSIG, kill, None, None, None)
        if os.getppid() != zygote:
            raise ProcessLookupError("the zygote is gone")

    return apply
