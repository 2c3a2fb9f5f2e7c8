"""A campaign as one file: everything that a replay without a model needs.

JSON lines: first the campaign, then one line for each event of the log that changes
the population, in its order, with the texts that the log only names by digest.
"""

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from evolve.ports import Population
from evolve.records import (
    Call,
    Note,
    NoteKind,
    Operator,
    ProgramId,
    Proposal,
    Response,
    Usage,
)
from evolve.session import Run
from problems.errors import ConfigError
from prompts.records import Message, Prompt, Tool, ToolCall

FORMAT = "heuresis-cassette-1"

KINDS = frozenset(
    {"call", "response", "program", "rejection", "placement", "note", "order"}
)
"""Events that are replayed. Held-out judgements and states are left out."""

Fact = dict[str, Any]
"""``kind``, ``event`` (the payload of the log) and what else that kind needs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """The first line.

    Attributes
    ----------
    config
        The resolved campaign as TOML.
    """

    config: str
    problem: str
    problem_version: int


def head_of(run: Run) -> Head:
    """Describe a run."""
    info = run.population.info()
    return Head(
        config=info.config,
        problem=info.problem,
        problem_version=info.problem_version,
    )


def facts(population: Population) -> Iterator[Fact]:
    """All that happened, in the order of the event log."""
    after = -1
    while page := population.events(after):
        for event in page:
            if event.kind in KINDS:
                payload = dict(event.payload)
                more = _more(population, event.kind, payload)
                yield {"kind": event.kind, "event": payload} | more
        after = page[-1].seq


def write(run: Run, path: Path) -> int:
    """Write a cassette; return the number of facts.

    Raises
    ------
    ConfigError
        If the file exists or cannot be written.
    """
    count = 0
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(_line({"format": FORMAT} | asdict(head_of(run))))
            for fact in facts(run.population):
                file.write(_line(fact))
                count += 1
    except FileExistsError:
        raise ConfigError(f"{path} exists already; choose another file") from None
    except OSError as error:
        raise ConfigError(f"cannot write {path}: {error.strerror}") from error
    return count


def read(path: Path) -> tuple[Head, list[Fact]]:
    """Read a cassette.

    Raises
    ------
    ConfigError
        If the file cannot be read or is no cassette.
    """
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except OSError as error:
        raise ConfigError(f"cannot read cassette {path}: {error.strerror}") from None
    except UnicodeDecodeError:
        raise ConfigError(f"{path} is no cassette") from None
    found: list[Fact] = []
    for number, line in enumerate(lines, start=1):
        try:
            found.append(json.loads(line))
        except ValueError as error:
            raise ConfigError(f"{path}, line {number}: no JSON: {error}") from None
    if not found or not isinstance(found[0], dict) or found[0].get("format") != FORMAT:
        raise ConfigError(f"{path} is no cassette ({FORMAT})")
    first, *rest = found
    for number, fact in enumerate(rest, start=2):
        if not isinstance(fact, dict) or fact.get("kind") not in KINDS:
            raise ConfigError(f"{path}, line {number}: no fact of a campaign")
    try:
        names = Head.__dataclass_fields__
        return Head(**{name: first[name] for name in names}), rest
    except KeyError as error:
        raise ConfigError(f"{path}: its first line lacks {error}") from None


def call_of(fact: Fact) -> Call:
    """Rebuild a question."""
    event, prompt = fact["event"], fact["prompt"]
    return Call(
        step=event["step"],
        turn=event["turn"],
        role=event["role"],
        note=event["note"],
        model=event["model"],
        prompt=Prompt(
            **prompt
            | {
                "history": tuple(map(_message, prompt["history"])),
                "tools": tuple(Tool(**tool) for tool in prompt["tools"]),
            }
        ),
        operator=Operator(event["operator"]),
        island=event["island"],
        parents=tuple(map(ProgramId, event["parents"])),
        reserved_tokens=event["reserved_tokens"],
        reserved_usd=event["reserved_usd"],
    )


def response_of(data: dict[str, Any]) -> Response:
    """Rebuild an answer."""
    calls = tuple(ToolCall(**call) for call in data["tool_calls"])
    return Response(**data | {"usage": Usage(**data["usage"]), "tool_calls": calls})


def note_of(fact: Fact) -> Note:
    """Rebuild a note; its number is given anew."""
    event = fact["event"]
    return Note(
        kind=NoteKind(event["kind"]),
        title=event["title"],
        text=fact["text"],
        step=event["step"],
    )


def _message(data: dict[str, Any]) -> Message:
    calls = tuple(ToolCall(**call) for call in data["calls"])
    return Message(**data | {"calls": calls})


def _line(data: dict[str, Any]) -> str:
    return json.dumps(data, sort_keys=True, separators=(",", ":")) + "\n"


def _more(population: Population, kind: str, payload: dict[str, Any]) -> Fact:
    match kind:
        case "call":
            return {"prompt": asdict(_asked(population, payload).call.prompt)}
        case "response":
            proposal = _asked(population, payload)
            if proposal.response is None:
                return {"failure": proposal.failure}
            return {"response": asdict(proposal.response)}
        case "program":
            candidate = population.get(payload["id"]).candidate
            return {"source": candidate.source, "rationale": candidate.rationale}
        case "note":
            (note,) = population.notes(after=payload["number"] - 1)[:1]
            return {"text": note.text}
    return {}


def _asked(population: Population, payload: dict[str, Any]) -> Proposal:
    dialogue = population.dialogue(payload["step"])
    return next(p for p in dialogue if p.call.turn == payload["turn"])
