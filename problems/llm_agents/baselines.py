"""Rules of serving systems, each a program in the form that candidates have."""

from importlib.resources import files
from types import MappingProxyType

from problems.base import Baseline

_AUTELLIX = "M. Luo et al., Autellix: an efficient serving engine for LLM agents"
_CONTINUUM = "Continuum: multi-turn agent scheduling with KV cache time-to-live"

_RULES = {
    "priority": {
        "request_fcfs": "vLLM: requests first come, first served",
        "program_fcfs": f"{_CONTINUUM}: its order without pins",
        "mlfq": (
            f"{_AUTELLIX}: levels of attained service, as FastServe has them; the "
            "first quantum of 1 s and promotion after 60 s are ours"
        ),
        "plas": f"{_AUTELLIX}: program-level attained service",
        "atlas": (
            f"{_AUTELLIX}: adaptive thread-level attained service; nine levels from "
            "2 s on and promotion after twice that service are ours"
        ),
    },
    "ttl": {
        "no_pin": "vLLM: least recently used prefixes go first",
        "static_ttl": f"{_CONTINUUM}: its ablation with 2 s",
        "continuum": f"{_CONTINUUM}; the distribution is known by deciles",
        "infercept": (
            "InferCept: efficient intercept support for augmented LLM inference; "
            "preserve or discard by least waste, without swapping"
        ),
    },
}


def baselines() -> MappingProxyType[str, Baseline]:
    """All baselines by name, those that order calls first."""
    folder = files("problems.llm_agents").joinpath("heuristics")
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
