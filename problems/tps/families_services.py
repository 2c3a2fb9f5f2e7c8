"""Families of tools whose values are drawn anew for all arguments."""

import re
from collections.abc import Mapping
from datetime import date, timedelta
from math import fsum

from problems.base import Json
from problems.tps.draws import between, code, is_code
from problems.tps.tool import Field, Param, Shape, ToolFaultError, tidy
from problems.tps.words import CURRENCIES
from problems.tps.world import World

_DAY = Param("date", "date")
_DAILY: Mapping[str, tuple[str, str, str, int, int, int]] = {
    "high": ("city", "celsius", "forecast high in degrees Celsius", -140, 390, 10),
    "low": ("city", "celsius", "forecast low in degrees Celsius", -260, 210, 10),
    "normal_high": ("city", "celsius", "long-term average high in °C", -90, 330, 10),
    "rain": ("city", "number", "forecast rain in mm", 0, 480, 10),
    "wind": ("city", "integer", "forecast wind in km/h", 2, 118, 1),
    "humidity": ("city", "integer", "forecast humidity in %", 18, 99, 1),
    "uv": ("city", "integer", "forecast UV index", 0, 11, 1),
    "pollen": ("city", "integer", "forecast pollen count", 0, 380, 1),
    "close": ("ticker", "money", "closing price", 420, 98_000, 100),
    "volume": ("ticker", "integer", "number of shares traded", 1_000, 9_000_000, 1),
    "rate": ("hotel", "money", "price of a night", 4_000, 61_000, 100),
}
"""By quantity: what it is known of, its kind, what it is called, lowest and highest
draw, and by what draws are divided."""

_OF = {"city": "in the city", "ticker": "of the share", "hotel": "in the hotel"}
_STATISTICS = {"max": "highest", "min": "lowest", "mean": "average"}
_LONGEST = 31
_DATE = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)


def daily(options: Mapping[str, Json]) -> Shape:
    """Give a quantity that has another value on each day."""
    quantity = options["quantity"]
    key, kind, label = _DAILY[quantity][:3]

    def call(world: World, arguments: Mapping[str, Json]) -> dict[str, Json]:
        name, day = known(world, key, arguments[key]), a_day(arguments["date"])
        return {quantity: _value(world, quantity, name, day)}

    return Shape(
        signature=f"daily:{quantity}",
        params=(Param(key, key), _DAY),
        fields=(Field(quantity, kind, label),),
        call=call,
        phrase=f"the {{label}} {_OF[key]} {{{key}}} on {{date}}",
        pace=(250, 1200),
    )


def span(options: Mapping[str, Json]) -> Shape:
    """Give a statistic of a daily quantity over some days."""
    quantity, statistic = options["quantity"], options["statistic"]
    key, kind, label = _DAILY[quantity][:3]

    def call(world: World, arguments: Mapping[str, Json]) -> dict[str, Json]:
        name, first = known(world, key, arguments[key]), a_day(arguments["start"])
        days = arguments["days"]
        if not 1 <= days <= _LONGEST:
            raise ToolFaultError(f"days must be 1 to {_LONGEST}")
        dates = [first + timedelta(days=k) for k in range(days)]
        values = [_value(world, quantity, name, day) for day in dates]
        result = {
            "max": max(values),
            "min": min(values),
            "mean": tidy(round(fsum(values) / days, 2)),
        }
        return {"value": result[statistic], "days": days}

    return Shape(
        signature=f"span:{quantity}:{statistic}",
        params=(Param(key, key), Param("start", "date"), Param("days", "count")),
        fields=(Field("value", kind, f"{_STATISTICS[statistic]} {label}"),),
        call=call,
        phrase=f"the {{label}} {_OF[key]} {{{key}}} over {{days}} days from {{start}}",
        pace=(500, 1800),
    )


