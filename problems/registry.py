"""Find packs by name: ours and those that other distributions register."""

from difflib import get_close_matches
from importlib.metadata import EntryPoint, entry_points

from problems.base import AnyProblem, Problem
from problems.errors import ConfigError, UnknownProblemError

GROUP = "heuresis.problems"


def names() -> list[str]:
    """Names of all installed packs, sorted."""
    return sorted(_registered())


def load(name: str) -> AnyProblem:
    """Import the pack ``name``.

    Raises
    ------
    UnknownProblemError
        If no pack has that name; the text lists those that exist.
    ConfigError
        If two distributions claim the name, or it is not a Problem.
    """
    found = _registered()
    if name not in found:
        close = get_close_matches(name, found, n=1)
        hint = f"; did you mean {close[0]!r}?" if close else ""
        known = ", ".join(sorted(found))
        raise UnknownProblemError(f"no problem {name!r}{hint} Known: {known}")
    pack = found[name].load()
    if not isinstance(pack, Problem):
        raise ConfigError(f"entry point {found[name].value!r} is not a Problem")
    return pack


def _registered() -> dict[str, EntryPoint]:
    found: dict[str, EntryPoint] = {}
    for point in entry_points(group=GROUP):
        other = found.setdefault(point.name, point)
        if other.value != point.value:
            raise ConfigError(
                f"two packs are called {point.name!r}: "
                f"{other.value} and {point.value}; uninstall one"
            )
    return found
