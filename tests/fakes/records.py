"""Small factories for records: every field has a plausible value, name what matters."""

import hashlib
import random

from evaluators.base import Evaluation, InstanceVerdict, Sandbox, Status
from evolve.patch import program_id
from evolve.records import (
    Call,
    CampaignInfo,
    Candidate,
    Operator,
    Program,
    ProgramId,
    Reason,
    Rejection,
    Response,
    State,
    Usage,
)
from problems.base import BLOCK_END, BLOCK_START, Split
from prompts.records import Prompt


def an_info(name: str = "demo", **changes) -> CampaignInfo:
    """A campaign that runs."""
    values = {
        "problem": "smtt",
        "problem_version": 1,
        "config": 'name = "demo"\n',
        "state": State.RUNNING,
        "created": 1_000.0,
        "updated": 1_000.0,
    }
    return CampaignInfo(name=name, **(values | changes))


def a_source(step: int = 0) -> str:
    """A whole program, another one for each step."""
    return (
        f"{BLOCK_START}\n"
        "def priority(job, state):\n"
        f"    return job.p + {step} * job.d\n"
        f"{BLOCK_END}\n"
    )


def a_candidate(
    step: int = 0,
    *,
    source: str | None = None,
    parents: tuple[ProgramId, ...] = (),
    island: int = 0,
    **changes,
) -> Candidate:
    """A candidate whose id is the digest of its source."""
    text = a_source(step) if source is None else source
    operator = Operator.MUTATION if parents else Operator.SEED
    return Candidate(
        **{
            "id": program_id(text),
            "step": step,
            "source": text,
            "operator": operator,
            "island": island,
            "parents": parents,
        }
        | changes
    )


def an_evaluation(
    score: float | None = 0.25,
    *,
    split: Split = Split.TRAIN,
    status: Status | None = None,
    instances: int = 3,
    **changes,
) -> Evaluation:
    """An evaluation; without a score it has failed on every instance."""
    failed = Status.ERROR if status is None else status
    status = failed if score is None else Status.OK
    rng = random.Random(f"{score} {split}")
    verdicts = tuple(
        InstanceVerdict(
            instance=f"{split.value}-{i:02}",
            status=status,
            objective=None if score is None else float(rng.randrange(100, 20_000)),
            gap=None if score is None else score * rng.random(),
            violations=("duplicate_job:3",) if status is Status.INVALID else (),
        )
        for i in range(instances)
    )
    return Evaluation(
        **{
            "split": split,
            "status": status,
            "score": score,
            "verdicts": verdicts,
            "features": {"late": 0.5, "early": 1 / 3},
            "cpu_seconds": 0.0123,
            "wall_seconds": 0.0345,
            "message": "" if score is not None else "NameError: name 'x'",
            "sandbox": Sandbox.SECCOMP,
        }
        | changes
    )


def a_program(
    step: int = 0,
    score: float | None = 0.25,
    *,
    evaluation: Evaluation | None = None,
    seconds: float | None = None,
    **candidate,
) -> Program:
    """A judged candidate; further arguments are those of ``a_candidate``."""
    return Program(
        candidate=a_candidate(step, **candidate),
        evaluation=an_evaluation(score) if evaluation is None else evaluation,
        seconds=float(step) if seconds is None else seconds,
    )


def a_prompt(
    user: str = "Write a better rule.", system: str = "You are terse."
) -> Prompt:
    """A rendered prompt."""
    digest = hashlib.sha256(
        f"{system}\0{user}".encode("utf-8", "surrogatepass")
    ).hexdigest()
    return Prompt(system=system, user=user, template="mutate", digest=digest)


def a_call(step: int = 0, **changes) -> Call:
    """A question that may cost a thousand tokens and two cents."""
    values = {
        "step": step,
        "model": "fake/model",
        "prompt": a_prompt(f"Write rule {step}."),
        "operator": Operator.REWRITE,
        "island": 0,
        "parents": (),
        "reserved_tokens": 1_000,
        "reserved_usd": 0.02,
    }
    return Call(**(values | changes))


def a_response(text: str = "Here it is.", **changes) -> Response:
    """An answer of 150 tokens for a cent."""
    values = {
        "model": "fake/model-2026",
        "finish_reason": "stop",
        "usage": Usage(prompt_tokens=100, completion_tokens=50, cost_usd=0.01),
        "seconds": 1.5,
    }
    return Response(text=text, **(values | changes))


def a_rejection(step: int = 0, reason: Reason = Reason.SYNTAX, **changes) -> Rejection:
    """A proposal that does not parse."""
    values = {
        "operator": Operator.REWRITE,
        "island": 0,
        "detail": "line 3: invalid syntax",
        "parents": (),
    }
    return Rejection(step=step, reason=reason, **(values | changes))
