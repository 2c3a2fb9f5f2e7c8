"""Policies that learn while they work, each in the form that candidates have."""

from importlib.resources import files
from types import MappingProxyType

from problems.base import Baseline

_PAPER = (
    "N. Merlis, H. Richard, F. Sentenac, C. Odic, M. Molina and V. Perchet, On "
    "preemption and learning in stochastic scheduling, ICML (2023)"
)
_OURS = "our intervals, by square roots of counts"

_RULES = {
    "choose": {
        "round_robin": f"{_PAPER}, its round robin without preemption",
        "greedy": "follow the leader, the plainest policy that learns",
        "etc_u": f"explore then commit, ETC-U; {_PAPER}; {_OURS}",
        "ucb_u": f"optimism, UCB-U; {_PAPER}; {_OURS}",
        "random": f"no learning at all; {_PAPER}",
    },
    "preempt": {
        "slices": f"round robin, RR; {_PAPER}",
        "etc_rr": f"explore then commit, ETC-RR; {_PAPER}; {_OURS}",
        "ucb_rr": f"round robin of what is plausible, UCB-RR; {_PAPER}; {_OURS}",
        "ucb_index": f"optimism at every interruption; {_OURS}",
    },
}


def baselines() -> MappingProxyType[str, Baseline]:
    """All baselines by name, those without preemption first."""
    return MappingProxyType(
        {
            name: Baseline(
                name=name,
                entry_point=entry_point,
                source=files("problems.stoch_single")
                .joinpath("heuristics", f"{name}.py")
                .read_text(encoding="utf-8"),
                citation=citation,
            )
            for entry_point, rules in _RULES.items()
            for name, citation in rules.items()
        }
    )
