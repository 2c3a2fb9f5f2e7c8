"""Gaps of the rules on Taillard's instances, as measured elsewhere.

They are to the bounds of an older collection; those of the pack move no mean by more
than 0.1 points.
"""

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType

from problems.base import Measure, Published
from problems.jssp.model import JsspInstance
from problems.jssp.reference import reference
from problems.jssp.taillard import taillard

_SIZES = ("15x15", "20x15", "20x20", "30x15", "30x20", "50x15", "50x20", "100x20")

_NON_DELAY = {
    "mwkr_half_p": (16.1, 18.6, 17.9, 19.4, 20.9, 13.3, 13.9, 5.5, 15.70),
    "fdd_mwkr": (17.7, 21.3, 19.9, 21.7, 24.0, 15.3, 16.3, 7.6, 17.98),
    "mwkr": (19.2, 23.5, 21.8, 24.1, 25.3, 16.3, 17.6, 8.1, 19.48),
    "mopnr": (19.4, 25.4, 21.4, 23.5, 25.7, 16.9, 17.6, 9.1, 19.88),
    "spt_twkr": (26.0, 29.4, 23.5, 30.6, 31.0, 17.6, 24.6, 12.5, 24.41),
    "fifo": (23.9, 31.4, 27.4, 31.2, 31.1, 20.7, 23.9, 13.6, 25.40),
    "spt": (27.0, 32.3, 29.1, 35.0, 33.6, 23.8, 25.0, 15.0, 27.62),
    "lpt": (40.6, 47.7, 41.6, 48.8, 49.9, 40.3, 44.1, 32.5, 43.17),
    "lwkr": (48.1, 47.0, 49.1, 49.9, 59.1, 39.4, 46.3, 28.4, 45.93),
}
"""By size, then over all eighty."""

_ACTIVE = {
    "active_fdd_mwkr": 24.81,
    "active_mopnr": 25.87,
    "active_mwkr": 26.06,
    "active_spt": 67.29,
}


def _best_known(instance: JsspInstance) -> float:
    found = reference(instance)
    return found.lower if found.best is None else found.best


def _set(
    name: str,
    doc: str,
    chosen: Callable[[], Sequence[JsspInstance]],
    percent: Mapping[str, float],
) -> Published[JsspInstance]:
    return Published(
        name=name,
        instances=chosen,
        target=_best_known,
        measure=Measure.MEAN,
        percent=MappingProxyType(dict(percent)),
        doc=f"{doc}; mean gap to the best known makespan",
    )


def _size(size: str) -> Callable[[], Sequence[JsspInstance]]:
    return lambda: [one for one in taillard() if one.group == size]


PUBLISHED = (
    *(
        _set(
            size,
            f"Taillard's ten of {size}",
            _size(size),
            {rule: figures[at] for rule, figures in _NON_DELAY.items()},
        )
        for at, size in enumerate(_SIZES)
    ),
    _set(
        "all",
        "Taillard's eighty",
        taillard,
        {rule: figures[-1] for rule, figures in _NON_DELAY.items()} | _ACTIVE,
    ),
)
