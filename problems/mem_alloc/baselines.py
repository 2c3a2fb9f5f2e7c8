"""Classical rules, each a program in the form that candidates have."""

from importlib.resources import files
from types import MappingProxyType

from problems.base import Baseline

_PISARCHYK = (
    "Y. Pisarchyk and J. Lee, Efficient memory management for deep neural net "
    "inference, arXiv:2001.03288 (2020)"
)
_MINIMALLOC = (
    "M. D. Moffitt, MiniMalloc: a lightweight memory allocator for "
    "hardware-accelerated machine learning, ASPLOS (2023), measured on its instances"
)
_BURKE = (
    "E. K. Burke, G. Kendall and G. Whitwell, A new placement heuristic for the "
    "orthogonal stock-cutting problem, Operations Research 52 (2004) 655-671; its "
    "lowest place first, with lives for widths"
)

_RULES = {
    "key": {
        "size": f"{_PISARCHYK}, greedy by size",
        "area": f"size times life; {_MINIMALLOC}",
        "start": f"first come, first placed; {_MINIMALLOC}",
        "length": f"longest life first; {_MINIMALLOC}",
        "load": f"{_PISARCHYK}, greedy by breadth, for the fullest moment of a life",
    },
    "next_buffer": {
        "lowest_longest": _BURKE,
        "lowest_largest": f"{_BURKE}, and sizes to break ties",
        "lowest_fullest": f"{_BURKE}, and the fullest moment of a life to break ties",
    },
}


def baselines() -> MappingProxyType[str, Baseline]:
    """All baselines by name, those that give a key first."""
    return MappingProxyType(
        {
            name: Baseline(
                name=name,
                entry_point=entry_point,
                source=files("problems.mem_alloc")
                .joinpath("heuristics", f"{name}.py")
                .read_text(encoding="utf-8"),
                citation=citation,
            )
            for entry_point, rules in _RULES.items()
            for name, citation in rules.items()
        }
    )
