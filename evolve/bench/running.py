"""Put the samples of a plan to a model, or to a baseline.

Every call is durable before it is asked, and every answer before it is read. What a
sample showed follows from its answers, so a run that was killed reads what it has,
asks nothing again that was answered, and goes on. Programs that models wrote are run
again.
"""

import asyncio
import json
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from contextlib import closing
from dataclasses import replace
from functools import partial
from itertools import groupby

import numpy as np

from evaluators.base import Limits
from evaluators.programs import ProgramRunner
from evolve.bench.cassette import Take
from evolve.bench.records import Plan, Played, Results
from evolve.bench.talking import Talk, reply_of
from evolve.llm.asking import Ask, Asker
from evolve.llm.ledger import BudgetExhausted
from evolve.ports import Population
from evolve.records import Operator, Proposal
from problems.benchmark import (
    Baseline,
    Benchmark,
    Outcome,
    Program,
    Reply,
    ToolCall,
    ToolResult,
)
from problems.errors import ConfigError

ROLE = "benchmark"

LIMITS = Limits(cpu_seconds=10.0, memory_mb=512)
"""Of a program that a model writes as its answer."""

Progress = Callable[[int, int], None]
"""Hears how many samples of how many are done."""


def baseline_of(benchmark: Benchmark, name: str) -> Baseline:
    """Return a baseline of a benchmark.

    Raises
    ------
    ConfigError
        If the benchmark has no such baseline.
    """
    found = benchmark.baselines.get(name)
    if found is None:
        known = ", ".join(benchmark.baselines)
        raise ConfigError(f"{benchmark.name} has no baseline {name!r}; known: {known}")
    return found


def play_baseline(plan: Plan, name: str, progress: Progress) -> Results:
    """Let a baseline go through all samples; it asks no model and keeps nothing.

    Raises
    ------
    ConfigError
        If the benchmark has no such baseline.
    """
    baseline = baseline_of(plan.benchmark, name)
    played = []
    model = f"baseline/{name}"
    with closing(ProgramRunner(LIMITS)) as runner:
        for sample in plan.samples:
            dialogue = plan.benchmark.start(sample, plan.settings)
            play = baseline.play(sample, plan.seed)
            calls = 0
            tools = _Tools(plan, model, sample.id)
            while (question := dialogue.question()) is not None:
                if question.program is not None:
                    dialogue.answer(run_program(runner, question.program))
                elif question.calls:
                    dialogue.answer(Reply(results=tools.make(question.calls).result()))
                else:
                    dialogue.answer(play(question))
                    calls += 1
            played.append(Played(outcome=dialogue.outcome(), calls=calls))
            progress(len(played), len(plan.samples))
    return Results(plan=plan, model=model, played=tuple(played))


async def play_model(
    plan: Plan,
    *,
    name: str,
    asker: Asker,
    population: Population,
    concurrency: int,
    progress: Progress,
) -> Results:
    """Let a model go through all samples, several at once.

    Ends early where the budget does; then samples are missing from the results.

    Raises
    ------
    ModelUnavailableError
        If no call can work; what was answered is kept.
    ConfigError
        If the store holds other questions than the plan asks.
    """
    done: dict[int, Played] = {}
    numbers = iter(range(len(plan.samples)))
    play = partial(_play, plan, name, asker, population)

    async def work() -> None:
        with closing(ProgramRunner(LIMITS)) as runner:
            for number in numbers:
                try:
                    done[number] = await play(number, runner)
                except BudgetExhausted:
                    return
                progress(len(done), len(plan.samples))

    try:
        async with asyncio.TaskGroup() as group:
            for _ in range(min(concurrency, len(plan.samples))):
                group.create_task(work())
    except ExceptionGroup as several:
        raise several.exceptions[0] from None
    played = tuple(done[number] for number in sorted(done))
    return Results(plan=plan, model=name, played=played)


