"""Kinds of values: which may stand for which, and how one is drawn for a task."""

from collections.abc import Callable, Mapping
from datetime import timedelta
from random import Random

from problems.base import Json
from problems.tps.tables import TABLES
from problems.tps.words import CURRENCIES, LANGUAGES, WORDS
from problems.tps.world import FIRST_DAY, World

BROADER: Mapping[str, tuple[str, ...]] = {
    "integer": ("number",),
    "money": ("number",),
    "km": ("number",),
    "minutes": ("number",),
    "celsius": ("number",),
    "person": ("text",),
    "city": ("text",),
    "company": ("text",),
    "label": ("text",),
}
"""What a parameter may ask for that a value of this kind satisfies as well."""

NUMBERS = frozenset({"number", "integer", "money", "km", "minutes", "celsius"})
WHOLE = frozenset({"integer", "count"})
FIGURES = NUMBERS | WHOLE | {"percent"}
"""Kinds that are written as JSON numbers."""

HINTS: Mapping[str, str] = {
    "date": "YYYY-MM-DD",
    "time": "HH:MM",
    "language": " | ".join(LANGUAGES),
    "currency": " | ".join(CURRENCIES),
}


def accepts(wanted: str, given: str) -> bool:
    """Whether a value of the kind ``given`` may be an argument of this kind."""
    return wanted == given or wanted in BROADER.get(given, ())


def constant(world: World, kind: str, rng: Random) -> Json:
    """Draw a value that a task may name; None if such a value comes from tools only.

    Codes of bookings and connections do; and plain numbers, because sums of constants
    would be poor tasks.
    """
    maker = _CONSTANTS.get(kind)
    if maker is not None:
        return maker(rng)
    column = _COLUMNS.get(kind)
    if column is None:
        return None
    return rng.choice(world.tables[column[0]])[column[1]]


def _day(rng: Random) -> str:
    return (FIRST_DAY + timedelta(days=rng.randrange(365))).isoformat()


_CONSTANTS: Mapping[str, Callable[[Random], Json]] = {
    "date": _day,
    "time": lambda rng: f"{rng.randrange(24):02d}:{rng.randrange(60):02d}",
    "integer": lambda rng: rng.randint(1_000, 99_999),
    "money": lambda rng: rng.randint(10_000, 900_000) / 100,
    "km": lambda rng: rng.randint(20, 4_000),
    "minutes": lambda rng: rng.randint(61, 3_000),
    "celsius": lambda rng: rng.randint(-150, 390) / 10,
    "count": lambda rng: rng.randint(3, 14),
    "percent": lambda rng: rng.randint(5, 120) / 10,
    "numbers": lambda rng: [rng.randint(10, 9_999) for _ in range(5)],
    "language": lambda rng: rng.choice(LANGUAGES),
    "currency": lambda rng: rng.choice(CURRENCIES),
    "text": lambda rng: " ".join(rng.sample(WORDS, 3)),
}

_COLUMNS: Mapping[str, tuple[str, str]] = {
    "email": ("person", "email"),
    "ticker": ("company", "ticker"),
    "airport": ("city", "airport"),
    "project": ("file", "project"),
} | {table.columns[table.key].kind: (name, table.key) for name, table in TABLES.items()}
