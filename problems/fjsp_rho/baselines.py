"""Rules of what to fix and how far to look, each in the form that candidates have."""

from importlib.resources import files
from types import MappingProxyType

from problems.base import Baseline

_LI = (
    "S. Li, W. Ouyang, Y. Ma and C. Wu, Learning-guided rolling horizon optimization "
    "for long-horizon flexible job-shop scheduling, ICLR (2025)"
)
_BAKER = (
    "K. R. Baker, An experimental study of the effectiveness of rolling schedules in "
    "production planning, Decision Sciences 8 (1977) 19-27"
)

_RULES = {
    "fix": {
        "none": f"default rolling horizon; {_LI}",
        "all": f"a warm start made binding; {_LI}",
        "half": f"random fixing; {_LI}",
        "fastest": "ours: an operation on its fastest machine stays there",
        "steady": f"ours: the past instead of the look-ahead oracle; {_LI}",
        "loose": "ours: the critical path stays free",
    },
    "next_window": {
        "usual": f"a window of constant size; {_BAKER}",
        "narrow": f"a window of constant size; {_BAKER}",
        "blocks": "decomposition in time without overlap",
        "adaptive": "ours: as large as can be solved to proof",
    },
}


def baselines() -> MappingProxyType[str, Baseline]:
    """All baselines by name, those that fix first."""
    folder = files("problems.fjsp_rho").joinpath("heuristics")
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
