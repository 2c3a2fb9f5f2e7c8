"""Read instance files in the format of ``shared/data/smtt_generated/smtt.json``."""

import json
from dataclasses import dataclass
from pathlib import Path

from problems.errors import ConfigError
from problems.smtt.model import SmttInstance


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """An instance from a file, with the optimum that the file claims."""

    instance: SmttInstance
    optimum: int


def read_json(path: Path) -> tuple[Imported, ...]:
    """Read all instances of a file, in its order.

    Raises
    ------
    ConfigError
        If the file cannot be read or does not have the format.
    """
    try:
        sets = json.loads(path.read_text(encoding="utf-8"))["sets"]
        return tuple(_record(row) for rows in sets.values() for row in rows)
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise ConfigError(
            f"{path} is not a file of SMTT instances ({error!r}); expected "
            '{"sets": {NAME: [{"n", "tf", "rdd", "seed", "p", "d", "optimum"}]}}'
        ) from error


def _record(row: dict[str, object]) -> Imported:
    n, seed, optimum = (_int(row[key]) for key in ("n", "seed", "optimum"))
    tf, rdd = (_tenths(row[key]) for key in ("tf", "rdd"))
    p, d = (_ints(row[key]) for key in ("p", "d"))
    if not len(p) == len(d) == n:
        raise ValueError(f"{n} jobs, {len(p)} processing times, {len(d)} due dates")
    name = f"n{n}-tf{tf}-rdd{rdd}-s{seed}"
    instance = SmttInstance(id=name, group=f"n{n}", p=p, d=d, w=(1,) * n)
    return Imported(instance=instance, optimum=optimum)


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
