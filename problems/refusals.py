"""How a simulator says that a decision was none, and what a verifier makes of it.

In lockstep an answer is what the simulator traced, so a run that ended with a decision
of another kind has no solution to judge.
"""

from problems.base import Json, Verdict

_KEY = "refused"
_LARGEST = 10**6


def refused(at: int) -> Json:
    """Give the trace of a run that was ended by its decision number ``at``, from 0."""
    return {_KEY: at}


def refusal(answer: Json) -> Verdict | None:
    """Judge the trace of a run that was ended; None if the answer is no such trace.

    Violation code: ``refused:NUMBER``.
    """
    if type(answer) is not dict or set(answer) != {_KEY}:
        return None
    at = answer[_KEY]
    where = f":{at}" if type(at) is int and 0 <= at < _LARGEST else ""
    return Verdict(objective=None, violations=(_KEY + where,))
