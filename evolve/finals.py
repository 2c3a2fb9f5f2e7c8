"""The end of a campaign: valid chooses the champion, test and ood judge it once."""

import asyncio
from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass, replace

from evaluators.base import Evaluation, EvaluationRequest, Evaluator, Status
from evaluators.repeat import difference
from evolve.ports import Population
from evolve.records import Program, ProgramId
from problems.base import AnyProblem, Split

HELD_OUT = (Split.TEST, Split.OOD)


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldOut:
    """What a claim rests on.

    Attributes
    ----------
    champion
        Best on valid among the best on train.
    evaluations
        Of the champion, by split.
    finalists
        How many programs valid chose from.
    baselines
        Evaluations of the pack's classical rules by name and split.
    """

    champion: Program
    evaluations: Mapping[Split, Evaluation]
    finalists: int
    baselines: Mapping[str, Mapping[Split, Evaluation]]


async def hold_out(
    population: Population,
    problem: AnyProblem,
    evaluator: Evaluator,
    *,
    entry_point: str,
    seed: int,
    finalists: int,
) -> HeldOut | None:
    """Choose the champion and judge it; judgements that exist are not repeated.

    A finalist has to repeat its answers on train first, with the seed that it had: one
    that does not is invalid on valid, and cannot become the champion.

    Returns
    -------
    HeldOut or None
        None if no program has a score.
    """
    judge = _Judge(population, evaluator, entry_point, seed)
    chosen = distinct(population.best(5 * finalists), finalists)
    await judge.keep(chosen, judge.finalist, (Split.VALID,))
    ranked = sorted(
        (p for p in chosen if judge.score(p, Split.VALID) is not None),
        key=lambda p: (judge.score(p, Split.VALID), len(p.candidate.source)),
    )
    if not ranked:
        return None
    champion = ranked[0]
    await judge.keep([champion], judge.held_out, HELD_OUT)
    baselines = await judge_baselines(problem, evaluator, seed)
    return HeldOut(
        champion=champion,
        evaluations=population.evaluations(champion.id),
        finalists=len(chosen),
        baselines=baselines,
    )


async def judge_baselines(
    problem: AnyProblem,
    evaluator: Evaluator,
    seed: int,
    splits: Sequence[Split] = (Split.TRAIN, Split.VALID, *HELD_OUT),
) -> dict[str, dict[Split, Evaluation]]:
    """Judge the pack's classical rules on the path that candidates take."""
    keys = [(name, split) for name in problem.baselines for split in splits]
    results = await asyncio.gather(
        *(
            evaluator.evaluate(
                EvaluationRequest(
                    source=problem.baselines[name].source,
                    entry_point=problem.baselines[name].entry_point,
                    split=split,
                    seed=seed,
                )
            )
            for name, split in keys
        )
    )
    table: dict[str, dict[Split, Evaluation]] = {n: {} for n in problem.baselines}
    for (name, split), evaluation in zip(keys, results, strict=True):
        table[name][split] = evaluation
    return table


def distinct(programs: Sequence[Program], count: int) -> list[Program]:
    """First ``count`` programs that differ in what they do, not only in text."""
    seen: set[tuple[float | None, ...]] = set()
    chosen: list[Program] = []
    for program in programs:
        behaviour = tuple(v.objective for v in program.evaluation.verdicts)
        if behaviour not in seen and len(chosen) < count:
            seen.add(behaviour)
            chosen.append(program)
    return chosen


class _Judge:
    """Judges programs on further splits, each at most once in a campaign's life."""

    def __init__(
        self, population: Population, evaluator: Evaluator, entry_point: str, seed: int
    ) -> None:
        self._population = population
        self._evaluator = evaluator
        self._request = EvaluationRequest(
            source="", entry_point=entry_point, split=Split.TRAIN, seed=seed
        )
        self._known: dict[ProgramId, dict[Split, Evaluation]] = {}

    def score(self, program: Program, split: Split) -> float | None:
        return self._known[program.id][split].score

    async def keep(
        self,
        programs: Sequence[Program],
        judge: Callable[[Program, Split], Coroutine[None, None, Evaluation]],
        splits: Sequence[Split],
    ) -> None:
        """Judge what has not been judged, all at once, and keep it in a fixed order.

        So equal runs have equal event logs, however fast a judgement comes.
        """
        pending = [
            (program, split)
            for program in programs
            for split in splits
            if split not in self._evaluations(program)
        ]
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(judge(*each)) for each in pending]
            for (program, _), task in zip(pending, tasks, strict=True):
                self._keep(program, await task)

    async def finalist(self, program: Program, split: Split) -> Evaluation:
        """Judge a program on ``split`` if it repeats its answers on train."""
        again = await self._evaluate(program, Split.TRAIN, fresh=True)
        change = difference(program.evaluation, again)
        if change:
            message = f"not reproducible: with the same seed {change}"
            return replace(
                again,
                split=split,
                status=Status.INVALID,
                score=None,
                verdicts=(),
                features={},
                message=message,
            )
        return await self._evaluate(program, split)

    async def held_out(self, program: Program, split: Split) -> Evaluation:
        """Judge a program on ``split``."""
        return await self._evaluate(program, split)

    def _evaluations(self, program: Program) -> dict[Split, Evaluation]:
        if program.id not in self._known:
            self._known[program.id] = self._population.evaluations(program.id)
        return self._known[program.id]

    async def _evaluate(
        self, program: Program, split: Split, *, fresh: bool = False
    ) -> Evaluation:
        source = program.candidate.source
        return await self._evaluator.evaluate(
            replace(self._request, source=source, split=split, fresh=fresh)
        )

    def _keep(self, program: Program, evaluation: Evaluation) -> None:
        # A budget counts the search, not the judgement of its result.
        self._population.add_evaluation(program.id, evaluation, program.seconds)
        self._known[program.id][evaluation.split] = evaluation