class _Tools:
    """The calls of one sample, counted from its beginning."""

    def __init__(self, plan: Plan, model: str, sample: str) -> None:
        self._toolbox = plan.toolbox
        self._next = Take(model=model, sample=sample, number=0)

    def make(self, calls: Sequence[ToolCall]) -> "Future[tuple[ToolResult, ...]]":
        """Make calls at the same time."""
        assert self._toolbox is not None, "only live benchmarks ask for calls"
        first = self._next
        self._next = replace(first, number=first.number + len(calls))
        return self._toolbox.make(first, calls)


async def _play(
    plan: Plan,
    name: str,
    asker: Asker,
    population: Population,
    number: int,
    runner: ProgramRunner,
) -> Played:
    sample = plan.samples[number]
    dialogue = plan.benchmark.start(sample, plan.settings)
    tools = _Tools(plan, name, sample.id)
    said = population.dialogue(number)
    kept = _Kept(said)
    talk = Talk()
    heard: list[Proposal] = []
    turn = said[-1].call.turn + 1 if said else 0
    while (question := dialogue.question()) is not None:
        if question.program is not None:
            program = question.program
            dialogue.answer(await asyncio.to_thread(run_program, runner, program))
            continue
        if question.calls:
            made = await asyncio.wrap_future(tools.make(question.calls))
            dialogue.answer(Reply(results=made))
            continue
        prompt = talk.prompt(question)
        answer = kept.next(prompt.digest)
        if answer is None:
            ask = Ask(
                step=number,
                turn=turn,
                role=ROLE,
                prompt=prompt,
                operator=Operator.TOLD,
                island=0,
                parents=(),
            )
            answer = await asker.ask(ask, np.random.default_rng([plan.seed, number]))
            turn += 1
        heard.append(answer)
        reply = reply_of(answer)
        talk.heard(reply)
        dialogue.answer(reply)
    return _booked(dialogue.outcome(), said, heard)


def run_program(runner: ProgramRunner, program: Program) -> Reply:
    """Run a program that a model wrote; its failure is a reply too."""
    ran = runner.run(program.source, program.entry_point, program.data)
    return Reply(
        text="" if ran.failure else json.dumps(ran.answer), failure=ran.failure
    )


class _Kept:
    """The ends of calls that the store holds of a sample, in order.

    A question that was asked again, because its answer was lost or it failed, counts
    once; a failure at the end counts as not asked.
    """

    def __init__(self, said: Sequence[Proposal]) -> None:
        ended = [one for one in said if one.response or one.failure]
        runs = [
            list(run) for _, run in groupby(ended, lambda one: one.call.prompt.digest)
        ]
        self._ends = [
            next((one for one in run if one.response), run[-1]) for run in runs
        ]
        if self._ends and self._ends[-1].response is None:
            del self._ends[-1]
        self._at = 0

    def next(self, digest: str) -> Proposal | None:
        """Return what became of the next question, None if it was not asked."""
        if self._at == len(self._ends):
            return None
        found = self._ends[self._at]
        if found.call.prompt.digest != digest:
            raise ConfigError(
                f"sample {found.call.step} was asked something else before: the run is "
                "of another version; choose another folder with --out"
            )
        self._at += 1
        return found


def _booked(
    outcome: Outcome, said: Sequence[Proposal], heard: Sequence[Proposal]
) -> Played:
    """Add up all calls of a sample, those included whose answer was not used."""
    used = {one.call.key: one for one in (*said, *heard)}.values()
    usages = [one.response.usage for one in used if one.response is not None]
    costs = [usage.cost_usd for usage in usages if usage.cost_usd is not None]
    replies = [reply_of(one) for one in used]
    return Played(
        outcome=outcome,
        calls=len(used),
        prompt_tokens=sum(reply.prompt_tokens for reply in replies),
        completion_tokens=sum(reply.completion_tokens for reply in replies),
        cost_usd=sum(costs) if len(costs) == len(usages) else None,
        seconds=sum(reply.seconds for reply in replies),
    )
