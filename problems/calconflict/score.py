"""What a year of answers is worth: sums over its rounds, no figures of many years."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import fsum, log2

from problems.base import Json
from problems.benchmark import Outcome, Sample
from problems.calconflict.model import Event, Phase, event_of, phases_of
from problems.calconflict.parse import FATAL, Answer
from problems.calconflict.preferences import principle

QUARTERS = 4
DRIFT_WINDOW = 10
"""Rounds over which errors before and after a drift are averaged."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """One judged decision.

    Attributes
    ----------
    wrong
        Whether it is not the user's choice, or there is none.
    tau
        Kendall's tau of the ranking, from -1 to 1; -1 if there is no usable one.
    ndcg
        From 0 to 1, 0 if there is no usable ranking.
    violated
        Principle against which it was taken; empty if right, or if there is none.
    """

    wrong: bool
    tau: float
    ndcg: float
    violated: str


def kendall_tau(ranking: Sequence[str], gold: Sequence[str]) -> float:
    """Agreement of two orders of the same ids: 1 if equal, -1 if reversed."""
    place = {name: index for index, name in enumerate(gold)}
    found = [place[name] for name in ranking]
    count = len(found)
    agree = sum(
        1 if found[i] < found[j] else -1
        for i in range(count)
        for j in range(i + 1, count)
    )
    return agree / (count * (count - 1) / 2)


def ndcg(ranking: Sequence[str], gold: Sequence[str]) -> float:
    """Normalised discounted cumulative gain over all k events.

    The gain of the event at place i of the gold order, from 0, is 2^(k-1-i) - 1; the
    discount of place i of the ranking is log2(i + 2).
    """
    gains = {name: (1 << (len(gold) - 1 - i)) - 1 for i, name in enumerate(gold)}

    def gain(order: Sequence[str]) -> float:
        return fsum(gains[name] / log2(i + 2) for i, name in enumerate(order))

    return gain(ranking) / gain(gold)


def outcome(sample: Sample, answers: Sequence[Answer], window: float) -> Outcome:
    """Judge all rounds of a year.

    Parameters
    ----------
    answers
        One for every round.
    window
        Share of the year at each end that the error reduction rate compares.
    """
    phases = phases_of(sample.secret["phases"])
    rounds = [
        _judged(answer, sample, index, phases) for index, answer in enumerate(answers)
    ]
    wrong = [one.wrong for one in rounds]
    strict = [
        one.wrong or bool(a.errors) for one, a in zip(rounds, answers, strict=True)
    ]
    errors = Counter(kind for answer in answers for kind in answer.errors)
    size = len(rounds)
    return Outcome(
        sample=sample.id,
        group=sample.group,
        level=sample.level,
        correct=1 - sum(wrong) / size,
        measures={
            "rounds": size,
            "errors": sum(wrong),
            "strict_errors": sum(strict),
            "valid": size - sum(errors[kind] for kind in FATAL),
            "tau": sum(one.tau for one in rounds) / size,
            "ndcg": sum(one.ndcg for one in rounds) / size,
            **_ends(wrong, window),
            **_quarters(rounds),
            **_sizes(sample, wrong),
            **_violations(sample, rounds),
            **_drifts(wrong, [one.start for one in phases[1:]]),
        },
        errors=dict(sorted(errors.items())),
        parsed=[_shown(answer) for answer in answers],
    )


def _judged(
    answer: Answer, sample: Sample, index: int, phases: Sequence[Phase]
) -> Round:
    gold = sample.secret["rounds"][index]["ranking"]
    wrong = answer.accept != gold[0]
    violated = ""
    if wrong and answer.accept is not None:
        events: dict[str, Event] = {
            one["id"]: event_of(one) for one in sample.data["rounds"][index]["events"]
        }
        phase = [one for one in phases if one.start <= index][-1]
        violated = principle(phase, events[gold[0]], events[answer.accept])
    ranking = answer.ranking
    return Round(
        wrong=wrong,
        tau=-1.0 if ranking is None else kendall_tau(ranking, gold),
        ndcg=0.0 if ranking is None else ndcg(ranking, gold),
        violated=violated,
    )


def _ends(wrong: Sequence[bool], window: float) -> dict[str, float]:
    size = max(1, int(window * len(wrong)))
    first, last = sum(wrong[:size]), sum(wrong[-size:])
    found: dict[str, float] = {"first_errors": first, "last_errors": last}
    return found | ({"err": (first - last) / first} if first else {})


def _quarters(rounds: Sequence[Round]) -> dict[str, float]:
    found: Counter[str] = Counter()
    gains = [0.0] * QUARTERS
    for index, one in enumerate(rounds):
        quarter = QUARTERS * index // len(rounds)
        found[f"quarter_{quarter}_rounds"] += 1
        found[f"quarter_{quarter}_errors"] += one.wrong
        gains[quarter] += one.ndcg
    sums = {f"quarter_{quarter}_ndcg": gain for quarter, gain in enumerate(gains)}
    return {**found, **sums}


def _sizes(sample: Sample, wrong: Sequence[bool]) -> dict[str, float]:
    found: Counter[str] = Counter()
    for one, missed in zip(sample.data["rounds"], wrong, strict=True):
        size = len(one["events"])
        found[f"size_{size}_rounds"] += 1
        found[f"size_{size}_errors"] += missed
    return dict(sorted(found.items()))


def _violations(sample: Sample, rounds: Sequence[Round]) -> dict[str, float]:
    kinds = Counter(one.violated for one in rounds if one.violated)
    found = {f"against_{kind}": count for kind, count in sorted(kinds.items())}
    return {
        "rule_rounds": sum(one["rule_matters"] for one in sample.secret["rounds"]),
        "rule_violations": sum(one.violated.startswith("rule_") for one in rounds),
        **found,
    }


def _drifts(wrong: Sequence[bool], starts: Sequence[int]) -> dict[str, float]:
    """Errors around drifts, and rounds until they are as few as before.

    A drift is adapted to after n rounds if n is the least for which the mean error of
    the window that begins n rounds after it is not above that of the window before it.
    Windows end at the next drift; if there is no such n, all rounds until then count.
    """
    found: Counter[str] = Counter()
    for start, stop in pairwise([*starts, len(wrong)]):
        before = wrong[max(0, start - DRIFT_WINDOW) : start]
        after = wrong[start : min(stop, start + DRIFT_WINDOW)]
        usual = sum(before) / len(before)
        last = stop - start - DRIFT_WINDOW
        adapted = next(
            (
                n
                for n in range(last + 1)
                if sum(wrong[start + n : start + n + DRIFT_WINDOW]) / DRIFT_WINDOW
                <= usual
            ),
            None,
        )
        found["drift_count"] += 1
        found["drift_before_rounds"] += len(before)
        found["drift_before_errors"] += sum(before)
        found["drift_after_rounds"] += len(after)
        found["drift_after_errors"] += sum(after)
        found["drift_adapted"] += adapted is not None
        found["drift_rounds_to_adapt"] += stop - start if adapted is None else adapted
    return dict(found)


def _shown(answer: Answer) -> Json:
    return {
        "accept": answer.accept,
        "ranking": None if answer.ranking is None else list(answer.ranking),
        "reason": answer.reason,
        "memory": None if answer.memory is None else list(answer.memory),
        "errors": list(answer.errors),
    }