def slot(options: Mapping[str, Json]) -> Shape:
    """Tell when a person is free, or busy, on a day."""
    state = options["state"]

    def call(world: World, arguments: Mapping[str, Json]) -> dict[str, Json]:
        name, day = known(world, "person", arguments["person"]), arguments["date"]
        drawn = (world.seed, "slot", state, name, a_day(day).isoformat())
        start = 7 * 60 + 15 * between(0, 40, *drawn)
        return {
            "start": f"{start // 60:02d}:{start % 60:02d}",
            "minutes": 15 * between(1, 12, *drawn, "minutes"),
        }

    what = f"first {state} slot"
    return Shape(
        signature=f"slot:{state}",
        params=(Param("person", "person"), _DAY),
        fields=(
            Field("start", "time", f"start of the {what}"),
            Field("minutes", "minutes", f"length in minutes of the {what}"),
        ),
        call=call,
        phrase="the {label} of {person} on {date}",
        pace=(150, 700),
    )


def connection(options: Mapping[str, Json]) -> Shape:
    """Find the connection between two cities on a day."""
    mode = options["mode"]

    def call(world: World, arguments: Mapping[str, Json]) -> dict[str, Json]:
        ends = [known(world, "city", arguments[k]) for k in ("origin", "destination")]
        if ends[0] == ends[1]:
            raise ToolFaultError("origin and destination are the same city")
        drawn = (world.seed, mode, *ends, a_day(arguments["date"]).isoformat())
        minute = 5 * 60 + 5 * between(0, 200, *drawn, "departs")
        return {
            "number": code(mode[:2].upper(), *drawn),
            "departs": f"{minute // 60:02d}:{minute % 60:02d}",
            "price": tidy(between(1_900, 64_000, *drawn, "price") / 100),
        }

    return Shape(
        signature=f"connection:{mode}",
        params=(Param("origin", "city"), Param("destination", "city"), _DAY),
        fields=(
            Field("number", mode, f"{mode} number"),
            Field("departs", "time", f"departure time of the {mode}"),
            Field("price", "money", f"price of the {mode}"),
        ),
        call=call,
        phrase="the {label} from {origin} to {destination} on {date}",
        pace=(500, 2200),
    )


def trip(options: Mapping[str, Json]) -> Shape:
    """Tell what is known of a connection by its number."""
    mode, stand = options["mode"], options["stand"]

    def call(world: World, arguments: Mapping[str, Json]) -> dict[str, Json]:
        number = arguments[mode].upper()
        if not is_code(mode[:2].upper(), number):
            raise ToolFaultError(f"no {mode} has the number {number[:60]!r}")
        return {
            stand: f"{stand[0].upper()}{between(1, 89, world.seed, stand, number)}",
            "seats_left": between(0, 180, world.seed, "seats", number),
            "delay_min": between(0, 95, world.seed, "delay", number),
        }

    return Shape(
        signature=f"trip:{mode}",
        params=(Param(mode, mode, f"{mode} number"),),
        fields=(
            Field(stand, "label", stand),
            Field("seats_left", "integer", "number of free seats"),
            Field("delay_min", "minutes", "delay in minutes"),
        ),
        call=call,
        phrase=f"the {{label}} of the {mode} {{{mode}}}",
        pace=(150, 800),
    )


def reserve(options: Mapping[str, Json]) -> Shape:
    """Book or share something: a confirmation code, the same for equal wishes."""
    what, kinds = options["what"], options["params"]

    def call(world: World, arguments: Mapping[str, Json]) -> dict[str, Json]:
        wished = [
            a_day(arguments[kind]).isoformat()
            if kind == "date"
            else known(world, kind, arguments[kind])
            for kind in kinds
        ]
        return {"confirmation": code("BK", world.seed, what, *wished)}

    wishes = " and ".join(f"{kind} {{{kind}}}" for kind in kinds)
    return Shape(
        signature=f"reserve:{what}",
        params=tuple(Param(kind, kind) for kind in kinds),
        fields=(Field("confirmation", "booking", "confirmation code"),),
        call=call,
        phrase=f"the {{label}} of {what} that you make, with {wishes}",
        pace=(700, 2600),
    )


