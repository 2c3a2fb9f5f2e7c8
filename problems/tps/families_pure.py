"""Families of tools that compute: numbers, texts, dates and times."""

import codecs
from base64 import b64encode
from collections.abc import Callable, Mapping
from datetime import timedelta
from hashlib import sha256
from math import fsum, gcd

from problems.base import Json
from problems.tps.draws import draw
from problems.tps.families_services import a_day, known
from problems.tps.tool import Field, Param, Shape, ToolFaultError, tidy
from problems.tps.words import LANGUAGES, SYLLABLES
from problems.tps.world import World

_FAST = (20, 160)


def _divide(a: float, b: float) -> float:
    if b == 0:
        raise ToolFaultError("b is zero")
    return a / b


_OPERATIONS: Mapping[str, tuple[str, Callable[[float, float], float]]] = {
    "add": ("sum of {a} and {b}", lambda a, b: a + b),
    "subtract": ("result of {a} minus {b}", lambda a, b: a - b),
    "multiply": ("product of {a} and {b}", lambda a, b: a * b),
    "divide": ("quotient of {a} by {b}", _divide),
    "percent": ("percentage that {a} is of {b}", lambda a, b: _divide(100 * a, b)),
}


def arithmetic(options: Mapping[str, Json]) -> Shape:
    """Make one number of two, rounded to two decimals."""
    phrase, operation = _OPERATIONS[options["op"]]

    def call(_: World, arguments: Mapping[str, Json]) -> dict[str, Json]:
        result = operation(arguments["a"], arguments["b"])
        return {"result": tidy(round(result, 2))}

    return Shape(
        signature=f"arithmetic:{options['op']}",
        params=(Param("a", "number"), Param("b", "number")),
        fields=(Field("result", "number", phrase.split(" ")[0]),),
        call=call,
        phrase=f"the {phrase}, to two decimals",
        pace=_FAST,
    )


def _median(values: list[float]) -> float:
    ordered = sorted(values)
    half = len(ordered) // 2
    if len(ordered) % 2:
        return ordered[half]
    return (ordered[half - 1] + ordered[half]) / 2


_STATISTICS: Mapping[str, Callable[[list[float]], float]] = {
    "mean": lambda values: fsum(values) / len(values),
    "median": _median,
    "range": lambda values: max(values) - min(values),
}


def numbers(options: Mapping[str, Json]) -> Shape:
    """Work out a statistic of a list, rounded to two decimals."""
    op = options["op"]

    def call(_: World, arguments: Mapping[str, Json]) -> dict[str, Json]:
        return {"result": tidy(round(_STATISTICS[op](arguments["values"]), 2))}

    return Shape(
        signature=f"numbers:{op}",
        params=(Param("values", "numbers"),),
        fields=(Field("result", "number", op),),
        call=call,
        phrase="the {label} of the numbers {values}",
        pace=_FAST,
    )


def _largest_factor(number: int) -> int:
    if not 2 <= number <= 10**9:
        raise ToolFaultError("number must be 2 to 1000000000")
    largest, factor = 1, 2
    while factor * factor <= number:
        while number % factor == 0:
            largest, number = factor, number // factor
        factor += 1
    return max(largest, number)


def theory(options: Mapping[str, Json]) -> Shape:
    """Work out a property of whole numbers."""
    op = options["op"]
    names = ("a", "b") if op == "gcd" else ("number",)

    def call(_: World, arguments: Mapping[str, Json]) -> dict[str, Json]:
        given = [abs(arguments[name]) for name in names]
        if op == "gcd":
            return {"result": gcd(*given)}
        if op == "largest_factor":
            return {"result": _largest_factor(given[0])}
        return {"result": sum(int(digit) for digit in str(given[0]))}

    phrase = {
        "gcd": "the {label} of {a} and {b}",
        "largest_factor": "the {label} of {number}",
        "digits": "the {label} of {number}",
    }
    label = {
        "gcd": "greatest common divisor",
        "largest_factor": "largest prime factor",
        "digits": "sum of the digits",
    }
    return Shape(
        signature=f"theory:{op}",
        params=tuple(Param(name, "integer") for name in names),
        fields=(Field("result", "integer", label[op]),),
        call=call,
        phrase=phrase[op],
        pace=_FAST,
    )


