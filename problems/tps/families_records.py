"""Families of tools that read the fixture tables."""

from collections.abc import Mapping
from math import fsum

from problems.base import Json
from problems.tps.tables import TABLES, Column
from problems.tps.tool import Field, Param, Shape, ToolFaultError, tidy
from problems.tps.world import Row, World

_MOST_LISTED = 5


def record(options: Mapping[str, Json]) -> Shape:
    """Give some columns of the row that a key names."""
    table, key = options["table"], options["key"]
    columns = TABLES[table].columns
    fields = tuple(
        Field(name, columns[name].kind, columns[name].label)
        for name in options["fields"]
    )
    param = key if key != TABLES[table].key else columns[key].kind

    def call(world: World, arguments: Mapping[str, Json]) -> dict[str, Json]:
        row = _row(world, table, key, arguments[param])
        return {field.name: row[field.name] for field in fields}

    return Shape(
        signature=f"record:{table}:{key}",
        params=(Param(param, columns[key].kind, columns[key].label),),
        fields=fields,
        call=call,
        phrase=f"the {{label}} of {_named(table, key)} {{{param}}}",
        pace=(90, 420),
    )


def search(options: Mapping[str, Json]) -> Shape:
    """Find the rows that have a value in a column: their number and the first keys."""
    table, by = options["table"], options["by"]
    column = TABLES[table].columns[by]

    def call(world: World, arguments: Mapping[str, Json]) -> dict[str, Json]:
        rows = world.rows(table, by, arguments[by])
        if not rows:
            raise ToolFaultError(f"no {TABLES[table].plural} with that {column.label}")
        keys = [row[TABLES[table].key] for row in rows]
        return {"total": len(keys), "first": keys[0], "found": keys[:_MOST_LISTED]}

    first = f"{TABLES[table].columns[TABLES[table].key].label} that comes first"
    return Shape(
        signature=f"search:{table}:{by}",
        params=(Param(by, column.kind, column.label),),
        fields=(
            Field("first", TABLES[table].columns[TABLES[table].key].kind, first),
            Field("total", "integer", "number"),
        ),
        call=call,
        phrase=_among(table, by),
        pace=(250, 1100),
    )


def best(options: Mapping[str, Json]) -> Shape:
    """Find the row that is highest or lowest in a column, of those with a value."""
    table, by, rank = options["table"], options["by"], options["rank"]
    most = bool(options.get("most", True))
    columns, key = TABLES[table].columns, TABLES[table].key

    def call(world: World, arguments: Mapping[str, Json]) -> dict[str, Json]:
        rows = world.rows(table, by, arguments[by])
        if not rows:
            text = f"no {TABLES[table].plural} with that {columns[by].label}"
            raise ToolFaultError(text)
        chosen = (max if most else min)(rows, key=lambda row: row[rank])
        return {key: chosen[key], rank: chosen[rank]}

    which = f"{'highest' if most else 'lowest'} {columns[rank].label}"
    if columns[rank].kind == "date":
        which = f"{'latest' if most else 'earliest'} {columns[rank].label}"
    return Shape(
        signature=f"best:{table}:{by}:{rank}:{most}",
        params=(Param(by, columns[by].kind, columns[by].label),),
        fields=(
            Field(key, columns[key].kind, f"{columns[key].label} with the {which}"),
            Field(rank, columns[rank].kind, which),
        ),
        call=call,
        phrase=_among(table, by),
        pace=(300, 1300),
    )


def total(options: Mapping[str, Json]) -> Shape:
    """Give the sum of a column over the rows that have a value in another."""
    table, by, summed = options["table"], options["by"], options["sum"]
    columns = TABLES[table].columns

    def call(world: World, arguments: Mapping[str, Json]) -> dict[str, Json]:
        rows = world.rows(table, by, arguments[by])
        return {"sum": tidy(round(fsum(row[summed] for row in rows), 2))}

    label = f"sum of the {columns[summed].label}"
    return Shape(
        signature=f"total:{table}:{by}:{summed}",
        params=(Param(by, columns[by].kind, columns[by].label),),
        fields=(Field("sum", columns[summed].kind, label),),
        call=call,
        phrase=_among(table, by),
        pace=(400, 1600),
    )


