"""What a model is shown: pure functions from programs to a prompt.

Only outcomes on the train split may get here; anything else is refused.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from evaluators.base import InstanceVerdict, Status
from evolve.program import split_blocks
from evolve.records import Operator, Program
from problems.base import BLOCK_END, BLOCK_START, AnyProblem, EntryPoint, Split
from prompts import render
from prompts.records import Prompt

TEMPLATES = {
    Operator.DIFF: "mutate_diff",
    Operator.REWRITE: "rewrite",
    Operator.CROSSOVER: "crossover",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class PromptLimits:
    """How much a prompt may hold; longer texts are cut, with a note.

    Attributes
    ----------
    source_chars
        Of a program that is to be changed; others get half of it.
    message_chars
        Of one message of the judge.
    instances
        Worst instances shown of a program.
    """

    source_chars: int = 16_000
    message_chars: int = 600
    instances: int = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class ProgramView:
    """A program as prompts show it; gaps are fractions, lower is better."""

    source: str
    block: str
    gap: float | None
    worst: tuple[InstanceVerdict, ...]
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FailureView:
    """A program that failed on train, and what the judge said about it."""

    status: Status
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """Everything that a prompt is made of.

    Attributes
    ----------
    parents
        The program to change; for a crossover also the one that lends.
    inspirations
        Further programs, best first.
    failures
        Programs that failed, the latest last.
    hints
        Wishes of the user, see ``evolve.llm.hints``.
    """

    problem: AnyProblem
    entry_point: EntryPoint
    operator: Operator
    parents: Sequence[Program]
    inspirations: Sequence[Program] = ()
    failures: Sequence[Program] = ()
    hints: Sequence[str] = ()
    limits: PromptLimits


def form_of(operator: Operator) -> Literal["diff", "rewrite"]:
    """Form in which the prompt of an operator wants its answer."""
    return "diff" if operator is Operator.DIFF else "rewrite"


def build_prompt(question: Question) -> Prompt:
    """Render the prompt of a question."""
    limits = question.limits
    views = [_view(program, limits) for program in question.parents]
    context: dict[str, object] = {
        "problem": question.problem,
        "entry_point": question.entry_point,
        "modules": question.problem.modules,
        "block_start": BLOCK_START,
        "block_end": BLOCK_END,
        "limits": limits,
        "parent": views[0],
        "inspirations": [_view(program, limits) for program in question.inspirations],
        "failures": [_failure(program) for program in question.failures],
        "hints": question.hints,
    }
    if question.operator is Operator.CROSSOVER:
        context["lender"] = views[1]
    return render(TEMPLATES[question.operator], **context)


def _view(program: Program, limits: PromptLimits) -> ProgramView:
    _must_be_train(program)
    evaluation = program.evaluation
    ranked = sorted(evaluation.verdicts, key=_badness, reverse=True)
    blocks = split_blocks(program.candidate.source)
    return ProgramView(
        source=program.candidate.source,
        block=(program.candidate.source if blocks is None else blocks.block).strip(
            "\n"
        ),
        gap=evaluation.score,
        worst=tuple(ranked[: limits.instances]),
        message=evaluation.message.strip(),
    )


def _failure(program: Program) -> FailureView:
    _must_be_train(program)
    message = program.evaluation.message.strip() or "no message"
    return FailureView(status=program.evaluation.status, message=message)


def _must_be_train(program: Program) -> None:
    if program.evaluation.split is not Split.TRAIN:
        raise ValueError(
            f"program {program.id} brings a {program.evaluation.split} outcome; "
            "prompts may show train only"
        )


def _badness(verdict: InstanceVerdict) -> tuple[bool, float]:
    return verdict.status is not Status.OK, verdict.gap or 0.0
