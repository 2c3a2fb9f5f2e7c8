"""Classical rules, each a program in the form that candidates have."""

from importlib.resources import files
from types import MappingProxyType

from problems.base import Baseline

_KOLISCH = (
    "R. Kolisch, Efficient priority rules for the resource-constrained project "
    "scheduling problem, Journal of Operations Management 14 (1996) 179-192"
)
_SERIAL = (
    "R. Kolisch, Serial and parallel resource-constrained project scheduling methods "
    "revisited, European Journal of Operational Research 90 (1996) 320-333"
)
_DAVIS = (
    "E. W. Davis and J. H. Patterson, A comparison of heuristic and optimum solutions "
    "in resource-constrained project scheduling, Management Science 21 (1975) 944-955"
)
_JUSTIFIED = (
    "V. Valls, F. Ballestin and S. Quintanilla, Justification and RCPSP: a technique "
    "that pays, European Journal of Operational Research 165 (2005) 375-386"
)

_RULES = {
    "priority": {
        "lft": f"LFT; {_DAVIS}",
        "lst": f"LST; {_SERIAL}",
        "est": f"EST; {_SERIAL}",
        "mslk": f"MSLK, MINSLK; {_DAVIS}",
        "mts": f"MTS; {_SERIAL}",
        "grpw": f"GRPW; {_SERIAL}",
        "spt": f"SPT, SIO; {_DAVIS}",
        "random": f"RAND, one sample; {_SERIAL}",
    },
    "justified": {
        "justified_lft": f"LFT; {_JUSTIFIED}",
        "justified_spt": f"SPT; {_JUSTIFIED}",
    },
    "dispatch": {
        "parallel_lft": f"LFT; {_DAVIS}",
        "parallel_lst": f"LST; {_SERIAL}",
        "parallel_mts": f"MTS; {_SERIAL}",
        "parallel_spt": f"SPT, SIO; {_DAVIS}",
        "parallel_wcs": f"WCS, worst case slack; {_KOLISCH}",
        "parallel_irsm": f"IRSM, improved resource scheduling method; {_KOLISCH}",
        "parallel_random": f"RAND, one sample; {_SERIAL}",
    },
}


def baselines() -> MappingProxyType[str, Baseline]:
    """All baselines by name, those of the serial scheme first."""
    return MappingProxyType(
        {
            name: Baseline(
                name=name,
                entry_point=entry_point,
                source=files("problems.rcpsp")
                .joinpath("heuristics", f"{name}.py")
                .read_text(encoding="utf-8"),
                citation=citation,
            )
            for entry_point, rules in _RULES.items()
            for name, citation in rules.items()
        }
    )
