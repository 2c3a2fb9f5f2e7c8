"""The classical policies, as programs that are judged like any candidate."""

from importlib.resources import files
from types import MappingProxyType

from problems.base import Baseline

_VLLM = (
    "first come, first served. W. Kwon et al., Efficient memory management for large "
    "language model serving with PagedAttention, SOSP (2023)"
)
_LIU = (
    "C. L. Liu and J. W. Layland, Scheduling algorithms for multiprogramming in a hard-"
    "real-time environment, Journal of the ACM 20 (1973) 46-61"
)
_ROOM = "Glia's head-room admission for one engine, with a margin of 10 %"

_RULES = {
    "priority": {
        "fcfs": _VLLM,
        "edf": _LIU,
        "llf": "A. K. Mok, Fundamental design problems of distributed systems for the "
        "hard-real-time environment, MIT (1983)",
        "llf_feasible": "least laxity first, those that are late already last",
        "sjf": "shortest job first by a predictor of output lengths",
        "spf": "shortest prompt first",
        "gmax": "after JITServe: margin goodput over the bandwidth that it needs; its "
        "groups of similar lengths are left out",
        "sarathi": "A. Agrawal et al., Taming throughput-latency tradeoff in LLM "
        "inference with Sarathi-Serve, OSDI (2024)",
        "head_room": f"shortest prompt first. {_ROOM}",
        "edf_room": f"earliest due date first. {_ROOM}",
    },
    "pick": {
        "pick_fcfs": _VLLM,
        "pick_edf": f"those that are late already last. {_LIU}",
    },
}


def baselines() -> MappingProxyType[str, Baseline]:
    """All baselines by name, those of the default entry point first."""
    return MappingProxyType(
        {
            name: Baseline(
                name=name,
                entry_point=entry_point,
                source=files("problems.llm_slo")
                .joinpath("heuristics", f"{name}.py")
                .read_text(encoding="utf-8"),
                citation=citation,
            )
            for entry_point, rules in _RULES.items()
            for name, citation in rules.items()
        }
    )
