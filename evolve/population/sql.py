"""The population in a relational store, written by one process, read by many."""

import json
import time
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace

from evaluators.base import Evaluation
from evolve.population import journal, rows, rules, schema
from evolve.population import statements as sql
from evolve.population.changing import Change, Reader
from evolve.population.codec import digest
from evolve.population.dialogues import tools_text
from evolve.population.lease import lease
from evolve.population.ledger import Reservation
from evolve.population.loading import KnownPrograms, Loader, matching, step_of
from evolve.population.store import Store
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


class SqlPopulation:
    """A population in SQLite or PostgreSQL.

    Parameters
    ----------
    store
        An open store that has the campaign; closed with the population.
    campaign, name
        Key and name of the campaign.
    clock
        Seconds since the epoch, for the times of events.
    """

    def __init__(
        self,
        store: Store,
        campaign: int,
        name: str,
        *,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._store = store
        self._campaign = campaign
        self._name = name
        self._clock = clock
        self._lease = lease(store, campaign)
        self._loader = Loader()
        self._new = {
            table.name: sql.insert_new(table, store.dialect)
            for table in (
                schema.sources,
                schema.texts,
                schema.instance_sets,
                schema.living,
            )
        }

    def acquire(self) -> None:
        """Become the process that runs the campaign, until ``close`` or death."""
        self._store.check_open()
        self._lease.acquire(self._name)

    def held(self) -> bool:
        """Whether a process runs the campaign now, this one included."""
        return self._lease.held()

    def info(self) -> CampaignInfo:
        """Return the campaign's own row."""
        with self._reading() as read:
            return rows.info_of(read(sql.one_campaign).one())

    def set_state(self, state: State, message: str = "") -> None:
        """Change the state."""
        with self._writing() as change:
            values: rows.Values = {"state": state.value, "message": message}
            if state is State.RUNNING:
                values["stop_requested"] = False
            change(sql.change_ledger, **values)
            change.log(journal.state_set(state, message))

    def request_stop(self) -> None:
        """Ask for a stop; asking twice is asking once."""
        with self._writing() as change:
            if not change(sql.stop_requested).scalar_one():
                change(sql.change_ledger, stop_requested=True)
                change.log(journal.stop_requested())

    def stop_requested(self) -> bool:
        """Whether somebody asked since the state last became ``running``."""
        with self._reading() as read:
            return bool(read(sql.stop_requested).scalar_one())

    def record_call(self, call: Call) -> None:
        """Keep a question before it is asked."""
        with self._writing() as change:
            asked = change(sql.call_state, of_step=call.step, of_turn=call.turn)
            if asked.first() is not None:
                raise rules.asked_step(call.step)
            system = call.prompt.system
            change.share(self._new["texts"], id=digest(system), text=system)
            if call.prompt.tools:
                tools = tools_text(call.prompt)
                change.share(self._new["texts"], id=digest(tools), text=tools)
            decided = change(sql.decided_step, of_step=call.step).first()
            values = rows.call_values(call) | {"decided": decided is not None}
            change.insert(sql.record_call, **values)
            change.totals = change.totals.asked(call)
            change.log(journal.asked(call))

    def record_response(
        self, step: int, response: Response | None, failure: str, *, turn: int = 0
    ) -> None:
        """Keep the answer of a call before anything reads it."""
        rules.check_answer(step, response, failure)
        with self._writing() as change:
            call = change(sql.call_state, of_step=step, of_turn=turn).first()
            if call is None:
                raise rules.never_asked(step)
            if call.answered:
                raise rules.answered_step(step)
            values = rows.response_values(response, failure)
            change(sql.change_call, of_step=step, of_turn=turn, **values)
            change.totals = change.totals.answered(call.reserved_tokens, response)
            text = None if response is None else digest(response.text)
            change.log(journal.answered(step, response, text, turn=turn))

    def add_note(self, note: Note) -> int:
        """Keep a note and return its number."""
        with self._writing() as change:
            number: int = change(sql.next_note).scalar_one()
            change.insert(
                sql.insert_note,
                number=number,
                kind=note.kind.value,
                title=note.title,
                text=note.text,
                step=note.step,
            )
            change.log(journal.noted(replace(note, number=number)))
        return number

    def notes(self, kind: NoteKind | None = None, after: int = -1) -> Sequence[Note]:
        """Return the notes with a number above ``after``, in order."""
        with self._reading() as read:
            found = [rows.note_of(row) for row in read(sql.notes_after, after=after)]
        return [note for note in found if kind is None or note.kind is kind]

    def add_order(self, order: Order) -> int:
        """Keep an order and return its number."""
        with self._writing() as change:
            number: int = change(sql.next_order).scalar_one()
            change.insert(
                sql.insert_order, number=number, kind=order.kind.value, text=order.text
            )
            change.log(journal.ordered(replace(order, number=number)))
        return number

    def orders(self, after: int = -1) -> Sequence[Order]:
        """Return the orders with a number above ``after``, in order."""
        with self._reading() as read:
            return [rows.order_of(row) for row in read(sql.orders_after, after=after)]

    def add(self, program: Program, placements: Sequence[Placement] = ()) -> None:
        """Keep a judged candidate and what it changes in the islands."""
        candidate = program.candidate
        rules.check_candidate(candidate)
        rules.check_score(program.evaluation)
        with self._writing() as change:
            known = change(sql.step_of, program=candidate.id).scalar()
            if known is not None:
                raise rules.known_program(candidate.id, known)
            self._decide(change, candidate.step)
            change.share(self._new["sources"], id=candidate.id, text=candidate.source)
            change.insert(
                sql.insert_program,
                **rows.program_values(program),
            )
            self._judge(change, candidate.step, program.evaluation, program.seconds)
            change.totals = change.totals.added(candidate.step, program.seconds)
            self._move(change, placements, {candidate.id: candidate.step})
            change.log(journal.added(program, placements))
        self._loader.keep(program)

    def reject(self, rejection: Rejection) -> None:
        """Keep a proposal that became no program."""
        with self._writing() as change:
            self._decide(change, rejection.step)
            change.insert(
                sql.insert_rejection,
                **rows.rejection_values(rejection),
            )
            change.totals = change.totals.rejected(rejection.step)
            change.log(journal.rejected(rejection))

    def add_evaluation(
        self, program: ProgramId, evaluation: Evaluation, seconds: float
    ) -> None:
        """Keep a judgement on a further split."""
        rules.check_score(evaluation)
        with self._writing() as change:
            step = change(sql.step_of, program=program).scalar()
            if step is None:
                raise rules.unknown_program(program)
            judged = change(sql.evaluations_of, of_step=step)
            if evaluation.split.value in [row.split for row in judged]:
                raise rules.judged_split(program, evaluation.split)
            self._judge(change, step, evaluation, seconds)
            change.totals = change.totals.evaluated(seconds)
            change.log(journal.evaluated(program, evaluation))

    def place(self, placements: Sequence[Placement]) -> None:
        """Move programs between islands."""
        with self._writing() as change:
            self._move(change, placements, {})
            change.log(journal.placed(placements))

    def add_seconds(self, seconds: float) -> None:
        """Set the campaign time used so far; no event, for it is a time."""
        with self._writing() as change:
            change.totals = change.totals.reached(seconds)

    def living(self, island: int) -> Sequence[Program]:
        """Living programs of an island, in the order in which they entered."""
        with self._reading() as read:
            steps = read(sql.living_steps, of_island=island).scalars()
            return self._loader.load(read, steps)

    def known(self) -> Collection[ProgramId]:
        """Ids of all programs, as a set that follows the store."""
        return KnownPrograms(self._reading)

    def get(self, program: str) -> Program:
        """Return the program whose id starts with ``program``."""
        with self._reading() as read:
            found = matching(read, program)
            only = rules.the_only(found, program)
            return self._loader.load(read, [step_of(read, only)])[0]

    def evaluations(self, program: ProgramId) -> dict[Split, Evaluation]:
        """All judgements of a program, in the order of ``Split``."""
        with self._reading() as read:
            found = read(sql.evaluations_of, of_step=step_of(read, program)).all()
            judged = {
                row.split: rows.evaluation_of(row, self._loader.instances(read, row))
                for row in found
            }
        return {split: judged[split] for split in Split if split in judged}

    def best(self, count: int, split: Split = Split.TRAIN) -> Sequence[Program]:
        """Programs with the lowest score on ``split``, ties by step."""
        with self._reading() as read:
            steps = read(sql.best_steps, of_split=split.value, most=count).scalars()
            return self._loader.load(read, steps)

    def latest(self, count: int) -> Sequence[Program]:
        """Programs with the highest steps, oldest first."""
        with self._reading() as read:
            steps = list(read(sql.latest_steps, most=count).scalars())
            return self._loader.load(read, steps[::-1])

    def children(self) -> dict[ProgramId, int]:
        """Count the programs by their first parent."""
        with self._reading() as read:
            return {ProgramId(row.parent): row.times for row in read(sql.children)}

    def judged(self) -> dict[int, int]:
        """Count the programs by island."""
        with self._reading() as read:
            return {row.island: row.times for row in read(sql.judged)}

    def normals(self) -> set[ProgramId]:
        """Return the normal ids of the programs that have one."""
        with self._reading() as read:
            return {ProgramId(normal) for normal in read(sql.normals).scalars()}

    def lineage(self, program: ProgramId) -> Sequence[Program]:
        """First-parent line from a seed to the program, oldest first."""
        with self._reading() as read:
            step_of(read, program)
            line: dict[str, int] = {}
            current: str | None = program
            while current is not None and current not in line:
                row = read(sql.origin, program=current).first()
                if row is None:
                    break
                line[current] = row.step
                current = next(iter(rows.parents_of(row.parents)), None)
            return self._loader.load(read, list(line.values())[::-1])

    def programs(self, after: int = -1, limit: int = 1000) -> Sequence[Program]:
        """Programs with a step above ``after``, in order of steps."""
        with self._reading() as read:
            steps = read(sql.steps_after, after=after, most=limit).scalars()
            return self._loader.load(read, steps)

    def rejections(self) -> dict[str, int]:
        """Count of rejections by reason, in alphabetical order."""
        with self._reading() as read:
            return {row.reason: row.times for row in sorted(read(sql.reasons))}

    def statuses(self, split: Split = Split.TRAIN) -> dict[str, int]:
        """Count of judgements on ``split`` by status, in alphabetical order."""
        with self._reading() as read:
            found = sorted(read(sql.statuses, of_split=split.value))
            return {row.status: row.times for row in found}

    def twins(self) -> int:
        """Count scored programs with the train objectives of an earlier one."""
        with self._reading() as read:
            return int(next(iter(read(sql.twins, of_split=Split.TRAIN.value)))[0])

    def proposals(
        self, after: tuple[int, int] = (-1, -1), limit: int = 1000
    ) -> Sequence[Proposal]:
        """Return the calls with a key above ``after``, in order of keys."""
        step, turn = after
        with self._reading() as read:
            found = read(sql.calls_after, after=step, of_turn=turn, most=limit)
            return [rows.proposal_of(row) for row in found]

    def dialogue(self, step: int) -> Sequence[Proposal]:
        """Return the calls and responses of a step, in order of turns."""
        with self._reading() as read:
            return [rows.proposal_of(row) for row in read(sql.calls_of, of_step=step)]

    def pending(self) -> Sequence[Proposal]:
        """Proposals, answered or not, whose step has no program and no rejection."""
        with self._reading() as read:
            return [rows.proposal_of(row) for row in read(sql.pending_calls)]

    def next_step(self) -> int:
        """One more than the highest step that left any trace."""
        with self._reading() as read:
            return read.ledger().next_step

    def spent(self) -> Spent:
        """Return what has been used so far."""
        with self._reading() as read:
            ledger = read.ledger()
            return ledger.spent(
                Reservation(tokens=row.reserved_tokens, usd=row.reserved_usd)
                for row in read(sql.unanswered)
            )

    def events(self, after: int = -1, limit: int = 10_000) -> Sequence[Event]:
        """Events with a number above ``after``."""
        with self._reading() as read:
            return [
                Event(
                    seq=row.seq,
                    kind=row.kind,
                    payload=json.loads(row.payload),
                    time=row.time,
                )
                for row in read(sql.events_after, after=after, most=limit)
            ]

    def close(self) -> None:
        """Release the connection and the lease; idempotent."""
        self._lease.release()
        self._store.close()

    @contextmanager
    def _reading(self) -> Iterator[Reader]:
        with self._store.reading() as connection:
            yield Reader(connection, self._campaign)

    @contextmanager
    def _writing(self) -> Iterator[Change]:
        with self._store.writing() as connection:
            change = Change(connection, self._campaign, self._clock())
            yield change
            change.finish()

    def _decide(self, change: Change, step: int) -> None:
        if change(sql.decided_step, of_step=step).first() is not None:
            raise rules.decided_step(step)
        change(sql.decide_calls, of_step=step, decided=True)

    def _judge(
        self, change: Change, step: int, evaluation: Evaluation, seconds: float
    ) -> None:
        instance_set = None
        if evaluation.verdicts:
            names = json.dumps([v.instance for v in evaluation.verdicts])
            instance_set = digest(names)
            change.share(self._new["instance_sets"], id=instance_set, instances=names)
        values = rows.evaluation_values(evaluation, instance_set)
        change.insert(sql.insert_evaluation, step=step, seconds=seconds, **values)

    def _move(
        self,
        change: Change,
        placements: Sequence[Placement],
        steps: dict[ProgramId, int],
    ) -> None:
        others = {p.program for p in placements} - steps.keys()
        found = change(sql.steps_of, ids=sorted(others)) if others else ()
        known = steps | {row.id: row.step for row in found}
        for placement in placements:
            step = known.get(placement.program)
            if step is None:
                raise rules.unknown_program(placement.program)
            if placement.living:
                entry = change.totals.next_entry
                change.totals = change.totals.entered()
                change.insert(
                    self._new["living"], island=placement.island, step=step, entry=entry
                )
            else:
                change(sql.leave, of_island=placement.island, of_step=step)
