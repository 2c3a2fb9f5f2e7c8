"""What a model is shown: pure functions from programs to a prompt.

Only outcomes on the train split may get here; anything else is refused.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from evaluators import bundle
from evaluators.base import InstanceVerdict, Status
from evolve.llm.choosing import digest, hints, strengths
from evolve.program import split_blocks
from evolve.records import Note, Operator, Program, Reason
from problems.base import BLOCK_END, BLOCK_START, AnyProblem, EntryPoint, Split
from prompts import conversation, render
from prompts.records import Message, Prompt

TEMPLATES = {
    Operator.DIFF: "mutate_diff",
    Operator.REWRITE: "rewrite",
    Operator.CROSSOVER: "crossover",
    Operator.REPAIR: "repair",
}

Numbers = Mapping[str, Mapping[str, float]]
"""What kind of instance each one is, by its name; see ``Problem.describe``."""

DROPPED = (
    ("failures", 0),
    ("siblings", 0),
    ("memory", 0),
    ("inspirations", 1),
    ("inspirations", 0),
    ("hints", 0),
)
"""What a prompt that is too long does without, in this order: a part of the context
and how many of its first entries stay. The task and the program to change stay."""

GUIDANCE_CHARS = 800
"""Longest paragraph of advice."""


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
    prompt_chars
        Of everything; above it parts are left out in the order of ``DROPPED``.
    """

    source_chars: int = 16_000
    message_chars: int = 600
    instances: int = 5
    prompt_chars: int = 48_000


