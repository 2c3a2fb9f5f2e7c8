"""The population in memory: what every store must do, in the simplest way."""

import time
from collections import Counter
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice

from evaluators.base import Evaluation
from evolve.population import journal, rules
from evolve.population.codec import digest
from evolve.population.ledger import Ledger, Reservation
from evolve.program import normal_id
from evolve.records import (
    Call,
    CampaignInfo,
    Event,
    Note,
    NoteKind,
    Order,
    Placement,
    Program,
    ProgramId,
    Proposal,
    Rejection,
    Response,
    Spent,
    State,
)
from problems.base import Split


@dataclass(slots=True)
class _Facts:
    """Everything that a campaign has made, by step where it has one."""

    programs: dict[int, Program] = field(default_factory=dict)
    steps: dict[ProgramId, int] = field(default_factory=dict)
    evaluations: dict[ProgramId, dict[Split, Evaluation]] = field(default_factory=dict)
    rejections: dict[int, Rejection] = field(default_factory=dict)
    proposals: dict[tuple[int, int], Proposal] = field(default_factory=dict)
    notes: list[Note] = field(default_factory=list)
    orders: list[Order] = field(default_factory=list)
    living: dict[int, dict[ProgramId, None]] = field(default_factory=dict)
    events: list[Event] = field(default_factory=list)


