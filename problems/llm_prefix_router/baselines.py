"""Routers, each a program in the form that candidates have."""

from importlib.resources import files
from types import MappingProxyType

from problems.base import Baseline

_BLIS = (
    "weighted scorers of llm-d and of BLIS (inference-sim/inference-sim, Apache-2.0)"
)
_DLPM = "Locality-aware fair scheduling in LLM serving (2025)"

_RULES = {
    "cost": {
        "round_robin": "replicas take turns",
        "llq": "fewest in flight",
        "longest_prefix": f"longest prefix in the cache; {_DLPM}",
        "one_to_one": f"prefix and queue, 1:1; {_BLIS}",
        "three_two_two": f"prefix, queue and memory, 3:2:2; {_BLIS}",
        "lmetric": "tokens to compute times batch size; LMetric, arXiv 2603.15202",
        "sent_work": "ours: tokens to compute, those just sent included",
    },
    "place": {
        "d2lpm": f"D2LPM: longest prefix within quanta of clients; {_DLPM}",
    },
}


def baselines() -> MappingProxyType[str, Baseline]:
    """All baselines by name."""
    folder = files("problems.llm_prefix_router").joinpath("heuristics")
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
