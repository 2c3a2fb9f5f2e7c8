"""The classical policies, as programs that are judged like any candidate."""

from importlib.resources import files
from types import MappingProxyType

from problems.base import Baseline

_VLLM = (
    "W. Kwon et al., Efficient memory management for large language model serving with "
    "PagedAttention, SOSP (2023)"
)
_PAST_FUTURE = (
    "Past-Future scheduler of LightLLM: peak of memory by what remains of each call, "
    "as in the artifact of VTC"
)

_RULES = {
    "admit": {
        "fcfs": f"first come, first served. {_VLLM}",
        "conservative": "room for 1024 tokens of output is kept for each call",
        "spf": "shortest prompt first",
        "predicted_sjf": "shortest job first by a predictor of output lengths",
        "mlfq": "skip-join multi-level feedback queues, at admission only, after B. Wu "
        "et al., Fast distributed inference serving for large language models (2023)",
        "past_future": f"whoever fits by the forecast may pass others. {_PAST_FUTURE}",
        "past_future_spf": f"shortest prompt first among these. {_PAST_FUTURE}",
        "head_room": "Glia's head-room admission for one engine: 1.6 times the prompt, "
        "margin 3 %, shortest prompt first",
        "sarathi": "A. Agrawal et al., Taming throughput-latency tradeoff in LLM "
        "inference with Sarathi-Serve, OSDI (2024)",
    },
    "pick": {
        "pick_fcfs": f"first come, first served. {_VLLM}",
        "pick_past_future": _PAST_FUTURE,
    },
    "victim": {
        "youngest": f"last admitted, first evicted. {_VLLM}",
        "oldest": "first admitted, first evicted",
        "largest": "most memory first",
        "least_done": "least to compute again, of what was made",
        "most_left": "longest to stay, by a predictor of output lengths",
    },
}


def baselines() -> MappingProxyType[str, Baseline]:
    """All baselines by name, those of the default entry point first."""
    return MappingProxyType(
        {
            name: Baseline(
                name=name,
                entry_point=entry_point,
                source=files("problems.llm_admission")
                .joinpath("heuristics", f"{name}.py")
                .read_text(encoding="utf-8"),
                citation=citation,
            )
            for entry_point, rules in _RULES.items()
            for name, citation in rules.items()
        }
    )