@dataclass(frozen=True, slots=True, kw_only=True)
class InstanceRow:
    """One instance of a program; ``gap`` in words, ``numbers`` by column."""

    verdict: InstanceVerdict
    gap: str
    numbers: tuple[float, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ProgramView:
    """A program as prompts show it; gaps are fractions, lower is better.

    ``block`` is all that may change of it, helper files included; ``strengths`` are
    the instances on which it is better than the one to change.
    """

    source: str
    block: str
    gap: float | None
    worst: tuple[InstanceRow, ...]
    columns: tuple[str, ...]
    message: str
    strengths: tuple[str, ...] = ()


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
    siblings
        What was made of the program before, a line each.
    notes
        The campaign's memory, in order.
    direction
        The note to follow.
    guidance
        The note with advice on how to go about it.
    origin
        For a repair: the program that works from which the failed one was made.
    attempts
        For a repair: how often it was tried before.
    """

    problem: AnyProblem
    entry_point: EntryPoint
    operator: Operator
    parents: Sequence[Program]
    inspirations: Sequence[Program] = ()
    failures: Sequence[Program] = ()
    siblings: Sequence[str] = ()
    notes: Sequence[Note] = ()
    direction: Note | None = None
    guidance: Note | None = None
    origin: Program | None = None
    attempts: int = 0
    numbers: Numbers = field(default_factory=dict)
    limits: PromptLimits


def form_of(operator: Operator) -> Literal["diff", "rewrite"]:
    """Form in which the prompt of an operator wants its answer."""
    return "diff" if operator is Operator.DIFF else "rewrite"


def describe_train(problem: AnyProblem) -> Numbers:
    """Describe the train instances of a problem that can; no others."""
    describe = problem.describe
    if describe is None:
        return {}
    return {i.id: describe(i) for i in problem.instances(Split.TRAIN)}


def build_prompt(question: Question) -> Prompt:
    """Render the prompt of a question, within its limit where that can be."""
    context = _context(question)
    template = TEMPLATES[question.operator]
    prompt = render(template, **context)
    for part, left in DROPPED:
        if len(prompt.system) + len(prompt.user) <= question.limits.prompt_chars:
            break
        entries = context[part]
        assert isinstance(entries, Sequence)
        if len(entries) > left:
            context[part] = entries[:left]
            prompt = render(template, **context)
    return prompt


def task_context(
    problem: AnyProblem, entry_point: EntryPoint, limits: PromptLimits
) -> dict[str, object]:
    """Give what all templates name: the same for every step, so it stands first."""
    return {
        "problem": problem,
        "entry_point": entry_point,
        "modules": problem.modules,
        "block_start": BLOCK_START,
        "block_end": BLOCK_END,
        "limits": limits,
    }


def _context(question: Question) -> dict[str, object]:
    limits, numbers = question.limits, question.numbers
    parent = question.parents[0]
    views = [view(program, limits, numbers) for program in question.parents]
    context = task_context(question.problem, question.entry_point, limits) | {
        "parent": views[0],
        "inspirations": [
            replace(view(other, limits, numbers), strengths=strengths(other, parent))
            for other in question.inspirations
        ],
        "failures": [_failure(program) for program in question.failures],
        "siblings": list(question.siblings),
        "hints": hints(question.notes),
        "memory": digest(question.notes),
        "direction": question.direction,
        "guidance": question.guidance,
        "guidance_chars": GUIDANCE_CHARS,
    }
    if question.operator is Operator.CROSSOVER:
        context["lender"] = views[1]
    if question.operator is Operator.REPAIR:
        origin = question.origin
        context["origin"] = None if origin is None else view(origin, limits, numbers)
        context["status"] = parent.evaluation.status
        context["attempts"] = question.attempts
    return context


def ask_again(
    prompt: Prompt,
    said: str,
    *,
    reason: Reason,
    detail: str,
    limits: PromptLimits,
) -> Prompt:
    """Ask for an answer once more that could not be used; the opening stays."""
    again = render(
        "repair_answer",
        reason=reason.value,
        detail=detail,
        limits=limits,
        block_start=BLOCK_START,
        block_end=BLOCK_END,
    )
    messages = (
        Message(role="assistant", text=said),
        Message(role="user", text=again.user),
    )
    history = (*prompt.history, *messages)
    return conversation(prompt, history, prompt.tools, template=again.template)


def view(program: Program, limits: PromptLimits, numbers: Numbers) -> ProgramView:
    """Show a program and its worst instances."""
    must_be_train(program)
    evaluation = program.evaluation
    ranked = sorted(evaluation.verdicts, key=_badness, reverse=True)[: limits.instances]
    known = [numbers[v.instance] for v in ranked if v.instance in numbers]
    # A table needs all of its cells.
    columns = tuple(known[0]) if known and len(known) == len(ranked) else ()
    return ProgramView(
        source=program.candidate.source,
        block=_evolvable(program.candidate.source),
        gap=evaluation.score,
        worst=tuple(_row(verdict, columns, numbers) for verdict in ranked),
        columns=columns,
        message=evaluation.message.strip(),
    )


def _evolvable(source: str) -> str:
    blocks = split_blocks(source)
    if blocks is None:
        return source.strip("\n")
    files = source[len(bundle.split(source).main) :]
    return (blocks.block.strip("\n") + "\n\n" + files).strip("\n")


def _row(
    verdict: InstanceVerdict, columns: Sequence[str], numbers: Numbers
) -> InstanceRow:
    failed = verdict.status is not Status.OK
    gap = "none" if verdict.gap is None else f"{100 * verdict.gap:.2f} %"
    return InstanceRow(
        verdict=verdict,
        gap=verdict.status.value if failed else gap,
        numbers=tuple(numbers[verdict.instance][name] for name in columns),
    )


def _failure(program: Program) -> FailureView:
    must_be_train(program)
    message = program.evaluation.message.strip() or "no message"
    return FailureView(status=program.evaluation.status, message=message)


def must_be_train(program: Program) -> None:
    """Refuse a program whose outcome is one of another split."""
    if program.evaluation.split is not Split.TRAIN:
        raise ValueError(
            f"program {program.id} brings a {program.evaluation.split} outcome; "
            "prompts may show train only"
        )


def _badness(verdict: InstanceVerdict) -> tuple[bool, float]:
    return verdict.status is not Status.OK, verdict.gap or 0.0
