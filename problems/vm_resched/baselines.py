"""Classical rules, each a program in the form that candidates have."""

from importlib.resources import files
from types import MappingProxyType

from problems.base import Baseline

_DING = (
    "X. Ding et al., Towards VM rescheduling optimization through deep reinforcement "
    "learning, EuroSys (2025)"
)
_STEEPEST = f"steepest descent in the objective of {_DING}"

_RULES = {
    "score": {
        "steepest": _STEEPEST,
        "light": f"{_STEEPEST}; ties to the cheapest live migration",
        "tight": f"{_STEEPEST}; ties by best fit of what is left of a block",
        "best_fit": (
            "D. S. Johnson, Fast algorithms for bin packing, Journal of Computer and "
            "System Sciences 8 (1974) 272-314, for machines that are in use"
        ),
    },
    "two_stage": {
        "filter_score": f"filter VMs, then score machines, as the heuristic of {_DING}",
        "filter_tight": f"filter VMs as in {_DING}, then best fit",
    },
}


def baselines() -> MappingProxyType[str, Baseline]:
    """All baselines by name, those that rank migrations first."""
    return MappingProxyType(
        {
            name: Baseline(
                name=name,
                entry_point=entry_point,
                source=files("problems.vm_resched")
                .joinpath("heuristics", f"{name}.py")
                .read_text(encoding="utf-8"),
                citation=citation,
            )
            for entry_point, rules in _RULES.items()
            for name, citation in rules.items()
        }
    )
