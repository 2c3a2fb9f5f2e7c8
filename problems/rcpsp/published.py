"""Excess of the rules over the critical path on PSPLIB, as measured elsewhere.

The library is not ours to ship: the sets here have one project of every cell of its
design from our generator, so figures differ by the luck of both samples.
"""

from collections.abc import Callable, Sequence
from types import MappingProxyType

from problems.base import Measure, Published
from problems.rcpsp.instances import grid
from problems.rcpsp.model import RcpspInstance, cpm_bound

PLENTY = (0.2, 0.5, 0.7, 1.0)
SCARCE = (0.1, 0.2, 0.3, 0.4, 0.5)
"""Strengths of resources of j30 and j60, and of j120."""

_RULES = ("lst", "lft", "mts", "est", "mslk", "grpw", "spt")
_PERCENT = {
    "j30": (20.3, 21.0, 22.7, 23.2, 25.7, 27.0, 37.4),
    "j60": (18.3, 17.9, 19.3, 23.8, 22.2, 23.9, 32.9),
    "j120": (47.3, 48.0, 50.1, 59.7, 57.1, 64.1, 78.8),
}
_SEED = 1


def _grid(name: str) -> Callable[[], Sequence[RcpspInstance]]:
    n = int(name[1:])
    return lambda: grid(n, SCARCE if n > 60 else PLENTY, _SEED)


PUBLISHED = tuple(
    Published(
        name=name,
        instances=_grid(name),
        target=cpm_bound,
        measure=Measure.MEAN,
        percent=MappingProxyType(dict(zip(_RULES, percent, strict=True))),
        doc=(
            f"one project of every cell of the design of {name}, drawn here; published "
            "figures are of 30 files of PSPLIB; mean excess over the critical path"
        ),
    )
    for name, percent in _PERCENT.items()
)
