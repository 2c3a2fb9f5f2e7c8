"""The trusted judgement of decisions; knows nothing of who made them."""

from collections.abc import Sequence

from problems.base import Json, Verdict
from problems.llm_agents.rules import RULES
from problems.llm_serving.judging import common, mean, quantile, replay
from problems.llm_serving.requests import Request, Served
from problems.llm_serving.scenario import Scenario


def verify(instance: Scenario, entry_point: str, answer: Json) -> Verdict:
    """Judge decisions: the number of a call at each pick, seconds at each tool.

    The objective is the mean completion time of programs, seconds from their arrival
    to their last token. Violation codes: those of ``judging.replay``, among them
    ``not_a_call``, ``not_waiting``, ``not_seconds``. Features, besides common ones:
    the 99 % quantile of the completion time, seconds, and the share of the tokens of
    prompts that the cache held.
    """
    run = replay(instance, RULES[entry_point], answer)
    if run.violations:
        return Verdict(objective=None, violations=run.violations)
    times = list(completions(instance.requests, run.served).values())
    hits = sum(one.hit for one in run.served)
    return Verdict(
        objective=mean(times),
        features={
            **common(run.served),
            "program_p99": quantile(times, 0.99),
            "hit_share": hits / sum(one.prompt for one in instance.requests),
        },
    )


def completions(
    requests: Sequence[Request], served: Sequence[Served]
) -> dict[int, float]:
    """Seconds from arrival to last token, by program."""
    found: dict[int, float] = {}
    for request, one in zip(requests, served, strict=True):
        seconds = one.end - request.arrival
        found[request.program] = max(found.get(request.program, 0.0), seconds)
    return found
