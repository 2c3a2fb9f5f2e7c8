"""Records to rows and rows to records: pure functions."""

from collections.abc import Sequence
from typing import Any

from evaluators.base import Evaluation, Sandbox, Status
from evolve.population.codec import (
    digest,
    pack_features,
    pack_verdicts,
    unpack_features,
    unpack_verdicts,
)
from evolve.population.dialogues import (
    pack_history,
    pack_tool_calls,
    tools_text,
    unpack_history,
    unpack_tool_calls,
    unpack_tools,
)
from evolve.program import normal_id
from evolve.records import (
    Call,
    CampaignInfo,
    Candidate,
    Note,
    NoteKind,
    Operator,
    Order,
    OrderKind,
    Program,
    ProgramId,
    Proposal,
    Rejection,
    Response,
    State,
    Usage,
)
from problems.base import Split
from prompts.records import Prompt

Row = Any
"""A row of SQLAlchemy: its columns are attributes."""
Values = dict[str, Any]


def program_values(program: Program) -> Values:
    """Row of ``programs`` without its campaign."""
    candidate = program.candidate
    return {
        "step": candidate.step,
        "id": candidate.id,
        "operator": candidate.operator.value,
        "island": candidate.island,
        "parents": " ".join(candidate.parents),
        "rationale": candidate.rationale or None,
        "split": program.evaluation.split.value,
        "seconds": program.seconds,
        "note": candidate.note,
        "normal": normal_id(candidate.source),
    }


def evaluation_values(evaluation: Evaluation, instance_set: str | None) -> Values:
    """Row of ``evaluations`` without campaign, step and campaign time."""
    verdicts = evaluation.verdicts
    return {
        "split": evaluation.split.value,
        "status": evaluation.status.value,
        "score": evaluation.score,
        "instance_set": instance_set,
        "verdicts": pack_verdicts(verdicts) if verdicts else None,
        "features": pack_features(evaluation.features),
        "cpu_seconds": evaluation.cpu_seconds,
        "wall_seconds": evaluation.wall_seconds,
        "message": evaluation.message or None,
        "sandbox": evaluation.sandbox.value,
    }


def rejection_values(rejection: Rejection) -> Values:
    """Row of ``rejections`` without its campaign."""
    return {
        "step": rejection.step,
        "operator": rejection.operator.value,
        "island": rejection.island,
        "parents": " ".join(rejection.parents),
        "reason": rejection.reason.value,
        "detail": rejection.detail or None,
    }


def call_values(call: Call) -> Values:
    """Row of ``calls`` without its campaign, as long as it is unanswered."""
    return {
        "step": call.step,
        "model": call.model,
        "operator": call.operator.value,
        "island": call.island,
        "parents": " ".join(call.parents),
        "template": call.prompt.template,
        "digest": call.prompt.digest,
        "system": digest(call.prompt.system),
        "user_prompt": call.prompt.user,
        "reserved_tokens": call.reserved_tokens,
        "reserved_usd": call.reserved_usd,
        "answered": False,
        "decided": False,
        "turn": call.turn,
        "role": call.role,
        "note": call.note,
        "history": pack_history(call.prompt.history),
        "tools": digest(tools_text(call.prompt)) if call.prompt.tools else None,
    }


def response_values(response: Response | None, failure: str) -> Values:
    """Columns of ``calls`` that the answer fills in."""
    values: Values = {"answered": True, "failure": failure or None}
    if response is not None:
        values |= {
            "text": response.text,
            "tool_calls": pack_tool_calls(response.tool_calls),
            "response_model": response.model,
            "finish_reason": response.finish_reason,
            "prompt_tokens": response.usage.prompt_tokens,
            "completion_tokens": response.usage.completion_tokens,
            "cost_usd": response.usage.cost_usd,
            "seconds": response.seconds,
        }
    return values


def evaluation_of(row: Row, instances: Sequence[str]) -> Evaluation:
    """Build the evaluation of a row of ``evaluations``."""
    verdicts = row.verdicts
    return Evaluation(
        split=Split(row.split),
        status=Status(row.status),
        score=row.score,
        verdicts=unpack_verdicts(verdicts, instances) if verdicts else (),
        features=unpack_features(row.features),
        cpu_seconds=row.cpu_seconds,
        wall_seconds=row.wall_seconds,
        message=row.message or "",
        sandbox=Sandbox(row.sandbox),
    )


def program_of(row: Row, instances: Sequence[str]) -> Program:
    """Build the program of a row of the statement ``load_programs``."""
    candidate = Candidate(
        id=ProgramId(row.id),
        step=row.step,
        source=row.source,
        operator=Operator(row.operator),
        island=row.island,
        parents=parents_of(row.parents),
        rationale=row.rationale or "",
        note=row.note,
    )
    return Program(
        candidate=candidate,
        evaluation=evaluation_of(row, instances),
        seconds=row.finished,
    )


def parents_of(text: str) -> tuple[ProgramId, ...]:
    """Ids of a column ``parents``."""
    return tuple(ProgramId(parent) for parent in text.split())


def proposal_of(row: Row) -> Proposal:
    """Build the proposal of a row of the statements on ``calls``."""
    prompt = Prompt(
        system=row.system_text,
        user=row.user_prompt,
        template=row.template,
        digest=row.digest,
        history=unpack_history(row.history),
        tools=unpack_tools(row.tools_text),
    )
    call = Call(
        step=row.step,
        model=row.model,
        prompt=prompt,
        operator=Operator(row.operator),
        island=row.island,
        parents=parents_of(row.parents),
        reserved_tokens=row.reserved_tokens,
        reserved_usd=row.reserved_usd,
        turn=row.turn,
        role=row.role,
        note=row.note,
    )
    return Proposal(call=call, response=_response_of(row), failure=row.failure or "")


def _response_of(row: Row) -> Response | None:
    if row.text is None:
        return None
    usage = Usage(
        prompt_tokens=row.prompt_tokens,
        completion_tokens=row.completion_tokens,
        cost_usd=row.cost_usd,
    )
    return Response(
        text=row.text,
        model=row.response_model,
        finish_reason=row.finish_reason,
        usage=usage,
        seconds=row.seconds,
        tool_calls=unpack_tool_calls(row.tool_calls),
    )


def note_of(row: Row) -> Note:
    """Build the note of a row of ``notes``."""
    return Note(
        number=row.number,
        kind=NoteKind(row.kind),
        title=row.title,
        text=row.text,
        step=row.step,
    )


def order_of(row: Row) -> Order:
    """Build the order of a row of ``orders``."""
    return Order(number=row.number, kind=OrderKind(row.kind), text=row.text)


def info_of(row: Row) -> CampaignInfo:
    """Build the campaign of a row of the statements on ``campaigns``."""
    return CampaignInfo(
        name=row.name,
        problem=row.problem,
        problem_version=row.problem_version,
        config=row.config,
        state=State(row.state),
        created=row.created,
        updated=row.updated,
        message=row.message,
    )
