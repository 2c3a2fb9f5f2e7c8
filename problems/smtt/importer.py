"""Read instance files in the format of ``shared/data/smtt_generated/smtt.json``."""

import json
from pathlib import Path

from problems.base import Imported, Reference
from problems.errors import ConfigError
from problems.smtt.model import SmttInstance

_LARGEST = 10**9
"""Largest time to accept: sums of them stay far from the limits of floats."""


def read_json(path: Path) -> tuple[Imported[SmttInstance], ...]:
    """Read all instances of a file, in its order; the optimum is what the file says.

    Raises
    ------
    ConfigError
        If the file cannot be read or does not have the format; names file and line,
        that of the set.
    """
    line, text = 1, ""
    try:
        text = path.read_text(encoding="utf-8")
        found = []
        for name, rows in json.loads(text)["sets"].items():
            line = text.count("\n", 0, max(0, text.find(json.dumps(name)))) + 1
            found += [_record(row) for row in rows]
    except (
        *(OSError, ValueError, KeyError, TypeError, AttributeError),
        *(OverflowError, RecursionError),
    ) as error:
        line = getattr(error, "lineno", line)
        raise ConfigError(
            f"{path} line {line}: not a file of SMTT instances ({error!r:.200}); "
            'expected {"sets": {NAME: [{"n", "tf", "rdd", "seed", "p", "d", '
            '"optimum"}]}}'
        ) from error
    if not found:
        raise ConfigError(f"{path} line 1: no instances")
    return tuple(found)


def _record(row: dict[str, object]) -> Imported[SmttInstance]:
    n, seed, optimum = (_int(row[key]) for key in ("n", "seed", "optimum"))
    tf, rdd = (_tenths(row[key]) for key in ("tf", "rdd"))
    p, d = (_ints(row[key]) for key in ("p", "d"))
    if not len(p) == len(d) == n:
        raise ValueError(f"{n} jobs, {len(p)} processing times, {len(d)} due dates")
    if n < 1 or optimum < 0:
        raise ValueError(f"{n} jobs, optimum {optimum}")
    if not all(0 <= time <= _LARGEST for time in (*p, *d)):
        raise ValueError(f"a time of seed {seed} is not from 0 to {_LARGEST}")
    name = f"n{n}-tf{tf}-rdd{rdd}-s{seed}"
    instance = SmttInstance(id=name, group=f"n{n}", p=p, d=d, w=(1,) * n)
    reference = Reference(
        lower=float(optimum),
        best=float(optimum),
        proved=True,
        method="optimum, as the file says",
        source="the imported file",
    )
    return Imported(instance=instance, reference=reference)


def _int(value: object) -> int:
    if type(value) is not int:
        raise TypeError(f"{value!r} is not an integer")
    return value


def _ints(value: object) -> tuple[int, ...]:
    if not isinstance(value, list):
        raise TypeError(f"{value!r} is not a list")
    return tuple(_int(item) for item in value)


def _tenths(value: object) -> int:
    if not isinstance(value, int | float):
        raise TypeError(f"{value!r} is not a number")
    return round(10 * value)
