"""The hooks that a pack gives to the contract suites."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Canary:
    """A heuristic that cheats, and what must come of it on every instance.

    ``raises`` is what the driver raises; otherwise ``code`` is a violation, and
    without either the answer must be judged as if the attempt had not been made.
    """

    entry_point: str
    body: str
    raises: type[Exception] | None = None
    code: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Hooks:
    """What the suite has to know about one pack.

    ``relabel(instance, order)`` renames job ``order[k]`` to ``k``;
    ``relabel_answer(answer, order)`` follows it; ``jobs`` counts them. All three are
    None where the order of the jobs is part of the instance. ``mutations`` spoil a
    valid answer; their names are the beginnings of the codes that they must cause.
    ``valid(instance, answer)`` tells a feasible answer from another, written without
    a look at the verifier; None where that would be the verifier once more.
    """

    mutations: Mapping[str, Callable[[Any], Any]]
    canaries: Mapping[str, Canary]
    relabel: Callable[[Any, list[int]], Any] | None = None
    relabel_answer: Callable[[Any, list[int]], Any] | None = None
    jobs: Callable[[Any], int] | None = None
    valid: Callable[[Any, Any], bool] | None = None
