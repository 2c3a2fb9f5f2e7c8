"""Routers, each a program in the form that candidates have."""

from importlib.resources import files
from types import MappingProxyType

from problems.base import Baseline

_GLIA = (
    "Glia: A Human-Inspired AI for Automated Systems Design and Optimization "
    "(2025), head-room admission as in ronyw7/glia-repro"
)
_VIDUR = (
    "A. Agrawal et al., Vidur: A large-scale simulation framework for LLM inference, "
    "MLSys (2024)"
)
_MITZENMACHER = (
    "M. Mitzenmacher, The power of two choices in randomized load balancing, IEEE "
    "Transactions on Parallel and Distributed Systems 12 (2001) 1094-1104"
)

_RULES = {
    "match": {
        "llq": f"fewest in flight; {_GLIA}",
        "lor": f"fewest waiting; {_VIDUR}",
        "round_robin": _VIDUR,
        "random_replica": _VIDUR,
        "least_kv": "fewest blocks taken, or wanted by those that wait; folklore",
    },
    "route": {
        "power_of_two": _MITZENMACHER,
        "hra": f"head-room admission, shortest prompt first; {_GLIA}",
        "hra_fifo": "head-room admission without its order: an ablation of ours",
        "spf_llq": "the order of head-room admission alone: an ablation of ours",
        "funsearch": f"the router that FunSearch found, after {_GLIA}",
    },
}


def baselines() -> MappingProxyType[str, Baseline]:
    """All baselines by name."""
    folder = files("problems.llm_router").joinpath("heuristics")
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
