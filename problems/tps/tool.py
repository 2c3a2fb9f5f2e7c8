"""What a tool of the repository is, and how its arguments are read.

Tools add up with ``fsum``: ``sum`` of floats differs between versions of Python.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from problems.base import Json
from problems.benchmark import Tool
from problems.tps.draws import between, draw, one_of
from problems.tps.kinds import FIGURES, HINTS, WHOLE
from problems.tps.world import World

_LONGEST = 20_000
"""Arguments of more characters are not read."""

# fmt: off
_QUANTILES: Mapping[str, tuple[int, ...]] = {
    "steady": (
        689, 768, 817, 856, 891, 923, 954, 984,
        1016, 1049, 1084, 1123, 1168, 1224, 1302, 1451,
    ),
    "usual": (
        394, 517, 604, 678, 749, 818, 888, 962,
        1040, 1126, 1223, 1336, 1474, 1657, 1933, 2538,
    ),
    "heavy": (
        155, 268, 364, 460, 560, 669, 789, 925,
        1082, 1268, 1495, 1784, 2174, 2746, 3736, 6441,
    ),
}
# fmt: on
"""Middles of 16 equal parts of a lognormal distribution of median 1000, sigma 0.2, 0.5
and 1.0; as whole numbers, so that no mathematical library has a say."""

SIGMAS: Mapping[str, float] = {"steady": 0.2, "usual": 0.5, "heavy": 1.0}
"""Standard deviation of the logarithm of a latency, by the name of its spread."""


class ToolFaultError(Exception):
    """A tool refuses; the text is shown to the model."""


class Param(NamedTuple):
    """A parameter; every one is required."""

    name: str
    kind: str
    doc: str = ""


class Field(NamedTuple):
    """A value of a result; ``label`` says in a sentence what it is."""

    name: str
    kind: str
    label: str


Call = Callable[[World, Mapping[str, Json]], Mapping[str, Json]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """What a family makes of its options.

    Attributes
    ----------
    signature
        Tools with the same one give the same values to the same arguments.
    phrase
        Says what is wanted: ``{label}`` is that of a field, ``{PARAM}`` an argument.
    pace
        Median latency from and to, milliseconds; each tool has its own.
    """

    signature: str
    params: tuple[Param, ...]
    fields: tuple[Field, ...]
    call: Call
    phrase: str
    pace: tuple[int, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class WorldTool:
    """A tool of a server.

    Attributes
    ----------
    name
        Unique in the repository: ``SERVER__TOOL``.
    """

    server: str
    name: str
    doc: str
    shape: Shape

    def offered(self) -> Tool:
        """Describe the tool for a model."""
        parameters = json.dumps(self.schema())
        return Tool(name=self.name, doc=self.doc, parameters=parameters)

    def schema(self) -> dict[str, Json]:
        """JSON Schema of the arguments."""
        return {
            "type": "object",
            "properties": {p.name: _schema(p) for p in self.shape.params},
            "required": [p.name for p in self.shape.params],
            "additionalProperties": False,
        }

    def field(self, name: str) -> Field:
        """Find a field of the result."""
        return next(field for field in self.shape.fields if field.name == name)

    def median_ms(self) -> int:
        """Median latency of the tool."""
        return between(*self.shape.pace, 0, "pace", self.name)

    def spread(self) -> str:
        """Name of the spread of its latencies, a key of ``SIGMAS``."""
        return one_of(tuple(_QUANTILES), 0, "spread", self.name)

    def mean_ms(self) -> int:
        """Return the expected latency of a call, milliseconds."""
        factors = _QUANTILES[self.spread()]
        return max(1, self.median_ms() * sum(factors) // len(factors) // 1000)

    def latency_ms(self, seed: int, arguments: Mapping[str, Json], attempt: int) -> int:
        """Latency of a call; equal calls of another attempt take another time."""
        spread = self.spread()
        key = canonical(arguments)
        factor = one_of(_QUANTILES[spread], seed, "latency", self.name, key, attempt)
        return max(1, self.median_ms() * factor // 1000)

    def fails(
        self, seed: int, arguments: Mapping[str, Json], attempt: int, per_mille: int
    ) -> bool:
        """Whether this attempt fails for no reason that the caller could know."""
        drawn = draw(seed, "fails", self.name, canonical(arguments), attempt)
        return drawn % 1000 < per_mille


def read_arguments(tool: WorldTool, text: str) -> dict[str, Json]:
    """Read what a model wrote as arguments.

    Raises
    ------
    ToolFaultError
        If they do not have the form that the tool asks for.
    """
    if len(text) > _LONGEST:
        raise ToolFaultError(f"arguments are longer than {_LONGEST} characters")
    try:
        given = json.loads(text or "{}", parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise ToolFaultError("arguments are not JSON") from error
    return checked(tool, given)


def checked(tool: WorldTool, given: Json) -> dict[str, Json]:
    """Check arguments that are plain data already.

    Raises
    ------
    ToolFaultError
        If they do not have the form that the tool asks for.
    """
    if not isinstance(given, dict):
        raise ToolFaultError("arguments are not a JSON object")
    names = [param.name for param in tool.shape.params]
    unknown = next((name for name in given if name not in names), None)
    if unknown is not None:
        raise ToolFaultError(
            f"no parameter {unknown[:60]!r}; needed: {', '.join(names)}"
        )
    missing = next((name for name in names if name not in given), None)
    if missing is not None:
        raise ToolFaultError(f"parameter {missing!r} is missing")
    return {p.name: _read(p, given[p.name]) for p in tool.shape.params}


def canonical(arguments: Mapping[str, Json]) -> str:
    """Write arguments so that those that mean the same are written the same."""
    return json.dumps({k: _plain(v) for k, v in arguments.items()}, sort_keys=True)


def tidy(value: float) -> float:
    """Write a number without a fraction that is zero."""
    whole = round(value)
    return whole if whole == value else value


def _schema(param: Param) -> dict[str, Json]:
    doc = ", ".join(text for text in (param.doc, HINTS.get(param.kind, "")) if text)
    described: dict[str, Json] = {"description": doc} if doc else {}
    if param.kind == "numbers":
        return {"type": "array", "items": {"type": "number"}, **described}
    if param.kind in WHOLE:
        return {"type": "integer", **described}
    return {"type": "number" if param.kind in FIGURES else "string", **described}


def _read(param: Param, value: Json) -> Json:
    if param.kind == "numbers":
        if not isinstance(value, list) or not 1 <= len(value) <= 100:
            raise ToolFaultError(f"{param.name} must be a list of 1 to 100 numbers")
        return [_number(param.name, one) for one in value]
    if param.kind in FIGURES:
        number = _number(param.name, value)
        if param.kind in WHOLE and not isinstance(number, int):
            raise ToolFaultError(f"{param.name} must be a whole number")
        return number
    if not isinstance(value, str) or not value.strip():
        raise ToolFaultError(f"{param.name} must be a text")
    return " ".join(value.split())


def _number(name: str, value: Json) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ToolFaultError(f"{name} must be a number")
    if not abs(value) <= 1e15:
        raise ToolFaultError(f"{name} must lie between -1e15 and 1e15")
    return tidy(value)


def _plain(value: Json) -> Json:
    return value.casefold() if isinstance(value, str) else value


def _no_constant(text: str) -> float:
    raise ValueError(f"{text} is no JSON number")
