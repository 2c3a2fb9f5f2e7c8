"""What the event log says about each change: pure functions of the records.

A payload is plain data that is equal whenever the history is repeated: it holds no
times, durations, CPU seconds or words of the network. Words that are in it (a state's
message, a rejection's detail) are the caller's, who keeps durations out of them.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from evaluators.base import Evaluation
from evolve.records import (
    Call,
    CampaignInfo,
    Note,
    Order,
    Placement,
    Program,
    ProgramId,
    Rejection,
    Response,
    State,
)
from problems.base import Json


@dataclass(frozen=True, slots=True)
class Entry:
    """An event before it has a number and a time."""

    kind: str
    payload: Mapping[str, Json]

    @property
    def text(self) -> str:
        """The payload as JSON: sorted keys, no spaces, floats by ``repr``."""
        return json.dumps(self.payload, sort_keys=True, separators=(",", ":"))


def created(info: CampaignInfo) -> Entry:
    """Event of a new campaign; its name is left out, a repeated run has another."""
    return Entry(
        "campaign",
        {
            "problem": info.problem,
            "problem_version": info.problem_version,
            "state": info.state.value,
        },
    )


def state_set(state: State, message: str) -> Entry:
    """Event of a change of state."""
    return Entry("campaign", {"state": state.value, "message": message})


def stop_requested() -> Entry:
    """Event of somebody asking for a stop."""
    return Entry("campaign", {"stop_requested": True})


def asked(call: Call) -> Entry:
    """Event of a question to a model."""
    return Entry(
        "call",
        {
            "step": call.step,
            "model": call.model,
            "operator": call.operator.value,
            "island": call.island,
            "parents": list(call.parents),
            "template": call.prompt.template,
            "prompt": call.prompt.digest,
            "reserved_tokens": call.reserved_tokens,
            "reserved_usd": call.reserved_usd,
            "turn": call.turn,
            "role": call.role,
            "note": call.note,
        },
    )


def noted(note: Note) -> Entry:
    """Event of a note."""
    return Entry(
        "note",
        {
            "number": note.number,
            "kind": note.kind.value,
            "title": note.title,
            "step": note.step,
        },
    )


def ordered(order: Order) -> Entry:
    """Event of a person's order."""
    payload = {"number": order.number, "order": order.kind.value}
    return Entry("order", payload | {"text": order.text})


def answered(
    step: int, response: Response | None, digest: str | None, *, turn: int = 0
) -> Entry:
    """Event of an answer, or of its failure if ``response`` is None.

    Parameters
    ----------
    digest
        Digest of the text of the response.
    """
    failed = response is None
    payload: dict[str, Json] = {"step": step, "turn": turn, "failed": failed}
    if response is not None:
        payload |= {
            "model": response.model,
            "finish_reason": response.finish_reason,
            "text": digest,
            "tool_calls": [call.name for call in response.tool_calls],
            "prompt_tokens": response.usage.prompt_tokens,
            "completion_tokens": response.usage.completion_tokens,
            "cost_usd": response.usage.cost_usd,
        }
    return Entry("response", payload)


def added(program: Program, placements: Sequence[Placement]) -> Entry:
    """Event of a new program and of what it changes in the islands."""
    candidate = program.candidate
    return Entry(
        "program",
        {
            "step": candidate.step,
            "id": candidate.id,
            "operator": candidate.operator.value,
            "island": candidate.island,
            "parents": list(candidate.parents),
            "note": candidate.note,
            **_judgement(program.evaluation),
            **_moves(placements),
        },
    )


def rejected(rejection: Rejection) -> Entry:
    """Event of a proposal that became no program."""
    return Entry(
        "rejection",
        {
            "step": rejection.step,
            "operator": rejection.operator.value,
            "island": rejection.island,
            "parents": list(rejection.parents),
            "reason": rejection.reason.value,
            "detail": rejection.detail,
        },
    )


def evaluated(program: ProgramId, evaluation: Evaluation) -> Entry:
    """Event of a judgement on a further split."""
    return Entry("evaluation", {"program": program, **_judgement(evaluation)})


def placed(placements: Sequence[Placement]) -> Entry:
    """Event of programs that move between islands."""
    return Entry("placement", _moves(placements))


def _judgement(evaluation: Evaluation) -> dict[str, Json]:
    score = None if evaluation.score is None else float(evaluation.score)
    return {
        "split": evaluation.split.value,
        "status": evaluation.status.value,
        "score": score,
    }


def _moves(placements: Sequence[Placement]) -> dict[str, Json]:
    return {
        "enters": [[p.island, p.program] for p in placements if p.living],
        "leaves": [[p.island, p.program] for p in placements if not p.living],
    }
