"""The trusted judgement of a run: that of ``jssp`` on the schedule it ended with."""

from problems.base import Json, Verdict
from problems.jssp.model import JsspInstance
from problems.jssp.verify import verify as verify_schedule
from problems.refusals import refusal


def verify(instance: JsspInstance, entry_point: str, answer: Json) -> Verdict:
    """Judge start times by job and operation.

    Violation codes are those of ``problems.jssp.verify``, and ``refused:ROUND`` if the
    run ended with a decision that is none. So are the features.
    """
    return refusal(answer) or verify_schedule(instance, entry_point, answer)
