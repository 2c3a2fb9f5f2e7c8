"""The campaign loop: select, propose, judge, keep; bounded, resumable, one writer.

The loop decides nothing by itself. Parents and islands come from the Selector,
candidates from the Proposer, judgements from the Evaluator, and every fact is durable
in the Population before the next decision uses it.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from evaluators.base import Evaluation, EvaluationRequest, Evaluator
from evolve.config import Budget
from evolve.errors import ModelUnavailableError, RunNotFoundError, SeedFailedError
from evolve.llm.ledger import BudgetExhausted
from evolve.ports import (
    Brief,
    Population,
    Proposer,
    Resumable,
    Selector,
    View,
)
from evolve.program import normal_id, program_id
from evolve.progress import Progress
from evolve.records import (
    Candidate,
    Operator,
    OrderKind,
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

OFFLINE = frozenset(
    {Operator.MUTATION, Operator.TUNING, Operator.SIMPLIFICATION, Operator.SEED}
)
"""Operators whose success says nothing about a model."""


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

    ``resumable`` brings steps of an earlier session to their end; it is None for
    proposers that ask nobody. ``clock`` gives seconds. With ``racing`` a program that
    the selector is certain to refuse is not judged to the end. ``known`` are the ids of
    all programs and of those under way: the loop keeps it, a proposer may look at it.
    """

    population: Population
    selector: Selector
    proposer: Proposer
    evaluator: Evaluator
    clock: Callable[[], float]
    resumable: Resumable | None = None
    observe: Callable[[Program | Rejection], None] = lambda _: None
    racing: bool = False
    known: set[ProgramId] = field(default_factory=set)


