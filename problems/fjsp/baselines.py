"""Classical rules, each a program in the form that candidates have.

A rule for the queue of a machine with a rule for the choice of a machine.
"""

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
_BRANDIMARTE = (
    "P. Brandimarte, Routing and scheduling in a flexible job shop by tabu search, "
    "Annals of Operations Research 41 (1993) 157-183"
)

_ORDERS = {"spt": _PANWALKAR, "fifo": _PANWALKAR, "mopnr": _HAUPT, "mwkr": _HAUPT}
_ROUTES = {
    "finish": f"earliest finish; {_BRANDIMARTE}",
    "load": f"least loaded machine; {_BRANDIMARTE}",
    "time": f"shortest time; {_BRANDIMARTE}",
}


def baselines() -> MappingProxyType[str, Baseline]:
    """All baselines by name."""
    folder = files("problems.fjsp").joinpath("heuristics")
    return MappingProxyType(
        {
            f"{order}_{route}": Baseline(
                name=f"{order}_{route}",
                entry_point="priority",
                source=folder.joinpath(f"{order}_{route}.py").read_text("utf-8"),
                citation=f"{said}; {routed}",
            )
            for order, said in _ORDERS.items()
            for route, routed in _ROUTES.items()
        }
    )
