"""Classical rules, each a program in the form that candidates have."""

from importlib.resources import files
from types import MappingProxyType

from problems.base import Baseline

_ENTRY_POINT = "priority"

_RULES = {
    "all_at_once": "what a client does that makes all calls it can, with a queue",
    "serial": "what an agent does that makes one call in a turn",
    "turns": "the loop of agents with parallel calls: TPS-Bench, arXiv 2511.01527v1",
    "critical_path": (
        "T. C. Hu, Parallel sequencing and assembly line problems, Operations Research "
        "9 (1961) 841-848: the longest way to the end first"
    ),
    "shortest": (
        "W. E. Smith, Various optimizers for single-stage production, Naval Research "
        "Logistics Quarterly 3 (1956) 59-66: shortest processing time first"
    ),
    "longest": (
        "R. L. Graham, Bounds on multiprocessing timing anomalies, SIAM Journal on "
        "Applied Mathematics 17 (1969) 416-429: longest processing time first"
    ),
    "followers": "most total successors first (MTS), a rule of project scheduling",
    "bottleneck": "ours: longest chain, or work of the server if that is more",
}


def baselines() -> MappingProxyType[str, Baseline]:
    """All baselines by name."""
    folder = files("problems.tps_scheduler").joinpath("heuristics")
    return MappingProxyType(
        {
            name: Baseline(
                name=name,
                entry_point=_ENTRY_POINT,
                source=folder.joinpath(f"{name}.py").read_text("utf-8"),
                citation=citation,
            )
            for name, citation in _RULES.items()
        }
    )
