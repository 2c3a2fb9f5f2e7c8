"""What a person tells a campaign while it runs: hints, pins, bans and seeds.

Each is a durable record that any process may write. The process that runs the campaign
looks for new ones every second; a stopped one obeys when it goes on.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from evolve.patch import check
from evolve.ports import Population
from evolve.program import normal_id, program_id
from evolve.records import Note, NoteKind, Order, OrderKind, Program, ProgramId
from evolve.session import Run, seed_programs
from problems.errors import ConfigError

HINT_CHARS = 2_000
"""Longest hint: it stands in every prompt that follows."""

_TITLE_CHARS = 80


@dataclass(frozen=True, slots=True, kw_only=True)
class Steering:
    """What stands, after all orders so far.

    Attributes
    ----------
    pinned, banned
        Programs that never leave their islands, and that never enter one.
    seeds
        Sources that were asked to be judged, in order.
    """

    hints: tuple[Note, ...]
    pinned: tuple[ProgramId, ...]
    banned: tuple[ProgramId, ...]
    seeds: tuple[str, ...]


def standing(population: Population) -> Steering:
    """Sum up the hints and orders of a campaign; the last order on a program holds."""
    last: dict[str, OrderKind] = {}
    seeds = []
    for order in population.orders():
        if order.kind is OrderKind.SEED:
            seeds.append(order.text)
        else:
            last[order.text] = order.kind
    kept = {
        kind: tuple(ProgramId(text) for text, value in last.items() if value is kind)
        for kind in (OrderKind.PIN, OrderKind.BAN)
    }
    return Steering(
        hints=tuple(population.notes(NoteKind.HINT)),
        pinned=kept[OrderKind.PIN],
        banned=kept[OrderKind.BAN],
        seeds=tuple(seeds),
    )


def waiting(population: Population, seeds: Sequence[str]) -> int:
    """Count the seeds of a person that were not judged yet."""
    known = population.known()
    normals = population.normals()
    return sum(
        program_id(source) not in known and normal_id(source) not in normals
        for source in seeds
    )


def hint(population: Population, text: str) -> Note:
    """Keep a hint, which stands in every prompt from now on.

    Raises
    ------
    ConfigError
        If it is empty or too long.
    """
    text = text.strip()
    if not text:
        raise ConfigError("a note needs a text")
    if len(text) > HINT_CHARS:
        raise ConfigError(
            f"the note has {len(text)} characters; it would stand in every prompt, so "
            f"at most {HINT_CHARS} are allowed"
        )
    title = text.splitlines()[0][:_TITLE_CHARS]
    note = Note(kind=NoteKind.HINT, title=title, text=text)
    number = population.add_note(note)
    return Note(kind=note.kind, title=title, text=text, number=number)


def pin(population: Population, program: str) -> Program:
    """Keep a program alive for good; a dead one comes back to its island.

    Raises
    ------
    RunNotFoundError, ConfigError
        If no program, or several, have an id that begins like this; or if it failed,
        so that nothing can be bred from it.
    """
    found = population.get(program)
    if found.score is None:
        raise ConfigError(
            f"{found.id[:12]} failed ({found.evaluation.status}) and has no score; "
            "only a program with a score can be pinned"
        )
    population.add_order(Order(kind=OrderKind.PIN, text=found.id))
    return found


def ban(population: Population, program: str) -> Program:
    """Take a program out of all islands for good; its record stays.

    Raises
    ------
    RunNotFoundError, ConfigError
        If no program, or several, have an id that begins like this.
    """
    found = population.get(program)
    population.add_order(Order(kind=OrderKind.BAN, text=found.id))
    return found


def seed(run: Run, wanted: str) -> ProgramId:
    """Have a program judged next: a file, or a baseline by name.

    Raises
    ------
    ConfigError
        If it is neither, for another entry point, no program, or known already.
    """
    campaign = run.campaign.model_copy(update={"seeds": (wanted,)})
    ((_, source),) = seed_programs(campaign, run.problem)
    refused = check(source, run.entry_point)
    if refused is not None:
        raise ConfigError(f"{wanted}: {refused.detail}")
    identity = program_id(source)
    if identity in run.population.known():
        raise ConfigError(
            f"{wanted} is in the population already, as {identity[:12]}; "
            "pin it to keep it alive"
        )
    if normal_id(source) in run.population.normals():
        raise ConfigError(
            f"{wanted} says the same as a program of the population, but for comments "
            "and layout"
        )
    run.population.add_order(Order(kind=OrderKind.SEED, text=source))
    return identity
