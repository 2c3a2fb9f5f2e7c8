"""Schedulers of requests, each a program in the form that candidates have."""

from importlib.resources import files
from types import MappingProxyType

from problems.base import Baseline

_VTC = "Y. Sheng et al., Fairness in serving large language models, OSDI (2024)"
_DLPM = "Locality-aware fair scheduling in LLM serving (2025)"
_SGLANG = "L. Zheng et al., SGLang, NeurIPS (2024)"

_RULES = {
    "priority": {
        "fcfs": f"first come, first served; {_VTC}",
        "rpm": f"20 requests a minute and client, others behind them; after {_VTC}",
        "lcf": f"least counter first, without lift; {_VTC}",
        "vtc": f"virtual token counter; {_VTC}",
        "lpm": f"longest prefix match; {_SGLANG}",
        "dlpm": f"deficit longest prefix match; {_DLPM}",
        "spf": "fewest tokens to compute first; folklore",
    },
    "pick": {
        "dlpm_fcfs": f"DLPM, the client that waits longest first among equals; {_DLPM}",
    },
}


def baselines() -> MappingProxyType[str, Baseline]:
    """All baselines by name."""
    folder = files("problems.llm_fair").joinpath("heuristics")
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