def interest(options: Mapping[str, Json]) -> Shape:
    """Work out interest on a sum, in the same currency, rounded to two decimals."""
    op = options["op"]

    def call(_: World, arguments: Mapping[str, Json]) -> dict[str, Json]:
        rate, years = arguments["percent"] / 100, arguments["years"]
        if not (0 <= rate <= 1 and 1 <= years <= 60):
            raise ToolFaultError("percent must be 0 to 100, years 1 to 60")
        amount = arguments["amount"]
        if op == "simple":
            return {"amount": tidy(round(amount * rate * years, 2))}
        grown = 1.0
        for _year in range(years):
            grown *= 1 + rate
        if op == "compound":
            return {"amount": tidy(round(amount * (grown - 1), 2))}
        share = 1 / years if rate == 0 else rate * grown / (grown - 1)
        return {"amount": tidy(round(amount * share, 2))}

    label = {
        "simple": "simple interest",
        "compound": "interest compounded yearly",
        "loan": "yearly payment of a loan",
    }[op]
    return Shape(
        signature=f"interest:{op}",
        params=(
            Param("amount", "money"),
            Param("percent", "percent", "interest rate in % a year"),
            Param("years", "count"),
        ),
        fields=(Field("amount", "money", label),),
        call=call,
        phrase="the {label} on {amount} at {percent} % over {years} years",
        pace=_FAST,
    )


_CONVERSIONS: Mapping[str, tuple[str, str, str, Callable[[float], float]]] = {
    "miles": ("km", "km", "miles", lambda x: x / 1.609344),
    "fahrenheit": ("celsius", "°C", "degrees Fahrenheit", lambda x: x * 9 / 5 + 32),
    "hours": ("minutes", "minutes", "hours", lambda x: x / 60),
}


def convert(options: Mapping[str, Json]) -> Shape:
    """Give a quantity in another unit, rounded to two decimals."""
    to = options["to"]
    kind, unit, label, rule = _CONVERSIONS[to]

    def call(_: World, arguments: Mapping[str, Json]) -> dict[str, Json]:
        return {to: tidy(round(rule(arguments[kind]), 2))}

    return Shape(
        signature=f"convert:{to}",
        params=(Param(kind, kind),),
        fields=(Field(to, "number", f"number of {label}"),),
        call=call,
        phrase=f"the {{label}}, to two decimals, that {{{kind}}} {unit} are",
        pace=_FAST,
    )


_TEXTS: Mapping[str, tuple[str, str, Callable[[str], Json]]] = {
    "words": ("integer", "number of words", lambda text: len(text.split())),
    "vowels": (
        "integer",
        "number of vowels (a, e, i, o, u)",
        lambda text: sum(letter in "aeiou" for letter in text.casefold()),
    ),
    "reverse": ("label", "letters in reverse order", lambda text: text[::-1]),
    "base64": (
        "label",
        "Base64 form of the UTF-8 bytes",
        lambda text: b64encode(text.encode("utf-8", "replace")).decode("ascii"),
    ),
    "rot13": ("label", "ROT13 form", lambda text: codecs.encode(text, "rot13")),
    "sha256": (
        "label",
        "first 12 hexadecimal digits of the SHA-256 of the UTF-8 bytes",
        lambda text: sha256(text.encode("utf-8", "replace")).hexdigest()[:12],
    ),
}


def text(options: Mapping[str, Json]) -> Shape:
    """Give a property of a text, or another form of it."""
    kind, label, rule = _TEXTS[options["op"]]

    def call(_: World, arguments: Mapping[str, Json]) -> dict[str, Json]:
        return {"result": rule(arguments["text"])}

    return Shape(
        signature=f"text:{options['op']}",
        params=(Param("text", "text"),),
        fields=(Field("result", kind, label),),
        call=call,
        phrase="the {label} of the text {text}",
        pace=_FAST,
    )


