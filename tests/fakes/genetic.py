"""A small ranking interface, and expressions run on views of it."""

import asyncio
from types import SimpleNamespace

import numpy as np

from evaluators.base import Evaluation, InstanceVerdict, Status
from evolve.agents.genetic import GeneticProposer
from evolve.agents.genetic.expression import Expr, Kind
from evolve.agents.genetic.lower import lower
from evolve.agents.genetic.text import text
from evolve.program import program_id
from evolve.records import Candidate, Operator, Program
from problems.base import EntryPoint, Feature, Split
from tests.fakes.briefs import a_brief

ENTRY_POINT = EntryPoint(
    name="priority",
    signature="def priority(job, state) -> float:",
    doc="The job with the smallest value is next.",
    seed="edd",
    features=(
        Feature(
            code="job.p", doc="processing time of the job, at least 1", unit="seconds"
        ),
        Feature(code="job.d", doc="due date of the job, from 0", unit="seconds"),
        Feature(code="state.t", doc="time now, from 0", unit="seconds"),
        Feature(code="state.n", doc="number of jobs, positive"),
    ),
)
HEADER = '"""Notes that stay."""\n\nimport math  # kept\n\n# EVOLVE-BLOCK-START\n'
FOOTER = "# EVOLVE-BLOCK-END\n\nLIMIT = 3  # kept, too\n"


def wrap(body: str) -> str:
    """A program whose entry point has this body, indented by four blanks."""
    return f"{HEADER}def priority(job, state):\n{body}\n{FOOTER}"


EDD = wrap("    return job.d")
MIXED = wrap(
    "    late = max(state.t + job.p - job.d, 0)\n"
    "    if late > 2 * job.p:\n"
    "        return job.p / state.n\n"
    "    return job.d + 0.5 * late"
)


def expression(code: str) -> Expr:
    """The expression that a line of Python stands for."""
    import ast

    return lower(ast.parse(code, mode="eval").body, Kind.NUMBER, {})


def views(rng: np.random.Generator) -> tuple[SimpleNamespace, SimpleNamespace]:
    """A job and a state with made-up whole numbers."""
    job = SimpleNamespace(p=int(rng.integers(1, 100)), d=int(rng.integers(0, 2000)))
    state = SimpleNamespace(t=int(rng.integers(0, 2000)), n=int(rng.integers(2, 50)))
    return job, state


def value(expr: Expr, job: SimpleNamespace, state: SimpleNamespace) -> float:
    """Compute an expression in Python itself."""
    import math

    return eval(text(expr), {"job": job, "state": state, "math": math})


def function(source: str):
    """The entry point that a program defines."""
    names = {}
    exec(compile(source, "program", "exec"), names)
    return names["priority"]


def a_program(
    source: str,
    *,
    step: int = 0,
    score: float | None = 1.0,
    island: int = 0,
    objectives: tuple[float, ...] = (),
) -> Program:
    """A judged program."""
    return Program(
        candidate=Candidate(
            id=program_id(source),
            step=step,
            source=source,
            operator=Operator.SEED,
            island=island,
        ),
        evaluation=Evaluation(
            split=Split.TRAIN,
            status=Status.ERROR if score is None else Status.OK,
            score=score,
            verdicts=tuple(
                InstanceVerdict(instance=str(i), status=Status.OK, objective=x)
                for i, x in enumerate(objectives)
            ),
        ),
    )


def proposer(**changes) -> GeneticProposer:
    """A proposer for ``ENTRY_POINT``."""
    problem = SimpleNamespace(name="demo")
    return GeneticProposer(problem, ENTRY_POINT, **changes)


def propose(one: GeneticProposer, sources, seed: int, step: int = 1):
    """What the proposer makes of these parents."""
    parents = [a_program(source, step=i) for i, source in enumerate(sources)]
    rng = np.random.default_rng(seed)
    return asyncio.run(one.propose(a_brief(parents, step=step), rng))
