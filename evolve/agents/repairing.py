"""Repairs: of an answer that gives no program, and of a program that failed.

An answer is repaired in the step that asked for it, by going on with the conversation.
A failed program is repaired in a later step. Which one is a bandit's choice, as in
OptimAI's debug scheduling (arXiv:2504.16918), where the arms are plans and a model
rates them. Here an arm is a failed program with all repairs made of it, and its reward
is measured: the share of instances that its best version passes.
"""

import math
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

import numpy as np

from evaluators.base import Status
from evolve.agents.llm import outcome_of
from evolve.llm.asking import Ask, Asker
from evolve.llm.choosing import passed
from evolve.llm.ledger import BudgetExhausted
from evolve.llm.prompting import (
    Numbers,
    PromptLimits,
    Question,
    ask_again,
    build_prompt,
    describe_train,
)
from evolve.ports import RECENT, Brief, Population, Proposer, Resumable
from evolve.records import (
    Candidate,
    Operator,
    Program,
    ProgramId,
    Proposal,
    Reason,
    Rejection,
)
from problems.base import AnyProblem, EntryPoint
from prompts.records import Prompt

ROLE = "repairer"
EXPLORATION = 1.0

_MENDABLE = frozenset(
    {
        Reason.SYNTAX,
        Reason.NO_CODE,
        Reason.NO_MATCH,
        Reason.OUTSIDE_BLOCK,
        Reason.NO_ENTRY_POINT,
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Branch:
    """A failed program with the repairs made of it, none of which works.

    Attributes
    ----------
    state
        The version to go on from: it passes most instances, and is the latest of
        those that do.
    passed
        Share of the instances that it passes.
    attempts
        Repairs asked for, those under way and those that gave no program included.
    """

    root: Program
    state: Program
    passed: float
    attempts: int


Choice = Callable[[Sequence[Branch]], Branch]
"""Chooses one of several branches; pure."""


def branches(
    recent: Iterable[Program], asked: Mapping[ProgramId, int], most: int
) -> list[Branch]:
    """Find what can be repaired: oldest first, with less than ``most`` attempts.

    A program that cheated is not repaired, and one whose root is forgotten neither.
    """
    members: dict[ProgramId, list[Program]] = {}
    root_of: dict[ProgramId, ProgramId] = {}
    for program in recent:
        changed = next(iter(program.candidate.parents), None)
        if program.candidate.operator is Operator.REPAIR and changed in root_of:
            root = root_of[changed]
        elif (
            program.candidate.operator is Operator.REPAIR
            or program.score is not None
            or program.evaluation.status is Status.IMPOSSIBLE
        ):
            continue
        else:
            root = program.id
        root_of[program.id] = root
        members.setdefault(root, []).append(program)
    found = [_branch(versions, asked) for versions in members.values()]
    return [b for b in found if b is not None and b.attempts < most]


def by_ucb(found: Sequence[Branch]) -> Branch:
    """Choose by upper confidence bound: r + c sqrt(ln(sum n) / n); ties: latest.

    The try that failed counts, so that every n is at least 1.
    """
    total = sum(branch.attempts + 1 for branch in found)

    def bound(branch: Branch) -> tuple[float, int]:
        bonus = math.sqrt(math.log(total) / (branch.attempts + 1))
        return branch.passed + EXPLORATION * bonus, branch.root.candidate.step

    return max(found, key=bound)


def in_turn(found: Sequence[Branch]) -> Branch:
    """Choose round-robin: least attempts, then the oldest. The baseline."""
    return min(found, key=lambda b: (b.attempts, b.root.candidate.step))


def _branch(
    versions: Sequence[Program], asked: Mapping[ProgramId, int]
) -> Branch | None:
    if any(version.score is not None for version in versions):
        return None
    instances = max(len(version.evaluation.verdicts) for version in versions)
    state = max(versions, key=lambda version: (passed(version), version.candidate.step))
    return Branch(
        root=versions[0],
        state=state,
        passed=passed(state) / instances if instances else 0.0,
        attempts=sum(asked.get(version.id, 0) for version in versions),
    )


class ResumableProposer(Proposer, Resumable, Protocol):
    """What proposes with models, and ends the steps of an earlier session."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RepairSettings:
    """How much is repaired.

    Attributes
    ----------
    share
        Part of the steps that repair a failed program, while there is one.
    attempts
        Repairs of a failed program and all that was made of it.
    answers
        Further calls in a step whose answer gives no program.
    choose
        Which of several failed programs.
    """

    share: float = 0.25
    attempts: int = 3
    answers: int = 1
    choose: Choice = by_ucb
    limits: PromptLimits = field(default_factory=PromptLimits)


class RepairingProposer:
    """Repairs what failed, and leaves the other steps to another proposer."""

    def __init__(
        self,
        inner: ResumableProposer,
        *,
        problem: AnyProblem,
        entry_point: EntryPoint,
        asker: Asker,
        population: Population,
        settings: RepairSettings,
    ) -> None:
        self._inner = inner
        self._problem = problem
        self._entry_point = entry_point
        self._asker = asker
        self._population = population
        self._settings = settings
        self._numbers: Numbers = describe_train(problem)
        self._asked: Counter[ProgramId] | None = None

    async def propose(
        self, brief: Brief, rng: np.random.Generator
    ) -> Candidate | Rejection:
        """Make one candidate; what goes wrong with its answer is repaired.

        Raises
        ------
        BudgetExhausted
            If the first call of the step would break a cap.
        ModelUnavailableError
            If no call can work.
        """
        branch = self._next(brief) if rng.random() < self._settings.share else None
        if branch is None:
            outcome = await self._inner.propose(brief, rng)
        else:
            brief = replace(brief, parents=self._with_origin(branch))
            ask = self._ask(brief, branch)
            outcome = self._outcome(await self._asked_for(ask, rng), brief)
        return await self._mended(outcome, brief, rng)

    async def resume(
        self, brief: Brief, dialogue: Sequence[Proposal], rng: np.random.Generator
    ) -> Candidate | Rejection:
        """End a step from its last answer, and repair that where it is needed."""
        answered = [proposal for proposal in dialogue if proposal.response is not None]
        last = answered[-1] if answered else dialogue[-1]
        parents = [self._population.get(parent) for parent in last.call.parents]
        brief = replace(brief, parents=parents)
        if last.call.role == ROLE:
            outcome = self._outcome(last, brief)
        else:
            outcome = await self._inner.resume(brief, answered or dialogue, rng)
        return await self._mended(outcome, brief, rng)

    # Failed programs.

    def _next(self, brief: Brief) -> Branch | None:
        shown = self._settings.limits.source_chars
        found = [
            branch
            for branch in branches(
                brief.view.recent, self._tally(brief.step), self._settings.attempts
            )
            # What is not shown in full cannot be written again.
            if len(branch.state.candidate.source) <= shown
        ]
        return self._settings.choose(found) if found else None

    def _tally(self, step: int) -> Counter[ProgramId]:
        """Repairs asked for by the program they change; the store knows the first."""
        if self._asked is None:
            self._asked = Counter()
            key = (step - 4 * RECENT, -1)
            while page := self._population.proposals(key):
                self._asked.update(
                    p.call.parents[0] for p in page if p.call.role == ROLE
                )
                key = page[-1].call.key
        return self._asked

    def _with_origin(self, branch: Branch) -> list[Program]:
        parents = branch.root.candidate.parents[:1]
        return [branch.state, *(self._population.get(parent) for parent in parents)]

    def _ask(self, brief: Brief, branch: Branch) -> Ask:
        origins = [p for p in brief.parents[1:] if p.score is not None]
        prompt = build_prompt(
            Question(
                problem=self._problem,
                entry_point=self._entry_point,
                operator=Operator.REPAIR,
                parents=brief.parents[:1],
                origin=next(iter(origins), None),
                attempts=branch.attempts,
                numbers=self._numbers,
                limits=self._settings.limits,
            )
        )
        return self._question(brief, prompt, branch.root.candidate.note)

    # Answers that give no program.

    async def _mended(
        self, outcome: Candidate | Rejection, brief: Brief, rng: np.random.Generator
    ) -> Candidate | Rejection:
        while isinstance(outcome, Rejection) and outcome.reason in _MENDABLE:
            dialogue = self._population.dialogue(brief.step)
            again = [p for p in dialogue if p.call.role == ROLE and _goes_on(p)]
            last = next((p for p in reversed(dialogue) if p.response is not None), None)
            if last is None or len(again) >= self._settings.answers:
                return outcome
            assert last.response is not None
            prompt = ask_again(
                last.call.prompt,
                last.response.text,
                reason=outcome.reason,
                detail=outcome.detail,
                limits=self._settings.limits,
            )
            now = replace(brief, turn=dialogue[-1].call.turn + 1)
            ask = self._question(now, prompt, last.call.note)
            try:
                proposal = await self._asked_for(ask, rng)
            except BudgetExhausted:
                return outcome
            if proposal.response is None:
                return outcome
            outcome = self._outcome(proposal, brief)
        return outcome

    def _question(self, brief: Brief, prompt: Prompt, note: int | None) -> Ask:
        return Ask(
            step=brief.step,
            turn=brief.turn,
            role=ROLE,
            prompt=prompt,
            note=note,
            operator=Operator.REPAIR,
            island=brief.island,
            parents=tuple(dict.fromkeys(parent.id for parent in brief.parents)),
        )

    async def _asked_for(self, ask: Ask, rng: np.random.Generator) -> Proposal:
        self._tally(ask.step)[ask.parents[0]] += 1
        return await self._asker.ask(ask, rng)

    def _outcome(self, proposal: Proposal, brief: Brief) -> Candidate | Rejection:
        return outcome_of(proposal, brief.parents[0], self._entry_point)


def _goes_on(proposal: Proposal) -> bool:
    return bool(proposal.call.prompt.history)