class MemoryPopulation:
    """A population that lives as long as its process.

    Parameters
    ----------
    info
        The campaign's own row.
    clock
        Seconds since the epoch, for the times of events.
    """

    def __init__(
        self, info: CampaignInfo, *, clock: Callable[[], float] = time.time
    ) -> None:
        self._info = info
        self._clock = clock
        self._stop = False
        self._closed = False
        self._ledger = Ledger()
        self._kept = _Facts()
        self._log(journal.created(info))

    @property
    def _facts(self) -> _Facts:
        self._check_open()
        return self._kept

    def acquire(self) -> None:
        """Do nothing: no other process can see this population."""

    def held(self) -> bool:
        """Whether another process runs the campaign: never."""
        return False

    def info(self) -> CampaignInfo:
        """Return the campaign's own row."""
        self._check_open()
        return self._info

    def set_state(self, state: State, message: str = "") -> None:
        """Change the state."""
        self._check_open()
        self._info = replace(self._info, state=state, message=message)
        if state is State.RUNNING:
            self._stop = False
        self._log(journal.state_set(state, message))

    def request_stop(self) -> None:
        """Ask for a stop; asking twice is asking once."""
        self._check_open()
        if self._stop:
            self._info = replace(self._info, updated=self._clock())
        else:
            self._stop = True
            self._log(journal.stop_requested())

    def stop_requested(self) -> bool:
        """Whether somebody asked since the state last became ``running``."""
        self._check_open()
        return self._stop

    def record_call(self, call: Call) -> None:
        """Keep a question before it is asked."""
        if call.key in self._facts.proposals:
            raise rules.asked_step(call.step)
        self._facts.proposals[call.key] = Proposal(call=call)
        self._ledger = self._ledger.asked(call)
        self._log(journal.asked(call))

    def record_response(
        self, step: int, response: Response | None, failure: str, *, turn: int = 0
    ) -> None:
        """Keep the answer of a call before anything reads it."""
        rules.check_answer(step, response, failure)
        proposal = self._facts.proposals.get((step, turn))
        if proposal is None:
            raise rules.never_asked(step)
        if _answered(proposal):
            raise rules.answered_step(step)
        self._facts.proposals[step, turn] = replace(
            proposal, response=response, failure=failure
        )
        self._ledger = self._ledger.answered(proposal.call.reserved_tokens, response)
        text = None if response is None else digest(response.text)
        self._log(journal.answered(step, response, text, turn=turn))

    def add_note(self, note: Note) -> int:
        """Keep a note and return its number."""
        number = len(self._facts.notes)
        self._facts.notes.append(replace(note, number=number))
        self._log(journal.noted(self._facts.notes[-1]))
        return number

    def notes(self, kind: NoteKind | None = None, after: int = -1) -> Sequence[Note]:
        """Return the notes with a number above ``after``, in order."""
        found = self._facts.notes[after + 1 :]
        return [note for note in found if kind is None or note.kind is kind]

    def add_order(self, order: Order) -> int:
        """Keep an order and return its number."""
        number = len(self._facts.orders)
        self._facts.orders.append(replace(order, number=number))
        self._log(journal.ordered(self._facts.orders[-1]))
        return number

    def orders(self, after: int = -1) -> Sequence[Order]:
        """Return the orders with a number above ``after``, in order."""
        return self._facts.orders[after + 1 :]

    def add(self, program: Program, placements: Sequence[Placement] = ()) -> None:
        """Keep a judged candidate and what it changes in the islands."""
        candidate, facts = program.candidate, self._facts
        rules.check_candidate(candidate)
        rules.check_score(program.evaluation)
        if candidate.id in facts.steps:
            raise rules.known_program(candidate.id, facts.steps[candidate.id])
        self._check_undecided(candidate.step)
        self._check_known([p.program for p in placements if p.program != program.id])
        facts.programs[candidate.step] = program
        facts.steps[candidate.id] = candidate.step
        facts.evaluations[candidate.id] = {program.evaluation.split: program.evaluation}
        self._ledger = self._ledger.added(candidate.step, program.seconds)
        self._move(placements)
        self._log(journal.added(program, placements))

    def reject(self, rejection: Rejection) -> None:
        """Keep a proposal that became no program."""
        self._check_undecided(rejection.step)
        self._facts.rejections[rejection.step] = rejection
        self._ledger = self._ledger.rejected(rejection.step)
        self._log(journal.rejected(rejection))

    def add_evaluation(
        self, program: ProgramId, evaluation: Evaluation, seconds: float
    ) -> None:
        """Keep a judgement on a further split."""
        rules.check_score(evaluation)
        self._check_known([program])
        judged = self._facts.evaluations[program]
        if evaluation.split in judged:
            raise rules.judged_split(program, evaluation.split)
        judged[evaluation.split] = evaluation
        self._ledger = self._ledger.evaluated(seconds)
        self._log(journal.evaluated(program, evaluation))

    def place(self, placements: Sequence[Placement]) -> None:
        """Move programs between islands."""
        self._check_known([p.program for p in placements])
        self._move(placements)
        self._log(journal.placed(placements))

    def add_seconds(self, seconds: float) -> None:
        """Set the campaign time used so far; no event, for it is a time."""
        self._check_open()
        self._ledger = self._ledger.reached(seconds)
        self._info = replace(self._info, updated=self._clock())

    def living(self, island: int) -> Sequence[Program]:
        """Living programs of an island, in the order in which they entered."""
        return [self._program(p) for p in self._facts.living.get(island, {})]

    def known(self) -> Collection[ProgramId]:
        """Ids of all programs, as a set that follows the population."""
        return self._facts.steps.keys()

    def get(self, program: str) -> Program:
        """Return the program whose id starts with ``program``."""
        found = [p for p in self._facts.steps if p.startswith(program)]
        return self._program(rules.the_only(found, program))

    def evaluations(self, program: ProgramId) -> dict[Split, Evaluation]:
        """All judgements of a program, in the order of ``Split``."""
        self._check_known([program])
        judged = self._facts.evaluations[program]
        return {split: judged[split] for split in Split if split in judged}

    def best(self, count: int, split: Split = Split.TRAIN) -> Sequence[Program]:
        """Programs with the lowest score on ``split``, ties by step."""
        ranked = sorted(
            (judged[split].score, self._facts.steps[program])
            for program, judged in self._facts.evaluations.items()
            if split in judged and judged[split].score is not None
        )
        return [self._facts.programs[step] for _, step in ranked[:count]]

    def latest(self, count: int) -> Sequence[Program]:
        """Programs with the highest steps, oldest first."""
        steps = sorted(self._facts.programs)[::-1][:count]
        return [self._facts.programs[step] for step in steps[::-1]]

    def children(self) -> dict[ProgramId, int]:
        """Count the programs by their first parent."""
        programs = self._facts.programs.values()
        first = (p.candidate.parents[0] for p in programs if p.candidate.parents)
        return dict(Counter(first))

    def judged(self) -> dict[int, int]:
        """Count the programs by island."""
        return dict(Counter(p.candidate.island for p in self._facts.programs.values()))

    def normals(self) -> set[ProgramId]:
        """Return the normal ids of all programs."""
        programs = self._facts.programs.values()
        return {normal_id(program.candidate.source) for program in programs}

    def lineage(self, program: ProgramId) -> Sequence[Program]:
        """First-parent line from a seed to the program, oldest first."""
        self._check_known([program])
        line: dict[ProgramId, Program] = {}
        current: ProgramId | None = program
        while current in self._facts.steps and current not in line:
            line[current] = self._program(current)
            current = next(iter(line[current].candidate.parents), None)
        return list(line.values())[::-1]

    def programs(self, after: int = -1, limit: int = 1000) -> Sequence[Program]:
        """Programs with a step above ``after``, in order of steps."""
        steps = (step for step in sorted(self._facts.programs) if step > after)
        return [self._facts.programs[step] for step in islice(steps, limit)]

    def rejections(self) -> dict[str, int]:
        """Count of rejections by reason, in alphabetical order."""
        reasons = [r.reason.value for r in self._facts.rejections.values()]
        return {reason: reasons.count(reason) for reason in sorted(set(reasons))}

    def statuses(self, split: Split = Split.TRAIN) -> dict[str, int]:
        """Count of judgements on ``split`` by status, in alphabetical order."""
        evaluations = self._facts.evaluations.values()
        found = [by[split].status.value for by in evaluations if split in by]
        return {status: found.count(status) for status in sorted(set(found))}

    def twins(self) -> int:
        """Count scored programs with the train objectives of an earlier one."""
        evaluations = [p.evaluation for p in self._facts.programs.values()]
        scored = [e for e in evaluations if e.score is not None]
        kinds = {tuple(v.objective for v in e.verdicts) for e in scored}
        return len(scored) - len(kinds)

    def proposals(
        self, after: tuple[int, int] = (-1, -1), limit: int = 1000
    ) -> Sequence[Proposal]:
        """Return the calls with a key above ``after``, in order of keys."""
        proposals = self._facts.proposals
        return [proposals[key] for key in sorted(proposals) if key > after][:limit]

    def dialogue(self, step: int) -> Sequence[Proposal]:
        """Return the calls and responses of a step, in order of turns."""
        proposals = self._facts.proposals
        return [proposals[key] for key in sorted(proposals) if key[0] == step]

    def pending(self) -> Sequence[Proposal]:
        """Proposals, answered or not, whose step has no program and no rejection."""
        facts = self._facts
        decided = facts.programs.keys() | facts.rejections.keys()
        return [
            facts.proposals[key]
            for key in sorted(facts.proposals)
            if key[0] not in decided
        ]

    def next_step(self) -> int:
        """One more than the highest step that left any trace."""
        self._check_open()
        return self._ledger.next_step

    def spent(self) -> Spent:
        """Return what has been used so far."""
        unanswered = [p for p in self._facts.proposals.values() if not _answered(p)]
        return self._ledger.spent(
            Reservation(tokens=p.call.reserved_tokens, usd=p.call.reserved_usd)
            for p in unanswered
        )

    def events(self, after: int = -1, limit: int = 10_000) -> Sequence[Event]:
        """Events with a number above ``after``."""
        first = after + 1
        return self._facts.events[first : first + limit]

    def close(self) -> None:
        """Refuse further use; idempotent."""
        self._closed = True

    def _check_open(self) -> None:
        if self._closed:
            raise rules.closed(self._info.name)

    def _program(self, program: ProgramId) -> Program:
        return self._facts.programs[self._facts.steps[program]]

    def _check_undecided(self, step: int) -> None:
        if step in self._facts.programs or step in self._facts.rejections:
            raise rules.decided_step(step)

    def _check_known(self, programs: Sequence[ProgramId]) -> None:
        for program in programs:
            if program not in self._facts.steps:
                raise rules.unknown_program(program)

    def _move(self, placements: Sequence[Placement]) -> None:
        for placement in placements:
            island = self._facts.living.setdefault(placement.island, {})
            if placement.living:
                island.setdefault(placement.program)
            else:
                island.pop(placement.program, None)

    def _log(self, entry: journal.Entry) -> None:
        now = self._clock()
        number = self._ledger.next_event
        self._ledger = self._ledger.logged()
        self._kept.events.append(
            Event(seq=number, kind=entry.kind, payload=entry.payload, time=now)
        )
        self._info = replace(self._info, updated=now)


def _answered(proposal: Proposal) -> bool:
    return proposal.response is not None or bool(proposal.failure)