def translate(options: Mapping[str, Json]) -> Shape:
    """Translate word for word into an invented language, in one of two styles."""
    style = options["style"]

    def call(world: World, arguments: Mapping[str, Json]) -> dict[str, Json]:
        language = arguments["language"].capitalize()
        if language not in LANGUAGES:
            raise ToolFaultError(f"languages are {', '.join(LANGUAGES)}")
        words = arguments["text"].casefold().split()[:50]
        drawn = [draw(world.seed, "word", style, language, word) for word in words]
        made = [
            "".join(SYLLABLES[number >> 4 * k & 15] for k in range(3))
            for number in drawn
        ]
        return {"translation": " ".join(made)}

    return Shape(
        signature=f"translate:{style}",
        params=(Param("text", "text"), Param("language", "language")),
        fields=(Field("translation", "text", f"{style} translation"),),
        call=call,
        phrase="the {label} into {language} of the text {text}",
        pace=(300, 1400),
    )


def clock(options: Mapping[str, Json]) -> Shape:
    """Give the local time in a city, or how far two cities are apart in time."""
    if options["op"] == "difference":

        def apart(world: World, arguments: Mapping[str, Json]) -> dict[str, Json]:
            first, second = (
                _offset(world, arguments[name]) for name in ("first", "second")
            )
            return {"hours": second - first}

        return Shape(
            signature="clock:difference",
            params=(Param("first", "city"), Param("second", "city")),
            fields=(Field("hours", "integer", "hours"),),
            call=apart,
            phrase="the {label} by which {second} is ahead of {first} (less than 0: "
            "behind)",
            pace=(60, 300),
        )

    def local(world: World, arguments: Mapping[str, Json]) -> dict[str, Json]:
        hour, _, minute = arguments["utc"].partition(":")
        parts = (hour, minute)
        if not all(len(p) == 2 and p.isascii() and p.isdigit() for p in parts):
            raise ToolFaultError("utc must be HH:MM")
        offset = _offset(world, arguments["city"])
        return {"time": f"{(int(hour) + offset) % 24:02d}:{int(minute) % 60:02d}"}

    return Shape(
        signature="clock:local",
        params=(Param("city", "city"), Param("utc", "time")),
        fields=(Field("time", "time", "local time"),),
        call=local,
        phrase="the {label} in the city {city} when it is {utc} UTC",
        pace=(60, 300),
    )


def calendar(options: Mapping[str, Json]) -> Shape:
    """Add, count or name days."""
    op = options["op"]

    def call(_: World, arguments: Mapping[str, Json]) -> dict[str, Json]:
        day = a_day(arguments["date"])
        if op == "weekday":
            return {"weekday": _WEEKDAYS[day.weekday()]}
        if op == "between":
            return {"days": (a_day(arguments["until"]) - day).days}
        if not -3_650 <= arguments["days"] <= 3_650:
            raise ToolFaultError("days must be -3650 to 3650")
        return {"date": (day + timedelta(days=arguments["days"])).isoformat()}

    params, field, phrase = _CALENDAR[op]
    return Shape(
        signature=f"calendar:{op}",
        params=params,
        fields=(field,),
        call=call,
        phrase=phrase,
        pace=_FAST,
    )


_WEEKDAYS = (
    "Monday",
    "Tuesday",
    "Wednesday",
    "Thursday",
    "Friday",
    "Saturday",
    "Sunday",
)
_DATE = Param("date", "date")
_CALENDAR = {
    "weekday": (
        (_DATE,),
        Field("weekday", "label", "day of the week"),
        "the {label} of {date}",
    ),
    "between": (
        (_DATE, Param("until", "date")),
        Field("days", "integer", "number of days"),
        "the {label} from {date} to {until} (less than 0 if that is before)",
    ),
    "add": (
        (_DATE, Param("days", "count")),
        Field("date", "date", "date"),
        "the {label} {days} days after {date}",
    ),
}


def _offset(world: World, city: str) -> int:
    row = world.rows("city", "name", known(world, "city", city))[0]
    return int(row["utc_offset"])
