"""Classical and discovered rules, each a program in the form that candidates have."""

from importlib.resources import files
from types import MappingProxyType

from problems.base import Baseline

_CETINKAYA = (
    "I. O. Cetinkaya, I. E. Buyuktahtakin, P. Shojaee and C. K. Reddy, Discovering "
    "Heuristics with Large Language Models (LLMs) for Mixed-Integer Programs: "
    "Single-Machine Scheduling, arXiv:2510.24013 (2025)"
)
_BEAN_HALL = (
    "J. Bean and N. Hall, Accuracy of the modified due date rule, Technical Report "
    "85-10, University of Michigan (1985)"
)

_PRIORITIES = {
    "edd": (
        "J. R. Jackson, Scheduling a production line to minimize maximum tardiness, "
        "Research Report 43, UCLA (1955)"
    ),
    "spt": (
        "W. E. Smith, Various optimizers for single-stage production, Naval Research "
        "Logistics Quarterly 3 (1956) 59-66"
    ),
    "mdd": (
        "K. R. Baker and J. W. M. Bertrand, A dynamic priority rule for scheduling "
        "against due-dates, Journal of Operations Management 3 (1982) 37-42"
    ),
    "mddc": _CETINKAYA,
    "atc": (
        "A. P. J. Vepsalainen and T. E. Morton, Priority rules for job shops with "
        "weighted tardiness costs, Management Science 33 (1987) 1035-1047"
    ),
    "covert": (
        "D. C. Carroll, Heuristic sequencing of single and multiple component jobs, "
        "PhD thesis, MIT (1965)"
    ),
}

_SEQUENCES = {
    "edd_sequence": _PRIORITIES["edd"],
    "eddc": f"{_CETINKAYA}; as run by its authors: from SPT, ties by due date",
    "psk": (
        "S. S. Panwalkar, M. L. Smith and C. P. Koulamas, A heuristic for the single "
        "machine tardiness problem, European Journal of Operational Research 70 "
        "(1993) 304-310"
    ),
    "augmdd": _BEAN_HALL,
    "augmddc": f"{_BEAN_HALL}; with the rule of {_CETINKAYA}",
}


def baselines() -> MappingProxyType[str, Baseline]:
    """All baselines by name, priority rules first."""
    found = {
        name: _baseline(name, entry_point, citation)
        for entry_point, citations in (
            ("priority", _PRIORITIES),
            ("sequence", _SEQUENCES),
        )
        for name, citation in citations.items()
    }
    return MappingProxyType(found)


def _baseline(name: str, entry_point: str, citation: str) -> Baseline:
    file = files("problems.smtt").joinpath("heuristics", f"{name}.py")
    source = file.read_text(encoding="utf-8")
    return Baseline(
        name=name, entry_point=entry_point, source=source, citation=citation
    )
