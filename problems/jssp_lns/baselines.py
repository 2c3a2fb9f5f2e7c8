"""Neighbourhoods from the literature, each in the form that candidates have."""

from importlib.resources import files
from types import MappingProxyType

from problems.base import Baseline

_SHAW = (
    "P. Shaw, Using constraint programming and local search methods to solve vehicle "
    "routing problems, CP (1998) 417-431"
)
_APPLEGATE = (
    "D. Applegate and W. Cook, A computational study of the job-shop scheduling "
    "problem, ORSA Journal on Computing 3 (1991) 149-156"
)
_GODARD = (
    "D. Godard, P. Laborie and W. Nuijten, Randomized large neighborhood search for "
    "cumulative scheduling, ICAPS (2005) 81-89"
)
_NOWICKI = (
    "E. Nowicki and C. Smutnicki, A fast taboo search algorithm for the job shop "
    "problem, Management Science 42 (1996) 797-813"
)

_RULES = {
    "free": {
        "random": _SHAW,
        "job": _SHAW,
        "machine": f"free machines, as in shuffling; {_APPLEGATE}",
        "window": f"time windows; {_GODARD}",
        "critical": f"the critical path; {_NOWICKI}",
        "critical_window": f"ours; time windows after {_GODARD}",
    },
    "select_neighbourhood": {
        "sampled": _SHAW,
        "rivals": f"ours; critical blocks after {_NOWICKI}",
    },
}


def baselines() -> MappingProxyType[str, Baseline]:
    """All baselines by name, those that judge one operation at a time first."""
    folder = files("problems.jssp_lns").joinpath("heuristics")
    return MappingProxyType(
        {
            name: Baseline(
                name=name,
                entry_point=entry_point,
                source=folder.joinpath(f"{name}.py").read_text("utf-8"),
                citation=citation,
            )
            for entry_point, rules in _RULES.items()
            for name, citation in rules.items()
        }
    )
