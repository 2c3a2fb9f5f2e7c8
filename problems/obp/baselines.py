"""Classical and discovered rules, each a program in the form that candidates have."""

from importlib.resources import files
from types import MappingProxyType

from problems.base import Baseline

_JOHNSON = (
    "D. S. Johnson, A. Demers, J. D. Ullman, M. R. Garey and R. L. Graham, Worst-case "
    "performance bounds for simple one-dimensional packing algorithms, SIAM Journal on "
    "Computing 3 (1974) 299-325"
)
_FUNSEARCH = (
    "B. Romera-Paredes et al., Mathematical discoveries from program search with large "
    "language models, Nature 625 (2024) 468-475"
)

_COSTS = {
    "first_fit": _JOHNSON,
    "best_fit": _JOHNSON,
    "worst_fit": (
        "D. S. Johnson, Near-optimal bin packing algorithms, PhD thesis, MIT (1973)"
    ),
    "sum_of_squares": (
        "J. Csirik, D. S. Johnson, C. Kenyon, J. B. Orlin, P. W. Shor and R. R. Weber, "
        "On the sum-of-squares algorithm for bin packing, Journal of the ACM 53 (2006) "
        "1-65"
    ),
}

_PRIORITIES = {
    "first_fit_bins": _JOHNSON,
    "best_fit_bins": _JOHNSON,
    "funsearch_or": f"{_FUNSEARCH}; the rule for the OR-Library sets",
    "funsearch_weibull": f"{_FUNSEARCH}; the rule for the Weibull sets",
}


def baselines() -> MappingProxyType[str, Baseline]:
    """All baselines by name, those of the default entry point first."""
    found = {
        name: _baseline(name, entry_point, citation)
        for entry_point, citations in (("cost", _COSTS), ("priority", _PRIORITIES))
        for name, citation in citations.items()
    }
    return MappingProxyType(found)


def _baseline(name: str, entry_point: str, citation: str) -> Baseline:
    file = files("problems.obp").joinpath("heuristics", f"{name}.py")
    source = file.read_text(encoding="utf-8")
    return Baseline(
        name=name, entry_point=entry_point, source=source, citation=citation
    )
