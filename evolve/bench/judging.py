"""A model's second opinion on outcomes, and how far it agrees with the benchmark.

To be judged is one more dialogue of one question, so it runs, is kept, capped and
resumed as every other.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path

from evolve.bench.opening import Caps, place_of, play
from evolve.bench.records import Plan, Results, rows
from evolve.bench.running import Progress
from evolve.llm.models import ModelSettings
from problems.benchmark import (
    Benchmark,
    Dialogue,
    Judge,
    Outcome,
    Question,
    Reply,
    Sample,
    Settings,
)

FOLDER = "judged"


@dataclass(frozen=True, slots=True, kw_only=True)
class Opinion:
    """What a judge thinks of a model's results.

    Attributes
    ----------
    samples, unread
        Samples that were judged; further ones whose judgement could not be read.
    parts
        Parts of the judged samples.
    own, judged
        Shares of the parts that are done, for the benchmark and for the judge.
    agreement
        Share of the parts on which both agree.
    kappa
        The same beyond chance; None where one of them says always the same.
    cost_usd
        Of the judging; None if a price is not known.
    """

    judge: str
    model: str
    samples: int
    unread: int
    parts: int
    own: float | None
    judged: float | None
    agreement: float | None
    kappa: float | None
    cost_usd: float | None


def judge_results(
    results: Results,
    settings: ModelSettings,
    caps: Caps,
    folder: Path,
    progress: Progress,
) -> Opinion | None:
    """Ask a model about every outcome; None if the benchmark has no judge.

    Raises as ``play`` does.
    """
    judge = results.plan.benchmark.judge
    if judge is None or not results.played:
        return None
    plan = _plan(results, judge)
    place = place_of(results.plan, results.model, folder) / FOLDER
    found = play(plan, settings, caps, place, progress)
    samples = {sample.id: sample for sample in results.plan.samples}
    outcomes = {one.outcome.sample: one.outcome for one in results.played}
    pairs: list[tuple[bool, bool]] = []
    read = 0
    for one in found.played:
        verdicts = one.outcome.parsed
        if verdicts is None:
            continue
        read += 1
        name = one.outcome.sample
        own = judge.own(samples[name], outcomes[name])
        pairs += zip(own, verdicts, strict=True)
    share, kappa = agreement(pairs)
    return Opinion(
        judge=settings.name,
        model=results.model,
        samples=read,
        unread=len(found.played) - read,
        parts=len(pairs),
        own=_share([own for own, _ in pairs]),
        judged=_share([judged for _, judged in pairs]),
        agreement=share,
        kappa=kappa,
        cost_usd=found.cost_usd,
    )


def agreement(
    pairs: Sequence[tuple[bool, bool]],
) -> tuple[float | None, float | None]:
    """Return the share on which two agree, and Cohen's kappa.

    J. Cohen, A coefficient of agreement for nominal scales, Educational and
    Psychological Measurement 20 (1960) 37-46.
    """
    if not pairs:
        return None, None
    share = sum(a == b for a, b in pairs) / len(pairs)
    first = sum(a for a, _ in pairs) / len(pairs)
    second = sum(b for _, b in pairs) / len(pairs)
    chance = first * second + (1 - first) * (1 - second)
    return share, None if chance == 1 else (share - chance) / (1 - chance)


def _share(values: Sequence[bool]) -> float | None:
    return sum(values) / len(values) if values else None


def _plan(results: Results, judge: Judge) -> Plan:
    """Make a plan whose dialogues ask about the outcomes."""
    outcomes = {one.outcome.sample: one.outcome for one in results.played}

    def start(sample: Sample, _settings: Settings) -> Dialogue:
        return _Judgement(sample, outcomes[sample.id], judge)

    of = results.plan.benchmark
    benchmark: Benchmark = replace(of, start=start)
    digest = sha256(rows(results).encode()).hexdigest()
    return replace(
        results.plan,
        benchmark=benchmark,
        settings={"judged": digest},
        samples=tuple(s for s in results.plan.samples if s.id in outcomes),
    )


class _Judgement:
    """One outcome shown to a judge."""

    def __init__(self, sample: Sample, outcome: Outcome, judge: Judge) -> None:
        self._sample = sample
        self._outcome = outcome
        self._judge = judge
        self._reply: Reply | None = None

    def question(self) -> Question | None:
        if self._reply is not None:
            return None
        return self._judge.ask(self._sample, self._outcome)

    def answer(self, reply: Reply) -> None:
        self._reply = reply

    def outcome(self) -> Outcome:
        reply = self._reply
        verdicts = None
        if reply is not None and not reply.failure:
            verdicts = self._judge.read(self._sample, reply)
        own = self._judge.own(self._sample, self._outcome)
        return Outcome(
            sample=self._sample.id,
            group=self._sample.group,
            level=self._sample.level,
            correct=float(verdicts == own),
            errors={} if verdicts is not None else {"unread": 1},
            parsed=None if verdicts is None else list(verdicts),
        )
