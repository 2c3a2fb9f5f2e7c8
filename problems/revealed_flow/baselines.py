"""Classical rules, each a program in the form that candidates have."""

from importlib.resources import files
from types import MappingProxyType

from problems.base import Baseline

_MOTWANI = (
    "R. Motwani, S. Phillips and E. Torng, Nonclairvoyant scheduling, Theoretical "
    "Computer Science 130 (1994) 17-47"
)
_KALYANASUNDARAM = (
    "B. Kalyanasundaram and K. Pruhs, Speed is as powerful as clairvoyance, Journal of "
    "the ACM 47 (2000) 617-643"
)

_RULES = {
    "priority": {
        "fcfs": _MOTWANI,
        "round_robin": f"{_MOTWANI}; in quanta",
        "setf": f"{_KALYANASUNDARAM}; in quanta",
        "op_srpt": (
            "Online flow time minimization with gradually revealed jobs: SRPT at the "
            "level of operations"
        ),
        "mlf": (
            "F. J. Corbato, M. Merwin-Daggett and R. C. Daley, An experimental "
            "time-sharing system, AFIPS Spring Joint Computer Conference (1962)"
        ),
        "learned_srpt": "ours: SRPT with the mean rest of the jobs so far",
    },
    "informed_priority": {
        "gittins": (
            "J. C. Gittins, Bandit processes and dynamic allocation indices, Journal "
            "of the Royal Statistical Society B 41 (1979) 148-177"
        ),
        "mean_srpt": "shortest expected remaining processing time",
    },
}


def baselines() -> MappingProxyType[str, Baseline]:
    """All baselines by name, those that do not know the law first."""
    folder = files("problems.revealed_flow").joinpath("heuristics")
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
