"""Whether two judgements of one program with one seed agree, as they have to."""

from evaluators.base import Evaluation, InstanceVerdict, Status

_CIRCUMSTANCES = frozenset({Status.TIMEOUT_CPU, Status.TIMEOUT_WALL, Status.MEMORY})
"""Statuses that depend on the machine and the limits too: no evidence of anything."""


def difference(first: Evaluation, again: Evaluation) -> str:
    """Return the first disagreement in words, ``""`` if there is none.

    Objectives are compared exactly: with the same source, instances and seed there is
    no reason for the last bit to differ. Instances that ran out of time or memory in
    either run say nothing about the program and are passed over.

    Raises
    ------
    ValueError
        If the two are about different instances.
    """
    for one, other in zip(first.verdicts, again.verdicts, strict=True):
        if one.instance != other.instance:
            raise ValueError(f"{one.instance} is compared with {other.instance}")
        if _CIRCUMSTANCES & {one.status, other.status}:
            continue
        if (one.status, one.objective) != (other.status, other.objective):
            return f"{one.instance} gave {_told(one)} and then {_told(other)}"
    return ""


def _told(verdict: InstanceVerdict) -> str:
    if verdict.objective is None:
        return str(verdict.status)
    return repr(verdict.objective)
