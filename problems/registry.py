"""Find packs and benchmarks by name: ours and those of other distributions."""

from difflib import get_close_matches
from importlib.metadata import EntryPoint, entry_points

from problems.base import AnyProblem, Problem
from problems.benchmark import Benchmark
from problems.errors import ConfigError, UnknownProblemError

GROUP = "heuresis.problems"
BENCHMARKS = "heuresis.benchmarks"


def names() -> list[str]:
    """Names of all installed packs, sorted."""
    return sorted(_registered(GROUP))


def benchmark_names() -> list[str]:
    """Names of all installed benchmarks of language models, sorted."""
    return sorted(_registered(BENCHMARKS))


def load(name: str) -> AnyProblem:
    """Import the pack ``name``.

    Raises
    ------
    UnknownProblemError
        If no pack has that name; the text lists those that exist.
    ConfigError
        If two distributions claim the name, or it is not a Problem.
    """
    point = _find(GROUP, name)
    pack = point.load()
    if not isinstance(pack, Problem):
        raise ConfigError(f"entry point {point.value!r} is not a Problem")
    return pack


def load_benchmark(name: str) -> Benchmark:
    """Import the benchmark ``name``.

    Raises
    ------
    UnknownProblemError
        If no benchmark has that name; the text lists those that exist.
    ConfigError
        If two distributions claim the name, or it is not a Benchmark.
    """
    point = _find(BENCHMARKS, name)
    benchmark = point.load()
    if not isinstance(benchmark, Benchmark):
        raise ConfigError(f"entry point {point.value!r} is not a Benchmark")
    return benchmark


def _find(group: str, name: str) -> EntryPoint:
    found = _registered(group)
    if name not in found:
        close = get_close_matches(name, found, n=1)
        hint = f"; did you mean {close[0]!r}?" if close else ""
        known = ", ".join(sorted(found))
        what = group.partition(".")[2].removesuffix("s")
        raise UnknownProblemError(f"no {what} {name!r}{hint} Known: {known}")
    return found[name]


def _registered(group: str) -> dict[str, EntryPoint]:
    found: dict[str, EntryPoint] = {}
    for point in entry_points(group=group):
        other = found.setdefault(point.name, point)
        if other.value != point.value:
            raise ConfigError(
                f"two of {group} are called {point.name!r}: "
                f"{other.value} and {point.value}; uninstall one"
            )
    return found