class CampaignLoop:
    """Runs one campaign in one session.

    Parameters
    ----------
    plan, ports
        What to do and with what.
    """

    def __init__(self, plan: Plan, ports: Ports) -> None:
        self._plan = plan
        self._ports = ports
        population = ports.population
        self._now = Progress.of(population, ports.selector.islands)
        ports.known.update(population.known())
        self._normals = set(population.normals())
        self._before = self._now.spent.seconds
        self._started = ports.clock()
        self.obey()

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
        """Program with the lowest score on train, living or not."""
        return self._now.best

    def obey(self) -> None:
        """Carry out the orders that came since the last look, in order."""
        orders = self._ports.population.orders(self._now.orders - 1)
        for order in orders:
            if order.kind is OrderKind.SEED and self._is_said(order.text):
                self._now.orders = order.number + 1
            else:
                self._now.heed(order)
        if orders:
            self._move(self._now.forbidden())
            for pinned in self._now.missing():
                self._revive(pinned)

    def _revive(self, pinned: ProgramId) -> None:
        program = self._ports.population.get(pinned)
        island = program.candidate.island
        if program.score is not None and island in self._now.islands:
            back = [Placement(program=pinned, island=island, living=True)]
            self._ports.population.place(back)
            self._now.apply(back, program)

    def _is_said(self, source: str) -> bool:
        known = program_id(source) in self._ports.known
        return known or normal_id(source) in self._normals

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

    async def begin(self) -> None:
        """Judge the seeds, as far as no earlier session did.

        Raises
        ------
        SeedFailedError
            If a seed program fails on train.
        """
        await self._seed()
        self._look_at_budget()

    async def ask(self) -> Brief:
        """Give out the next step to a proposer of the caller's own.

        Raises
        ------
        BudgetExhausted
            If there is no room for one program more.
        """
        self.obey()
        while self._now.wanted:
            await self._conclude(self._wanted(self._room()))
        step = self._room()
        return self.brief(step, self._generator(step))

    async def tell(self, outcome: Candidate | Rejection) -> Program | Rejection:
        """Bring a step to its end; a candidate of step -1 gets a step of its own.

        Raises
        ------
        BudgetExhausted
            If there is no room for one program more.
        """
        self._make_room()
        if outcome.step < 0:
            outcome = replace(outcome, step=self._now.take_step())
        told = await self._conclude(outcome)
        self._migrate(outcome.step)
        self._ports.population.add_seconds(self.seconds)
        return told

    def _room(self) -> int:
        self._make_room()
        return self._now.take_step()

    async def _seed(self) -> None:
        if self._now.step >= len(self._plan.seeds):
            return  # resumed: all seeds were judged in an earlier session
        for name, source in self._plan.seeds:
            if program_id(source) in self._ports.known:
                continue
            step = self._now.take_step()
            candidate = self._seed_candidate(step, source, f"seed program {name}")
            self._normals.add(normal_id(source))
            evaluation = await self._evaluate(candidate, None)
            program = self._keep(candidate, evaluation)
            if program.score is None:
                message = "; ".join(program.evaluation.message.splitlines())
                raise SeedFailedError(
                    f"seed program {name!r} fails on train: "
                    f"{program.evaluation.status}: {message}"
                )

    def _seed_candidate(self, step: int, source: str, rationale: str) -> Candidate:
        return Candidate(
            id=program_id(source),
            step=step,
            source=source,
            operator=Operator.SEED,
            island=step % len(self._now.islands),
            rationale=rationale,
        )

    async def _settle_pending(self) -> None:
        dialogues: dict[int, list[Proposal]] = {}
        for proposal in self._ports.population.pending():
            dialogues.setdefault(proposal.call.step, []).append(proposal)
        for dialogue in dialogues.values():
            if self._now.end:
                return  # the budget is used: what is left waits for a larger one
            await self._counted(self._resumed(dialogue))

    async def _resumed(self, dialogue: Sequence[Proposal]) -> None:
        call, last = dialogue[0].call, dialogue[-1]
        answered = any(p.response is not None for p in dialogue)
        if not answered or self._ports.resumable is None:
            detail = last.failure or "interrupted before the answer arrived"
            outcome: Candidate | Rejection = Rejection(
                step=call.step,
                operator=call.operator,
                island=call.island,
                reason=Reason.MODEL_FAILED,
                detail=detail,
                parents=call.parents,
            )
        else:
            parents = [self._ports.population.get(parent) for parent in call.parents]
            brief = self._brief(call.step, call.island, parents)
            rng = self._generator(call.step)
            outcome = await self._ports.resumable.resume(brief, dialogue, rng)
        await self._conclude(outcome)

    async def _work(self) -> None:
        while self._may_go_on():
            await self._counted(self._step(self._now.take_step()))

    async def _counted(self, step: Awaitable[None]) -> None:
        self._now.in_flight += 1
        try:
            await step
        except BudgetExhausted as error:
            self._now.finish(str(error))
        except PlatformError as error:
            # The other steps finish first: what they paid for is kept.
            self._now.fatal = self._now.fatal or error
            self._now.finish(str(error))
        finally:
            self._now.in_flight -= 1

    def _may_go_on(self) -> bool:
        now, budget = self._now, self._plan.budget
        self._look_at_budget()
        if now.end:
            return False
        # Otherwise the steps under way will use the budget, or go on themselves.
        return not budget.candidates or now.used + now.in_flight < budget.candidates

    def _look_at_budget(self) -> None:
        now, budget = self._now, self._plan.budget
        if budget.seconds is not None and self.seconds >= budget.seconds:
            now.finish(f"budget of {budget.seconds:g} seconds used")
        if budget.candidates is not None and now.used >= budget.candidates:
            now.finish(f"budget of {budget.candidates} candidates used")
        if now.rejected_in_a_row >= STALLED_STEPS:
            now.finish(f"nothing new in {STALLED_STEPS} proposals in a row")

    async def _step(self, step: int) -> None:
        if self._now.wanted:
            await self._conclude(self._wanted(step))
            return
        rng = self._generator(step)
        brief = self.brief(step, rng)
        outcome = await self._ports.proposer.propose(brief, rng)
        await self._conclude(outcome)
        self._migrate(step)

    def _wanted(self, step: int) -> Candidate:
        source = self._now.wanted.popleft()
        return self._seed_candidate(step, source, "seeded by the user")

    def brief(self, step: int, rng: np.random.Generator) -> Brief:
        """Choose island and parents of a step."""
        view, selector = self._view(step), self._ports.selector
        island = selector.island(view, rng)
        count = 2 if rng.random() < self._plan.crossover else 1
        parents = selector.parents(view, self._lenders(view, island), count, rng)
        if not parents and self._now.best is not None:
            parents = [self._now.best]
        return self._brief(step, island, parents)

    def _brief(self, step: int, island: int, parents: Sequence[Program]) -> Brief:
        async def trial(
            source: str,
            *,
            operator: Operator,
            parents: tuple[ProgramId, ...],
            rationale: str = "",
        ) -> Program | Rejection:
            candidate = Candidate(
                id=program_id(source),
                step=-1,
                source=source,
                operator=operator,
                island=island,
                parents=parents,
                rationale=rationale,
            )
            return await self._tried(candidate)

        return Brief(
            step=step,
            island=island,
            parents=parents,
            view=self._view(step),
            trial=trial,
        )

    def _view(self, step: int) -> View:
        return self._now.view(step, self._plan.budget.candidates)

    async def _tried(self, candidate: Candidate) -> Program | Rejection:
        if candidate.id in self._ports.known:
            return self._recalled(candidate)
        self._make_room()
        self._now.in_flight += 1
        step = self._now.take_step()
        try:
            outcome = await self._conclude(replace(candidate, step=step))
        finally:
            self._now.in_flight -= 1
        self._migrate(step)
        return outcome

    def _recalled(self, candidate: Candidate) -> Program | Rejection:
        try:
            return self._ports.population.get(candidate.id)
        except RunNotFoundError:
            # Another step has it under way, or it was not judged to the end.
            return self._duplicate(candidate)

    def _duplicate(self, candidate: Candidate) -> Rejection:
        return Rejection(
            step=candidate.step,
            operator=candidate.operator,
            island=candidate.island,
            reason=Reason.DUPLICATE,
            detail=f"program {candidate.id[:12]} is known already",
            parents=candidate.parents,
        )

    def _make_room(self) -> None:
        """Raise BudgetExhausted if there is no room for one program more."""
        now, budget = self._now, self._plan.budget
        self._look_at_budget()
        if now.end:
            raise BudgetExhausted(now.end)
        if budget.candidates and now.used + now.in_flight >= budget.candidates:
            raise BudgetExhausted(f"budget of {budget.candidates} candidates used")

    def _lenders(self, view: View, island: int) -> int:
        """Return the island to draw parents from: the next one where somebody lives."""
        count = len(self._now.islands)
        around = [(island + offset) % count for offset in range(count)]
        return next((i for i in around if view.islands[i]), island)

    def _generator(self, step: int) -> np.random.Generator:
        return np.random.default_rng(
            np.random.SeedSequence(self._plan.seed, spawn_key=(step,))
        )

    def _migrate(self, step: int) -> None:
        self._move(self._now.allowed(self._ports.selector.migrate(self._view(step))))

    def _move(self, moves: Sequence[Placement]) -> None:
        if moves:
            self._ports.population.place(moves)
            self._now.apply(moves)

    async def _conclude(self, outcome: Candidate | Rejection) -> Program | Rejection:
        if isinstance(outcome, Candidate) and self._is_known(outcome):
            outcome = self._duplicate(outcome)
        if isinstance(outcome, Rejection):
            self._reject(outcome)
            return outcome
        return await self._judge(outcome)

    def _is_known(self, candidate: Candidate) -> bool:
        """Whether a program says the same, layout and comments aside."""
        if candidate.id in self._ports.known:
            return True
        normal = normal_id(candidate.source)
        if normal in self._normals:
            return True
        self._normals.add(normal)
        return False

    def _reject(self, rejection: Rejection) -> None:
        self._ports.population.reject(rejection)
        now = self._now
        self._count(rejections=1)
        now.rejected_in_a_row += 1
        self._ports.observe(rejection)
        if rejection.reason is not Reason.MODEL_FAILED:
            self._heard(rejection.operator)
            return
        now.failed_in_a_row += 1
        if now.failed_in_a_row >= FAILED_CALLS:
            raise ModelUnavailableError(
                f"{FAILED_CALLS} model calls in a row failed, the last one with: "
                f"{rejection.detail}. Nothing is lost; resume when the model works"
            )

    def _heard(self, operator: Operator) -> None:
        """Note that a model works, if the operator is one that needs it to."""
        if operator not in OFFLINE:
            self._now.failed_in_a_row = 0

    async def _judge(self, candidate: Candidate) -> Program | Rejection:
        limit = None
        if self._ports.racing:
            view = self._view(candidate.step)
            limit = self._ports.selector.hopeless_above(
                view, candidate.island, candidate.source
            )
        evaluation = await self._evaluate(candidate, limit)
        if evaluation.complete:
            return self._keep(candidate, evaluation)
        now = self._now
        now.hopeless += 1
        rejection = Rejection(
            step=candidate.step,
            operator=candidate.operator,
            island=candidate.island,
            reason=Reason.HOPELESS,
            detail=evaluation.message,
            parents=candidate.parents,
        )
        self._reject(rejection)
        # It was something new all the same.
        now.rejected_in_a_row = 0
        return rejection

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
            view = self._view(candidate.step)
            placements = self._now.allowed(self._ports.selector.admit(view, program))
        self._ports.population.add(program, placements)
        self._count(candidates=1)
        now.rejected_in_a_row = 0
        self._heard(candidate.operator)
        now.remember(program, placements)
        self._ports.observe(program)
        return program

    def _count(self, *, candidates: int = 0, rejections: int = 0) -> None:
        if self._ports.resumable is not None:
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
