"""The trusted judgement of routing decisions; knows nothing of who made them."""

from problems.base import Json, Verdict
from problems.llm_router.rules import RULES
from problems.llm_serving.judging import common, mean, replay, responses
from problems.llm_serving.scenario import Scenario


def verify(instance: Scenario, _entry_point: str, answer: Json) -> Verdict:
    """Judge decisions, a list of pairs ``[request, replica]`` for each moment.

    The objective is the mean response time, seconds from arrival to the last token.
    Violation codes: those of ``judging.replay``, among them ``not_a_pair``,
    ``not_in_queue``, ``not_a_replica``.
    """
    run = replay(instance, RULES, answer)
    if run.violations:
        return Verdict(objective=None, violations=run.violations)
    held = mean([one.routed - one.arrival for one in run.served])
    return Verdict(
        objective=mean(responses(run.served)),
        features={**common(run.served), "held_mean": held},
    )
