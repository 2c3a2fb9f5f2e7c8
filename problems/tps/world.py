"""The fixture tables that the tools read: invented, drawn from a seed.

Every name is made up, so that no model can know an answer without asking a tool.
"""

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from random import Random
from typing import NamedTuple

from problems.base import Json
from problems.tps.draws import code
from problems.tps.tables import TABLES
from problems.tps.words import (
    CURRENCIES,
    ENDS,
    JOBS,
    LANGUAGES,
    MIDDLES,
    PROJECTS,
    SECTORS,
    SORTS,
    STARTS,
)

Row = Mapping[str, Json]

FIRST_DAY = date(2031, 1, 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """All tables of a seed; rows are in the order of their keys."""

    seed: int
    tables: Mapping[str, tuple[Row, ...]]
    index: Mapping[tuple[str, str], Mapping[str, tuple[Row, ...]]]

    def rows(self, table: str, column: str, value: str) -> tuple[Row, ...]:
        """Rows of a table with this value, upper and lower case being the same."""
        return self.index[table, column].get(value.casefold(), ())


@lru_cache(maxsize=4)
def make_world(seed: int) -> World:
    """Draw the tables; equal seeds give equal worlds."""
    rng = Random(seed)
    names = _names(rng)
    tables: dict[str, tuple[Row, ...]] = {}
    for name, table in TABLES.items():
        rows = [
            {
                column: _cell(seed, rng, names, name, column, k)
                for column in table.columns
            }
            for k in range(table.size)
        ]
        tables[name] = tuple(sorted(rows, key=lambda row: str(row[table.key])))
    return World(seed=seed, tables=tables, index=_index(tables))


def _index(
    tables: Mapping[str, tuple[Row, ...]],
) -> dict[tuple[str, str], dict[str, tuple[Row, ...]]]:
    index: dict[tuple[str, str], dict[str, tuple[Row, ...]]] = {}
    for name, rows in tables.items():
        for column in TABLES[name].columns:
            found: dict[str, list[Row]] = defaultdict(list)
            for row in rows:
                found[str(row[column]).casefold()].append(row)
            index[name, column] = {key: tuple(rows) for key, rows in found.items()}
    return index


def _names(rng: Random) -> dict[str, list[str]]:
    """Draw the names of what other tables point to; none occurs twice."""
    used: set[str] = set()

    def word() -> str:
        while True:
            made = rng.choice(STARTS) + rng.choice(MIDDLES) + rng.choice(ENDS)
            if made not in used:
                used.add(made)
                return made

    makers: dict[str, Callable[[], str]] = {
        "country": word,
        "city": word,
        "person": lambda: f"{word()} {word()}",
        "company": lambda: f"{word()} {rng.choice(('Group', 'Works', 'Trading'))}",
        "label": word,
    }
    sizes = {"label": 400} | {name: table.size for name, table in TABLES.items()}
    return {kind: [make() for _ in range(sizes[kind])] for kind, make in makers.items()}


_RANGES: Mapping[str, tuple[int, int]] = {
    "calling_code": (101, 998),
    "area_km2": (40, 99_000),
    "population": (12_000, 4_900_000),
    "elevation_m": (3, 2_900),
    "utc_offset": (-9, 11),
    "x_km": (0, 3_000),
    "y_km": (0, 2_000),
    "staff": (40, 88_000),
    "stars": (2, 5),
    "rooms": (14, 690),
    "stock": (11, 9_800),
    "year": (1961, 2030),
    "words": (320, 9_900),
    "size_kb": (12, 99_000),
    "duration_min": (15, 235),
}


def _cell(
    seed: int,
    rng: Random,
    names: Mapping[str, list[str]],
    table: str,
    column: str,
    k: int,
) -> Json:
    kind = TABLES[table].columns[column].kind
    if column == TABLES[table].key and kind in names:
        return names[kind][k]
    if column in _RANGES:
        return rng.randint(*_RANGES[column])
    if column == "founded":
        return rng.randint(1180, 2019)
    return _MAKERS.get(f"{table}.{column}", _MAKERS.get(kind, _named))(
        _Cell(seed, rng, names, kind, k)
    )


class _Cell(NamedTuple):
    """What a maker of values may use."""

    seed: int
    rng: Random
    names: Mapping[str, list[str]]
    kind: str
    k: int


def _named(cell: _Cell) -> str:
    """One of the names of the kind; ids where the kind has none."""
    if cell.kind in cell.names:
        return cell.rng.choice(cell.names[cell.kind])
    return code(cell.kind[:2].upper(), cell.seed, cell.k)


def _day(rng: Random, first: date, days: int) -> str:
    return (first + timedelta(days=rng.randrange(days))).isoformat()


def _title(cell: _Cell) -> str:
    words = [cell.rng.choice(cell.names["label"]).lower() for _ in range(3)]
    return f"{words[0].capitalize()} {words[1]} {words[2]}"


_MAKERS: Mapping[str, Callable[[_Cell], Json]] = {
    "currency": lambda cell: CURRENCIES[cell.k % len(CURRENCIES)],
    "language": lambda cell: LANGUAGES[cell.k % len(LANGUAGES)],
    "airport": lambda cell: code("AP", cell.seed, cell.k)[3:7],
    "ticker": lambda cell: code("TK", cell.seed, cell.k)[3:8],
    "email": lambda cell: (
        cell.names["person"][cell.k].lower().replace(" ", ".") + "@post.example"
    ),
    "date": lambda cell: _day(cell.rng, FIRST_DAY, 365),
    "person.birth_date": lambda cell: _day(cell.rng, date(1961, 1, 1), 14_000),
    "time": lambda cell: (
        f"{cell.rng.randint(7, 18):02d}:{cell.rng.randrange(12) * 5:02d}"
    ),
    "money": lambda cell: cell.rng.randint(1_500, 950_000) / 100,
    "text": _title,
    "project": lambda cell: cell.rng.choice(PROJECTS),
    "company.sector": lambda cell: cell.rng.choice(SECTORS),
    "person.job_title": lambda cell: cell.rng.choice(JOBS),
    "hotel.phone": lambda cell: f"+{cell.rng.randint(10**9, 10**10 - 1)}",
    "file.path": lambda cell: (
        f"/srv/{cell.rng.choice(cell.names['label']).lower()}/{cell.k:03d}.dat"
    ),
    "file.checksum": lambda cell: f"{cell.rng.getrandbits(40):010x}",
    "place.sort": lambda cell: cell.rng.choice(SORTS),
    "place.rating": lambda cell: cell.rng.randint(20, 50) / 10,
}
