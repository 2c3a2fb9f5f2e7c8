"""What was said on the way to a program: calls of a step as a conversation."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from evolve.ports import Population
from evolve.program import program_id
from evolve.records import EMBEDDER, Operator, Program, Proposal


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialogue:
    """Calls in order of turns; ``end`` is why their step gave no program, if so."""

    calls: Sequence[Proposal] = ()
    end: str = ""


def session(population: Population, program: Program, entry_point: str) -> Dialogue:
    """Find the dialogue that a program came from.

    That is the dialogue of its step; for a program that a research session only tried
    out, the one of the session.
    """
    step = program.candidate.step
    calls = population.dialogue(step)
    if calls or program.candidate.operator is not Operator.AGENT:
        return Dialogue(calls=calls)
    found = _session_step(population, program, entry_point)
    if found is None:
        return Dialogue()
    return Dialogue(calls=population.dialogue(found), end=_end(population, found))


def _session_step(
    population: Population, program: Program, entry_point: str
) -> int | None:
    from evolve.agents.glia.tools import ToolError, built, checked
    from evolve.patch import Patched

    parent = next(iter(program.candidate.parents), None)
    if parent is None:
        return None
    base = population.get(parent).candidate.source
    after = (-1, -1)
    while page := population.proposals(after):
        after = page[-1].call.key
        for proposal in page:
            calls = proposal.response.tool_calls if proposal.response else ()
            for call in calls:
                try:
                    arguments = checked(call)
                except ToolError:
                    continue
                if call.name != "evaluate":
                    continue
                made = built(base, arguments, entry_point)
                if isinstance(made, Patched) and program_id(made.source) == program.id:
                    return proposal.call.step
    return None


def _end(population: Population, step: int) -> str:
    after = -1
    while page := population.events(after):
        after = page[-1].seq
        for event in page:
            if event.kind == "rejection" and event.payload.get("step") == step:
                return str(event.payload.get("detail", ""))
    return ""


def entries(calls: Sequence[Proposal]) -> list[dict[str, Any]]:
    """Tell a dialogue without repetition: each call with what is new in its prompt.

    ``heard`` are results of tools and words of others since the last call of the same
    role; ``prompt`` is given with the first call of a role. Calls for embeddings say
    nothing to people and are left out.
    """
    told: dict[str, int] = {}
    said = (proposal for proposal in calls if proposal.call.role != EMBEDDER)
    return [_entry(proposal, told) for proposal in said]


def _entry(proposal: Proposal, told: dict[str, int]) -> dict[str, Any]:
    call, response = proposal.call, proposal.response
    history = call.prompt.history
    names = {asked.id: asked.name for m in history for asked in m.calls}
    new = history[told.get(call.role, 0) :]
    first = call.role not in told
    told[call.role] = len(history)
    return {
        "turn": call.turn,
        "role": call.role,
        "model": call.model if response is None else response.model,
        "prompt": call.prompt.user if first else None,
        "heard": [
            {"role": m.role, "tool": names.get(m.answers), "text": m.text}
            for m in new
            if m.role != "assistant"
        ],
        "text": None if response is None else response.text,
        "tool_calls": [
            {"name": asked.name, "arguments": asked.arguments}
            for asked in (() if response is None else response.tool_calls)
        ],
        "finish_reason": None if response is None else response.finish_reason,
        "failure": proposal.failure or (None if response else "no answer arrived"),
    }


def paragraphs(
    told: Sequence[dict[str, Any]], end: str = ""
) -> Iterator[tuple[str, str]]:
    """Give titles and texts of a dialogue, for people."""
    single = len(told) == 1 and not told[0]["tool_calls"]
    for entry in told:
        place = "" if single else f" of {entry['role']}, turn {entry['turn']}"
        if entry["prompt"]:
            yield f"prompt{place}", entry["prompt"]
        for heard in entry["heard"]:
            tool = heard["tool"]
            yield (
                f"result of {tool}" if tool else f"to the {entry['role']}",
                (heard["text"]),
            )
        if entry["text"]:
            yield f"response{place}", entry["text"]
        for call in entry["tool_calls"]:
            yield f"{entry['role']} calls {call['name']}", call["arguments"]
        if entry["failure"]:
            yield f"failure{place}", entry["failure"]
    if end:
        yield "end of the session", end
