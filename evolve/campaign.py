"""The campaign loop: select, propose, judge, keep; bounded, resumable, one writer.

The loop decides nothing by itself. Parents and islands come from the Selector,
candidates from the Proposer, judgements from the Evaluator, and every fact is durable
in the Population before the next decision uses it.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from evaluators.base import Evaluation, EvaluationRequest, Evaluator
from evolve.config import Budget
from evolve.errors import ModelUnavailableError, SeedFailedError
from evolve.llm.ledger import BudgetExhausted
from evolve.patch import program_id
from evolve.ports import Population, Proposer, Selector
from evolve.records import (
    Candidate,
    Operator,
    Placement,
    Program,
    ProgramId,
    Proposal,
    Reason,
    Rejection,
    Spent,
)
from problems.base import Split
from problems.errors import PlatformError

STALLED_STEPS = 500
"""Rejections in a row after which nothing new is to be expected."""

FAILED_CALLS = 20
"""Failed model calls in a row after which the model counts as unavailable."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What a campaign loop needs to know.

    Attributes
    ----------
    seeds
        Source by name of the programs to start from.
    crossover
        Share of steps with two parents.
    concurrency
        Steps under way at once.
    """

    entry_point: str
    seed: int
    seeds: tuple[tuple[str, str], ...]
    budget: Budget
    crossover: float
    concurrency: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Ports:
    """The implementations that a campaign works with.

    ``settle`` turns an answered proposal of an earlier session into its outcome; it
    is None for proposers that ask nobody. ``clock`` gives seconds. ``hopeless_above``
    gives the score that is of no use to the living of an island, for a program's
    source; without it every program is judged to the end. ``known`` are the ids of all
    programs and of those under way: the loop keeps it, a proposer may look at it.
    """

    population: Population
    selector: Selector
    proposer: Proposer
    evaluator: Evaluator
    clock: Callable[[], float]
    settle: Callable[[Proposal], Candidate | Rejection] | None = None
    observe: Callable[[Program | Rejection], None] = lambda _: None
    hopeless_above: Callable[[Sequence[Program], str], float | None] | None = None
    known: set[ProgramId] = field(default_factory=set)


@dataclass(slots=True)
class _Progress:
    """What changes while the loop runs; all of it can be rebuilt from the store."""

    spent: Spent
    step: int
    islands: dict[int, list[Program]]
    hopeless: int
    in_flight: int = 0
    rejected_in_a_row: int = 0
    failed_in_a_row: int = 0
    end: str = ""
    fatal: PlatformError | None = None
    stopped: bool = False


class CampaignLoop:
    """Runs one campaign in one session.

    Parameters
    ----------
    plan, ports
        What to do and with what.
    islands
        Number of islands.
    """

    def __init__(self, plan: Plan, ports: Ports, islands: int) -> None:
        self._plan = plan
        self._ports = ports
        population = ports.population
        spent = population.spent()
        ports.known.update(population.known())
        self._before = spent.seconds
        self._started = ports.clock()
        self._now = _Progress(
            spent=spent,
            step=population.next_step(),
            hopeless=population.rejections().get(Reason.HOPELESS, 0),
            islands={i: list(population.living(i)) for i in range(islands)},
        )

    @property
    def spent(self) -> Spent:
        """What has been used up to now, this session included."""
        return replace(self._now.spent, seconds=self.seconds)

    @property
    def seconds(self) -> float:
        """Campaign time, summed over sessions."""
        return self._before + self._ports.clock() - self._started

    @property
    def end(self) -> str:
        """Why the loop ended, in words; empty while it runs."""
        return self._now.end

    @property
    def stopped(self) -> bool:
        """Whether the user stopped it before its budget was used."""
        return self._now.stopped

    @property
    def best(self) -> Program | None:
        """Living program with the lowest score on train."""
        living = [p for island in self._now.islands.values() for p in island]
        return min(living, key=_rank, default=None)

    def stop(self, why: str) -> None:
        """Begin nothing new; what is under way is finished and kept."""
        if not self._now.end:
            self._now.end, self._now.stopped = why, True

    async def run(self) -> None:
        """Run until the budget is used, somebody stops it, or nothing new comes.

        Raises
        ------
        SeedFailedError
            If a seed program fails on train.
        PlatformError
            If the model, the store or the evaluator cannot be used; everything that
            was under way is finished first where it can be.
        """
        try:
            await self._seed()
            await self._settle_pending()
            async with asyncio.TaskGroup() as group:
                for _ in range(self._plan.concurrency):
                    group.create_task(self._work())
        finally:
            self._ports.population.add_seconds(self.seconds)
        if self._now.fatal is not None:
            raise self._now.fatal

    async def _seed(self) -> None:
        if self._now.step >= len(self._plan.seeds):
            return  # resumed: all seeds were judged in an earlier session
        for name, source in self._plan.seeds:
            if program_id(source) in self._ports.known:
                continue
            island = self._now.step % len(self._now.islands)
            candidate = Candidate(
                id=program_id(source),
                step=self._take_step(),
                source=source,
                operator=Operator.SEED,
                island=island,
                rationale=f"seed program {name}",
            )
            evaluation = await self._evaluate(candidate, None)
            program = self._keep(candidate, evaluation)
            if program.score is None:
                message = "; ".join(program.evaluation.message.splitlines())
                raise SeedFailedError(
                    f"seed program {name!r} fails on train: "
                    f"{program.evaluation.status}: {message}"
                )

    async def _settle_pending(self) -> None:
        for proposal in self._ports.population.pending():
            call = proposal.call
            if proposal.response is None or self._ports.settle is None:
                detail = proposal.failure or "interrupted before the answer arrived"
                outcome: Candidate | Rejection = Rejection(
                    step=call.step,
                    operator=call.operator,
                    island=call.island,
                    reason=Reason.MODEL_FAILED,
                    detail=detail,
                    parents=call.parents,
                )
            else:
                outcome = self._ports.settle(proposal)
            await self._conclude(outcome)

    async def _work(self) -> None:
        while self._may_go_on():
            step = self._take_step()
            self._now.in_flight += 1
            try:
                await self._step(step)
            except BudgetExhausted as error:
                self._finish(str(error))
            except PlatformError as error:
                # The other steps finish first: what they paid for is kept.
                self._now.fatal = self._now.fatal or error
                self._finish(str(error))
            finally:
                self._now.in_flight -= 1

    def _may_go_on(self) -> bool:
        now, budget = self._now, self._plan.budget
        if now.end:
            return False
        if budget.seconds is not None and self.seconds >= budget.seconds:
            self._finish(f"budget of {budget.seconds:g} seconds used")
        elif budget.candidates is not None:
            judged = now.spent.candidates + now.hopeless
            if judged >= budget.candidates:
                self._finish(f"budget of {budget.candidates} candidates used")
            elif judged + now.in_flight >= budget.candidates:
                return False  # the steps under way will use it, or go on themselves
        if now.rejected_in_a_row >= STALLED_STEPS:
            self._finish(f"nothing new in {STALLED_STEPS} proposals in a row")
        return not now.end

    def _finish(self, why: str) -> None:
        if not self._now.end:
            self._now.end = why

    def _take_step(self) -> int:
        step = self._now.step
        self._now.step += 1
        return step

    async def _step(self, step: int) -> None:
        island = self._ports.selector.island(step)
        living = self._now.islands[island] or self._anyone()
        rng = np.random.default_rng(
            np.random.SeedSequence(self._plan.seed, spawn_key=(step,))
        )
        count = 2 if rng.random() < self._plan.crossover and len(living) > 1 else 1
        parents = self._ports.selector.parents(living, count, rng)
        outcome = await self._ports.proposer.propose(step, island, parents, rng)
        await self._conclude(outcome)
        moves = self._ports.selector.migrate(
            [self._now.islands[i] for i in sorted(self._now.islands)], step
        )
        if moves:
            self._ports.population.place(moves)
            self._apply(moves)

    def _anyone(self) -> Sequence[Program]:
        """Everybody who lives: an island without programs borrows its parents."""
        return [p for i in sorted(self._now.islands) for p in self._now.islands[i]]

    async def _conclude(self, outcome: Candidate | Rejection) -> None:
        if isinstance(outcome, Candidate) and outcome.id in self._ports.known:
            outcome = Rejection(
                step=outcome.step,
                operator=outcome.operator,
                island=outcome.island,
                reason=Reason.DUPLICATE,
                detail=f"program {outcome.id[:12]} is known already",
                parents=outcome.parents,
            )
        if isinstance(outcome, Rejection):
            self._reject(outcome)
        else:
            await self._judge(outcome)

    def _reject(self, rejection: Rejection) -> None:
        self._ports.population.reject(rejection)
        now = self._now
        self._count(rejections=1)
        now.rejected_in_a_row += 1
        self._ports.observe(rejection)
        if rejection.reason is not Reason.MODEL_FAILED:
            now.failed_in_a_row = 0
            return
        now.failed_in_a_row += 1
        if now.failed_in_a_row >= FAILED_CALLS:
            raise ModelUnavailableError(
                f"{FAILED_CALLS} model calls in a row failed, the last one with: "
                f"{rejection.detail}. Nothing is lost; resume when the model works"
            )

    async def _judge(self, candidate: Candidate) -> None:
        limit = None
        if self._ports.hopeless_above is not None:
            living = self._now.islands[candidate.island]
            limit = self._ports.hopeless_above(living, candidate.source)
        evaluation = await self._evaluate(candidate, limit)
        if evaluation.complete:
            self._keep(candidate, evaluation)
            return
        now = self._now
        now.hopeless += 1
        self._reject(
            Rejection(
                step=candidate.step,
                operator=candidate.operator,
                island=candidate.island,
                reason=Reason.HOPELESS,
                detail=evaluation.message,
                parents=candidate.parents,
            )
        )
        # It was something new all the same.
        now.rejected_in_a_row = 0

    async def _evaluate(self, candidate: Candidate, limit: float | None) -> Evaluation:
        self._ports.known.add(candidate.id)
        return await self._ports.evaluator.evaluate(
            EvaluationRequest(
                source=candidate.source,
                entry_point=self._plan.entry_point,
                split=Split.TRAIN,
                seed=self._plan.seed,
                hopeless_above=limit,
            )
        )

    def _keep(self, candidate: Candidate, evaluation: Evaluation) -> Program:
        program = Program(
            candidate=candidate, evaluation=evaluation, seconds=self.seconds
        )
        now = self._now
        placements: Sequence[Placement] = ()
        if program.score is not None:
            living = now.islands[program.candidate.island]
            placements = self._ports.selector.admit(living, program)
        self._ports.population.add(program, placements)
        self._count(candidates=1)
        now.rejected_in_a_row = now.failed_in_a_row = 0
        self._apply(placements, program)
        self._ports.observe(program)
        return program

    def _count(self, *, candidates: int = 0, rejections: int = 0) -> None:
        if self._ports.settle is not None:
            # Models spend too: the store knows what is reserved and reported.
            self._now.spent = self._ports.population.spent()
            return
        spent = self._now.spent
        self._now.spent = replace(
            spent,
            candidates=spent.candidates + candidates,
            evaluations=spent.evaluations + candidates,
            rejections=spent.rejections + rejections,
        )

    def _apply(
        self, placements: Sequence[Placement], program: Program | None = None
    ) -> None:
        islands = self._now.islands
        everyone = {p.id: p for island in islands.values() for p in island}
        if program is not None:
            everyone[program.id] = program
        for placement in placements:
            island = islands[placement.island]
            if placement.living:
                island.append(everyone[placement.program])
            else:
                island[:] = [p for p in island if p.id != placement.program]


def _rank(program: Program) -> tuple[float, int, int]:
    score = float("inf") if program.score is None else program.score
    return score, len(program.candidate.source), program.candidate.step
