"""The trusted judgement of a run: that of ``fjsp`` on the schedule it ended with."""

from problems.base import Json, Verdict
from problems.fjsp.model import FjspInstance
from problems.fjsp.verify import verify as verify_schedule
from problems.refusals import refusal


def verify(instance: FjspInstance, entry_point: str, answer: Json) -> Verdict:
    """Judge a schedule, pairs of machine and start time by job and operation.

    Violation codes are those of ``problems.fjsp.verify``, and ``refused:WINDOW`` if the
    run ended with a decision that is none. So are the features.
    """
    return refusal(answer) or verify_schedule(instance, entry_point, answer)
