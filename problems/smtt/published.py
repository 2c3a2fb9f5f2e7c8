"""Figures of others for the rules, on sets like theirs.

The published 800 instances are those of arXiv:2510.24013, table 2; the other sets were
measured beside them with instances that are not at hand. Ours have other seeds, and due
dates are clipped at 0.
"""

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType

from problems.base import Measure, Published, Split
from problems.smtt.instances import grid, instances
from problems.smtt.model import SmttInstance
from problems.smtt.reference import exact, reference

_RULES = ("edd", "eddc", "mdd", "mddc", "psk", "augmdd", "augmddc", "atc")

_Figures = tuple[float | None, ...]


def _figures(values: _Figures, **more: float) -> Mapping[str, float]:
    known = {
        rule: value
        for rule, value in zip(_RULES, values, strict=True)
        if value is not None
    }
    return MappingProxyType(known | more)


def _group(group: str) -> Callable[[], Sequence[SmttInstance]]:
    return lambda: [one for one in instances(Split.OOD) if one.group == group]


def _optimum(instance: SmttInstance) -> float:
    return reference(instance).lower


def _pair(
    name: str,
    doc: str,
    chosen: Callable[[], Sequence[SmttInstance]],
    target: Callable[[SmttInstance], float],
    figures: Mapping[Measure, Mapping[str, float]],
) -> tuple[Published[SmttInstance], ...]:
    return tuple(
        Published(
            name=f"{name} {measure}",
            instances=chosen,
            target=target,
            measure=measure,
            percent=percent,
            doc=f"{doc}; {measure} gap",
        )
        for measure, percent in figures.items()
    )


PUBLISHED = (
    *_pair(
        "n20",
        "800 instances of 20 jobs like those of arXiv:2510.24013, table 2",
        grid,
        exact,
        {
            Measure.MEAN: _figures(
                (46.09, 12.83, 1.88, 1.70, 1.77, 1.18, 0.79, 14.3),
                covert=52.34,
                spt=727.67,
            ),
            Measure.AGGREGATE: _figures(
                (52.4, 5.0, 1.48, 0.77, 1.41, 0.92, 0.49, 3.2),
                covert=4.80,
                spt=38.75,
            ),
        },
    ),
    *_pair(
        "n20 normal",
        "100 instances of ood; published: 800 with normal times, some of them 0",
        _group("n20normal"),
        _optimum,
        {
            Measure.MEAN: _figures(
                (31.74, 11.30, 2.45, 1.71, 2.41, 1.40, 0.97, 40.8),
            ),
            Measure.AGGREGATE: _figures(
                (35.6, 4.2, 1.66, 0.98, 1.65, 0.95, 0.62, 5.8),
            ),
        },
    ),
    *_pair(
        "n100",
        "40 instances of ood; published: 200",
        _group("n100"),
        _optimum,
        {
            Measure.MEAN: _figures(
                (58.0, 28.12, 1.81, 1.52, 1.79, 1.26, 1.08, 4.1),
            ),
            Measure.AGGREGATE: _figures(
                (63.3, 5.6, 1.33, 1.21, 1.32, 0.89, 0.83, 1.8),
            ),
        },
    ),
    *_pair(
        "n200",
        "20 instances of ood; published: 200",
        _group("n200"),
        _optimum,
        {
            Measure.MEAN: _figures(
                (61.6, 52.0, 2.07, 2.00, 1.99, None, None, 11.2),
            ),
            Measure.AGGREGATE: _figures(
                (66.1, 5.3, 1.34, 1.28, 1.33, None, None, 1.6),
            ),
        },
    ),
)