def compare(options: Mapping[str, Json]) -> Shape:
    """Tell which of two rows has more of something, and how much more."""
    table, column = options["table"], options["column"]
    key = TABLES[table].columns[TABLES[table].key]
    label = TABLES[table].columns[column].label

    def call(world: World, arguments: Mapping[str, Json]) -> dict[str, Json]:
        rows = [
            _row(world, table, TABLES[table].key, arguments[name])
            for name in ("first", "second")
        ]
        rows.sort(key=lambda row: row[column])
        return {
            "larger": rows[1][TABLES[table].key],
            "difference": rows[1][column] - rows[0][column],
        }

    return Shape(
        signature=f"compare:{table}:{column}",
        params=(Param("first", key.kind), Param("second", key.kind)),
        fields=(
            Field("larger", key.kind, f"one with the larger {label}"),
            Field("difference", "integer", f"difference in {label}"),
        ),
        call=call,
        phrase="the {label}, of {first} and {second}",
        pace=(200, 900),
    )


def nearest(_: Mapping[str, Json]) -> Shape:
    """Find the city nearest to a city."""

    def call(world: World, arguments: Mapping[str, Json]) -> dict[str, Json]:
        here = _row(world, "city", "name", arguments["city"])
        others = [row for row in world.tables["city"] if row is not here]
        near = min(others, key=lambda row: _square(here, row))
        return {"name": near["name"], "km": kilometres(here, near)}

    return Shape(
        signature="nearest",
        params=(Param("city", "city"),),
        fields=(
            Field("name", "city", "city nearest"),
            Field("km", "km", "distance in km of the nearest city"),
        ),
        call=call,
        phrase="the {label} to the city {city}",
        pace=(300, 900),
    )


_SPEEDS = {"car": 84, "lorry": 62, "bicycle": 17}
"""Kilometres in an hour."""


def route(options: Mapping[str, Json]) -> Shape:
    """Tell how far two cities are apart; with a ``vehicle``, also how long it takes."""
    vehicle, miles = options.get("vehicle"), bool(options.get("miles"))

    def call(world: World, arguments: Mapping[str, Json]) -> dict[str, Json]:
        ends = [
            _row(world, "city", "name", arguments[name])
            for name in ("origin", "destination")
        ]
        km = kilometres(*ends)
        if vehicle is None:
            return {"miles": km * 15625 // 25146} if miles else {"km": km}
        road = km * 13 // 10
        return {"road_km": road, "minutes": road * 60 // _SPEEDS[vehicle]}

    fields: tuple[Field, ...] = (Field("km", "km", "straight distance in km"),)
    if miles:
        fields = (Field("miles", "integer", "straight distance in miles"),)
    if vehicle is not None:
        fields = (
            Field("minutes", "minutes", f"time by {vehicle} in minutes"),
            Field("road_km", "km", f"distance by {vehicle} in km"),
        )
    return Shape(
        signature=f"route:{vehicle}:{miles}",
        params=(Param("origin", "city"), Param("destination", "city")),
        fields=fields,
        call=call,
        phrase="the {label} from the city {origin} to the city {destination}",
        pace=(250, 1000),
    )


def kilometres(here: Row, there: Row) -> int:
    """Distance of two cities as the crow flies, rounded down."""
    low, high = 0, 5_000
    square = _square(here, there)
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if middle**2 <= square else (low, middle - 1)
    return low


def _square(here: Row, there: Row) -> int:
    east = int(here["x_km"]) - int(there["x_km"])
    north = int(here["y_km"]) - int(there["y_km"])
    return east**2 + north**2


def _row(world: World, table: str, key: str, value: str) -> Row:
    rows = world.rows(table, key, value)
    if not rows:
        raise ToolFaultError(f"no {TABLES[table].noun} with {key} {value[:60]!r}")
    return rows[0]


def _named(table: str, key: str) -> str:
    noun = f"the {TABLES[table].noun}"
    column: Column = TABLES[table].columns[key]
    return noun if key == TABLES[table].key else f"{noun} whose {column.label} is"


def _among(table: str, by: str) -> str:
    """Say which rows are meant: ``the number among all hotels whose city is X``."""
    label = TABLES[table].columns[by].label
    return f"the {{label}}, of all {TABLES[table].plural} whose {label} is {{{by}}}"
