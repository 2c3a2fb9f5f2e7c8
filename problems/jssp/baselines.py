"""Classical dispatching rules, each a program in the form that candidates have."""

from functools import lru_cache
from importlib.resources import files
from types import MappingProxyType

from problems.base import Baseline

_PANWALKAR = (
    "S. S. Panwalkar and W. Iskander, A survey of scheduling rules, Operations "
    "Research 25 (1977) 45-61"
)
_HAUPT = (
    "R. Haupt, A survey of priority rule-based scheduling, OR Spektrum 11 (1989) 3-16"
)

_RULES = {
    "spt": _PANWALKAR,
    "lpt": _PANWALKAR,
    "fifo": _PANWALKAR,
    "mwkr": _HAUPT,
    "lwkr": _HAUPT,
    "mopnr": _HAUPT,
    "fdd_mwkr": (
        "V. Sels, N. Gheysen and M. Vanhoucke, A comparison of priority rules for the "
        "job shop scheduling problem under different flow time- and tardiness-related "
        "objective functions, International Journal of Production Research 50 (2012) "
        "4255-4270"
    ),
    "spt_twkr": _PANWALKAR,
    "mwkr_half_p": "ours: p - 0.5 x work remaining",
}


@lru_cache(maxsize=1)
def baselines() -> MappingProxyType[str, Baseline]:
    """All baselines by name, those that make non-delay schedules first."""
    found = {
        prefix + rule: _baseline(prefix + rule, entry_point, citation)
        for prefix, entry_point in (("", "priority"), ("active_", "active_priority"))
        for rule, citation in _RULES.items()
    }
    return MappingProxyType(found)


def _baseline(name: str, entry_point: str, citation: str) -> Baseline:
    file = files("problems.jssp").joinpath("heuristics", f"{name}.py")
    source = file.read_text(encoding="utf-8")
    return Baseline(
        name=name, entry_point=entry_point, source=source, citation=citation
    )
