"""The wishes of the user that a prompt passes on."""

from evolve.ports import Population
from evolve.records import NoteKind

SHOWN = 8
"""Hints in a prompt: the latest, for those before have had their chance."""


def hints(population: Population) -> tuple[str, ...]:
    """Texts of the latest hints, oldest first."""
    return tuple(note.text for note in population.notes(NoteKind.HINT)[-SHOWN:])
