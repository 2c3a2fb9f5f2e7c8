"""Gaps of steepest descent as measured before, on one instance of each size.

Those instances are not kept; the sets here are drawn in the same way.
"""

from collections.abc import Callable, Sequence
from types import MappingProxyType

from problems.base import Measure, Published, Split
from problems.vm_resched.instances import instances
from problems.vm_resched.model import VmInstance
from problems.vm_resched.reference import reference

_RATES = {10: (0.111, 0.030), 20: (0.082, 0.030), 40: (0.127, 0.056)}
"""Fragment rate after steepest descent, and the best known, by machines."""


def _best(instance: VmInstance) -> float:
    found = reference(instance)
    return found.lower if found.best is None else found.best


def _group(name: str) -> Callable[[], Sequence[VmInstance]]:
    return lambda: [
        one
        for split in (Split.TEST, Split.OOD)
        for one in instances(split)
        if one.group == name
    ]


PUBLISHED = tuple(
    Published(
        name=f"plain{machines}",
        instances=_group(f"plain{machines}"),
        target=_best,
        measure=Measure.AGGREGATE,
        percent=MappingProxyType({"steepest": round(100 * (greedy / best - 1))}),
        doc=(
            f"{machines} machines of one node, held out; the figure in brackets is of "
            f"one other instance, rate {greedy} against {best}"
        ),
    )
    for machines, (greedy, best) in _RATES.items()
)
