"""What a hostile program is, and what became of one."""

from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from evaluators.base import Sandbox, Status

PRELUDE = """
import os
os.close(0)
os.close(2)
def achieved(instance):
    return sorted(range(len(instance)), key=instance.__getitem__)
def honest(instance):
    return list(range(len(instance)))
"""
"""Put before each program: what to answer if its attack succeeded, and if not.

It frees two descriptors, or the limit on them would stop what a lock should stop.
"""

RAW = "def raw(instance, seed):\n"

STUCK = frozenset({Status.TIMEOUT_CPU, Status.TIMEOUT_WALL})
"""Either limit: which one is met first depends on how busy the machine is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """One attack.

    It returns ``achieved(instance)`` only if it got what it was after; whatever scores
    better than ``honest(instance)`` has leaked.

    Attributes
    ----------
    source
        May name its targets: ``@KEY@``, ``@FILE@``, ``@FOLDER@``, ``@HOST@``,
        ``@PORT@``, ``@SECRET@`` (reversed), ``@BAIT@``.
    expected
        The statuses that show that the attack was tried and denied. Any other status
        without a gain is contained, but odd.
    before
        Program to run in the same slot first, which prepares the attack.
    leaks
        Whether it surely succeeds where a candidate is a mere process.
    confined
        Whether it is too dangerous to be run below ``seccomp``.
    """

    name: str
    source: str
    expected: frozenset[Status]
    before: str = ""
    leaks: bool = False
    confined: bool = False

    @property
    def patient(self) -> bool:
        """Whether it takes a whole wall-clock limit, twice."""
        return self.expected == {Status.TIMEOUT_WALL}


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What became of one program at one level.

    Attributes
    ----------
    leak
        What the program achieved; ``""`` if it was contained.
    odd
        Why the result does not show what it should; ``""`` if it does.
    """

    program: str
    level: Sandbox
    status: str
    leak: str = ""
    odd: str = ""
    message: str = ""
    seconds: float = 0.0


def attack(
    name: str,
    expected: Status | AbstractSet[Status],
    source: str,
    *,
    before: str = "",
    leaks: bool = False,
    confined: bool = False,
) -> Program:
    """Make a program; the prelude is put before its source."""
    statuses = {expected} if isinstance(expected, Status) else expected
    return Program(
        name=name,
        source=PRELUDE + source,
        expected=frozenset(statuses),
        before=PRELUDE + before if before else "",
        leaks=leaks,
        confined=confined,
    )
