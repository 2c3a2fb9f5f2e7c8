"""Orders of a batch, each a program in the form that candidates have."""

from importlib.resources import files
from types import MappingProxyType

from problems.base import Baseline

_BATCHLLM = (
    "Z. Zheng et al., BatchLLM: Optimizing large batched LLM inference with global "
    "prefix sharing and throughput-oriented token batching, arXiv:2412.03594 (2024)"
)
_SGLANG = (
    "L. Zheng et al., SGLang: Efficient execution of structured language model "
    "programs, NeurIPS (2024), its order for a batch"
)
_LPT = "R. L. Graham, Bounds on multiprocessing timing anomalies (1969), longest first"

_RULES = {
    "priority": {
        "fcfs": "first come, first served",
        "random_order": "any order",
        "dfs": f"depth first through the tree of prefixes; {_SGLANG}",
        "decode_ratio": f"{_BATCHLLM}, its order of decoding without the groups",
        "longest_output": _LPT,
        "batchllm": f"{_BATCHLLM}, groups of a prefix by their ratio",
    },
    "order": {
        "batchllm_tree": f"{_BATCHLLM}, applied at every node of the tree",
        "longest_branch": f"{_LPT}, at every node of the tree; ours",
    },
}


def baselines() -> MappingProxyType[str, Baseline]:
    """All baselines by name."""
    folder = files("problems.llm_offline_prefix").joinpath("heuristics")
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