def booking(_: Mapping[str, Json]) -> Shape:
    """Tell what is known of a confirmation code."""

    def call(world: World, arguments: Mapping[str, Json]) -> dict[str, Json]:
        given = arguments["confirmation"].upper()
        if not is_code("BK", given):
            raise ToolFaultError(f"no confirmation {given[:60]!r}")
        return {
            "fee": tidy(between(100, 9_900, world.seed, "fee", given) / 100),
            "desk": f"D{between(1, 99, world.seed, 'desk', given)}",
        }

    return Shape(
        signature="booking",
        params=(Param("confirmation", "booking"),),
        fields=(
            Field("fee", "money", "fee"),
            Field("desk", "label", "desk in charge"),
        ),
        call=call,
        phrase="the {label} of the confirmation code {confirmation}",
        pace=(150, 600),
    )


def send(options: Mapping[str, Json]) -> Shape:
    """Send a text to an address: the id of the message."""
    what = options["what"]

    def call(world: World, arguments: Mapping[str, Json]) -> dict[str, Json]:
        address = known(world, "email", arguments["to"])
        text = arguments["text"].casefold()
        return {"message": code("MS", world.seed, what, address, text)}

    return Shape(
        signature=f"send:{what}",
        params=(Param("to", "email", "e-mail address"), Param("text", "text")),
        fields=(Field("message", "message", "message id"),),
        call=call,
        phrase=f"the {{label}} of the {what} that you send to {{to}} "
        "with the text {text}",
        pace=(300, 1500),
    )


def exchange(options: Mapping[str, Json]) -> Shape:
    """Give the rate of two currencies on a day, or an amount converted with it."""
    convert = bool(options.get("convert"))

    def call(world: World, arguments: Mapping[str, Json]) -> dict[str, Json]:
        day = a_day(arguments["date"]).isoformat()
        codes = [arguments[name].upper() for name in ("source", "target")]
        if not set(codes) <= set(CURRENCIES):
            raise ToolFaultError(f"currencies are {', '.join(CURRENCIES)}")
        worth = [between(200, 9_000, world.seed, "worth", c, day) for c in codes]
        rate = worth[0] / worth[1]
        if convert:
            return {"amount": tidy(round(arguments["amount"] * rate, 2))}
        return {"rate": tidy(round(rate, 4))}

    pair = (Param("source", "currency"), Param("target", "currency"), _DAY)
    if convert:
        return Shape(
            signature="exchange:convert",
            params=(Param("amount", "money"), *pair),
            fields=(Field("amount", "money", "amount"),),
            call=call,
            phrase="the {label} in {target} that {amount} in {source} are on {date}",
            pace=(200, 800),
        )
    return Shape(
        signature="exchange:rate",
        params=pair,
        fields=(Field("rate", "number", "exchange rate"),),
        call=call,
        phrase="the {label} from {source} to {target} on {date}",
        pace=(200, 800),
    )


_KEYS = {
    "email": ("person", "email"),
    "ticker": ("company", "ticker"),
    "hotel": ("hotel", "id"),
    "file": ("file", "path"),
}


def known(world: World, kind: str, value: Json) -> str:
    """Write a name as the world writes it; a connection's number stays as it is.

    Raises
    ------
    ToolFaultError
        If the world does not know it.
    """
    if kind in ("flight", "train"):
        if not is_code(kind[:2].upper(), str(value).upper()):
            raise ToolFaultError(f"no {kind} has the number {str(value)[:60]!r}")
        return str(value).upper()
    table, column = _KEYS.get(kind, (kind, "name"))
    rows = world.rows(table, column, str(value))
    if not rows:
        raise ToolFaultError(f"no {kind} {str(value)[:60]!r}")
    return str(rows[0][column])


def a_day(text: str) -> date:
    """Read a date between the years 1900 and 2199.

    Raises
    ------
    ToolFaultError
        If it is none.
    """
    try:
        if not _DATE.fullmatch(text):
            raise ValueError(text)  # noqa: TRY301
        day = date.fromisoformat(text)
    except ValueError as error:
        raise ToolFaultError(f"{text[:60]!r} is no date YYYY-MM-DD") from error
    if not 1900 <= day.year < 2200:
        raise ToolFaultError("dates lie between 1900 and 2199")
    return day


def _value(world: World, quantity: str, name: str, day: date) -> float:
    low, high, divisor = _DAILY[quantity][3:]
    drawn = between(low, high, world.seed, "daily", quantity, name, day.isoformat())
    return tidy(drawn / divisor)
