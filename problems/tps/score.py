"""What a record of calls and a final answer are worth."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import isclose

from problems.base import Json
from problems.tps.parse import Said
from problems.tps.records import Key, Subtask
from problems.tps.schedule import fewest_turns, longest_path
from problems.tps.tool import canonical


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """A call that a model asked for.

    Attributes
    ----------
    turn
        From 0; results of a turn are known in later ones.
    args
        None if they could not be read, or no such tool was offered.
    error
        Kind of error; empty if the call succeeded.
    latency_ms
        0 if nothing was called.
    """

    turn: int
    tool: str
    args: Mapping[str, Json] | None = None
    error: str = ""
    latency_ms: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Credit:
    """Which call did which sub-task, both by position, and what went wrong."""

    by_subtask: Mapping[int, int] = field(default_factory=dict)
    violations: int = 0
    redundant: int = 0


def credit(subtasks: Sequence[Subtask], calls: Sequence[Made]) -> Credit:
    """Give each sub-task the first call that does it.

    The call must succeed, be of a tool that serves, have the right arguments, and come
    in a later turn than the calls that do what the sub-task depends on. A call that
    would do a sub-task too early, or guesses only the arguments that are results of
    others, violates a dependency. One that repeats a successful call and does nothing
    is redundant.
    """
    deps = [one.deps for one in subtasks]
    done: dict[int, int] = {}
    seen: set[tuple[str, str]] = set()
    violations = redundant = 0
    for position, call in enumerate(calls):
        if call.args is None:
            continue
        matching = [k for k, one in enumerate(subtasks) if _does(one, call)]
        ready = {
            k
            for k, before in enumerate(deps)
            if all(b in done and calls[done[b]].turn < call.turn for b in before)
        }
        fresh = [k for k in matching if k in ready and k not in done and not call.error]
        done |= dict.fromkeys(fresh, position)
        guessed = matching or [
            k for k, one in enumerate(subtasks) if _nearly(one, call)
        ]
        if call.error != "unavailable":
            violations += bool(guessed) and ready.isdisjoint(guessed)
        same = (call.tool, canonical(call.args))
        if not call.error:
            redundant += same in seen and not fresh
            seen.add(same)
    return Credit(by_subtask=done, violations=violations, redundant=redundant)


def choice_measures(key: Key, chosen: Sequence[str]) -> dict[str, float]:
    """Precision, recall and F1 of a choice of tools; a second tool for a need is none.

    Recall is the share of needs, that is of sub-tasks that other tools serve, for which
    a tool was chosen; precision the share of chosen tools that serve a need that no
    tool chosen before serves.
    """
    needs = set({one.tools for one in key.subtasks})
    left, useful = set(needs), 0
    for name in chosen:
        served = {need for need in left if name in need}
        useful += bool(served)
        left -= served
    recall = 1 - len(left) / len(needs)
    precision = useful / len(chosen) if chosen else 0.0
    total = precision + recall
    f1 = 2 * precision * recall / total if total else 0.0
    return {"precision": precision, "recall": recall, "f1": f1}


def time_measures(
    key: Key, calls: Sequence[Made], credited: Mapping[int, int]
) -> dict[str, float]:
    """How long calls took, and how much longer than the sub-tasks done needed.

    ``eta`` compares with the fewest turns and the least time in these; a plan of more
    turns may beat it. ``eta_path`` compares with the longest chain, which no plan
    beats. ``parallelism`` is 0 if calls came one by one, and 1 if as fast as in the
    fewest turns. What is not defined is left out.
    """
    turns: dict[int, int] = {}
    for call in calls:
        turns[call.turn] = max(turns.get(call.turn, 0), call.latency_ms)
    spent, serial = sum(turns.values()), sum(call.latency_ms for call in calls)
    measures = {"tool_s": spent / 1000, "serial_s": serial / 1000}
    order = sorted(credited)
    times = [calls[credited[k]].latency_ms for k in order]
    at = {k: position for position, k in enumerate(order)}
    deps = [[at[k] for k in key.subtasks[one].deps] for one in order]
    if spent and order:
        least = fewest_turns(times, deps).time
        measures["eta"] = least / spent
        measures["eta_path"] = longest_path(times, deps) / spent
        if serial > least:
            measures["parallelism"] = (serial - spent) / (serial - least)
    return measures


def told(subtasks: Sequence[Subtask], answer: str) -> list[bool]:
    """Whether each value is in the final answer."""
    said = Said(answer)
    return [said.holds(one.value) for one in subtasks]


def _does(subtask: Subtask, call: Made) -> bool:
    return call.tool in subtask.tools and _same(subtask.args, call.args)


def _nearly(subtask: Subtask, call: Made) -> bool:
    """Whether only arguments that are results of others are not right."""
    if call.tool not in subtask.tools or call.args is None or not subtask.refs:
        return False
    given = {k: v for k, v in subtask.args.items() if k not in subtask.refs}
    return all(_same(value, call.args[name]) for name, value in given.items())


def _same(wanted: Json, given: Json) -> bool:
    """Whether arguments mean the same: case and the last digits do not matter."""
    if isinstance(wanted, str):
        return isinstance(given, str) and wanted.casefold() == given.casefold()
    if isinstance(wanted, Mapping):
        return all(_same(value, given[name]) for name, value in wanted.items())
    if isinstance(wanted, list):
        return len(wanted) == len(given) and all(map(_same, wanted, given))
    return isclose(wanted, given, rel_tol=1e-6)
