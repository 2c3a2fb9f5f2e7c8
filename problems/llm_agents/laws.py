"""Laws that programs are drawn from: calls, contexts, tools.

The statistics of agents are those of ``llm_serving.agents``, read in the same way: the
tokens of a program are the sum over its calls. How they are spread over the first
prompt, tools and outputs, and that there are three kinds of tools, is ours.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from math import exp, log, log1p, sqrt
from types import MappingProxyType
from typing import NamedTuple

import numpy as np

from problems.llm_serving import agents


class Tool(NamedTuple):
    """A kind of tool: its share of the calls, and its log-normal time in seconds."""

    share: float
    mean: float
    cv: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Law:
    """One kind of program.

    Attributes
    ----------
    calls
        Mean and deviation of their number (normal), the least and the most.
    shared
        Tokens at the head of the contexts of all programs.
    first
        Mean tokens of the first prompt behind these.
    growth
        Mean tokens that a tool adds to the context.
    output
        Mean tokens of an output.
    cv
        Deviation of ``first`` and ``growth`` over their means: log-normal.
    tools
        Kinds of tools, of which each turn calls one.
    memoryless
        Whether the number of calls is geometric, with the same mean, instead.
    """

    calls: tuple[float, float, int, int]
    shared: int
    first: float
    growth: float
    output: float
    cv: float
    tools: tuple[Tool, ...]
    memoryless: bool = False


SWE = Law(
    calls=(*agents.SWE.turns, 4, 20),
    shared=1024,
    first=1000.0,
    growth=557.0,
    output=250.0,
    cv=0.8,
    tools=(Tool(0.6, 0.1, 1.2), Tool(0.3, 0.8, 1.2), Tool(0.1, 6.2, 1.5)),
)
"""Agents that repair software: 70,126 tokens a program, tools 0.925 +- 3.550 s."""

BFCL = Law(
    calls=(*agents.BFCL.turns, 2, 14),
    shared=1024,
    first=1000.0,
    growth=3964.0,
    output=150.0,
    cv=0.8,
    tools=(Tool(0.5, 1.0, 0.67), Tool(0.3, 1.6, 0.67), Tool(0.2, 4.7, 0.67)),
)
"""Agents that call functions: 93,256 tokens a program, tools 1.923 +- 2.133 s."""

SQL = Law(
    calls=(20.9, 3.0, 11, 28),
    shared=0,
    first=2300.0,
    growth=842.0,
    output=120.0,
    cv=0.4,
    tools=(Tool(0.7, 0.15, 1.0), Tool(0.3, 1.0, 1.0)),
)
"""Chains of queries: 20.9 calls (11 to 28) of 3142 + 120 tokens behind one schema.

The reference trace of HexGen-Text2SQL has these means; the deviations are ours.
"""

FORK = Law(
    calls=(4.0, 1.2, 2, 7),
    shared=1024,
    first=1500.0,
    growth=500.0,
    output=180.0,
    cv=0.6,
    tools=(Tool(0.5, 0.3, 0.8), Tool(0.3, 1.5, 0.8), Tool(0.2, 5.0, 0.8)),
)
"""A call that plans, branches of one call or two, a call that joins; once to thrice."""

LAWS: Mapping[str, Law] = MappingProxyType(
    {"swe": SWE, "bfcl": BFCL, "sql": SQL, "fork": FORK}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """A call of a program; ``parents`` and ``depth`` count calls of the program."""

    prompt: int
    output: int
    prefix: tuple[int, ...]
    parents: tuple[int, ...] = ()
    depth: int = 0
    delay: float = 0.0
    tool: int = 0


@dataclass(slots=True)
class Draft:
    """A program that is drawn: its steps, and the first id of units that is free.

    A context has ``most`` tokens at most: what a tool returns is cut.
    """

    law: Law
    unit: int
    most: int
    free: int
    rng: np.random.Generator
    steps: list[Step] = field(default_factory=list)

    def grown(self, units: Sequence[int], tokens: int) -> tuple[int, ...]:
        """Units of a context of ``tokens`` that begins with ``units``."""
        more = max(0, tokens // self.unit - len(units))
        self.free += more
        return (*units, *range(self.free - more, self.free))

    def add(
        self, units: Sequence[int], context: int, fresh: float, parents: Sequence[int]
    ) -> int:
        """Add a call whose prompt are ``context`` tokens and ``fresh`` ones on average.

        Returns its place.
        """
        output = self.size(self.law.output, 0.8)
        room = self.most - output
        prompt = min(context + self.size(fresh, self.law.cv), room)
        delay, tool = self.tool() if parents else (0.0, 0)
        steps = self.steps
        self.steps.append(
            Step(
                prompt=prompt,
                output=output,
                prefix=self.grown(units, prompt + output),
                parents=tuple(parents),
                depth=1 + max([steps[one].depth for one in parents], default=-1),
                delay=delay,
                tool=tool,
            )
        )
        return len(steps) - 1

    def size(self, mean: float, cv: float) -> int:
        """Draw tokens, 1 at least."""
        return max(1, round(_lognormal(self.rng, mean, cv)))

    def tool(self) -> tuple[float, int]:
        """Draw seconds and kind of a tool."""
        tools = self.law.tools
        kind = int(self.rng.choice(len(tools), p=[one.share for one in tools]))
        return round(_lognormal(self.rng, tools[kind].mean, tools[kind].cv), 3), kind

    def number(self) -> int:
        """Draw a number of calls."""
        mean, deviation, least, most = self.law.calls
        if self.law.memoryless:
            drawn = int(self.rng.geometric(1 / mean))
        else:
            drawn = round(self.rng.normal(mean, deviation))
        return int(min(max(drawn, least), most))


def chain(draft: Draft) -> None:
    """Draw calls one after the other, each with the context of the one before."""
    law = draft.law
    head = tuple(range(law.shared // draft.unit))
    at = draft.add(head, law.shared, law.first, ())
    for _ in range(draft.number() - 1):
        last = draft.steps[at]
        context = last.prompt + last.output
        if context + 2 * law.output > draft.most:
            break
        at = draft.add(last.prefix, context, law.growth, (at,))


def queries(draft: Draft) -> None:
    """Draw calls one after the other that share the schema, and nothing else."""
    law = draft.law
    schema = draft.size(law.first, law.cv)
    units = draft.grown((), schema)
    at = draft.add(units, schema, law.growth, ())
    for _ in range(draft.number() - 1):
        at = draft.add(units, schema, law.growth, (at,))
    draft.steps[:] = [replace(one, prefix=units) for one in draft.steps]


def forks(draft: Draft) -> None:
    """Draw a call, branches of it, and a call that has what all of these made."""
    law, steps = draft.law, draft.steps
    head = tuple(range(law.shared // draft.unit))
    at = draft.add(head, law.shared, law.first, ())
    for _ in range(int(draft.rng.integers(1, 4))):
        root = steps[at]
        context = root.prompt + root.output
        ends = []
        for _ in range(draft.number()):
            end = draft.add(root.prefix, context, law.growth, (at,))
            if draft.rng.random() < 0.5:
                last = steps[end]
                end = draft.add(
                    last.prefix, last.prompt + last.output, law.growth, (end,)
                )
            ends.append(end)
        made = sum(steps[end].output for end in ends)
        at = draft.add(root.prefix, context + made, law.growth / 4, ends)


SHAPES = MappingProxyType({"swe": chain, "bfcl": chain, "sql": queries, "fork": forks})


def _lognormal(rng: np.random.Generator, mean: float, cv: float) -> float:
    variance = log1p(cv * cv)
    return exp(log(mean) - variance / 2 + sqrt(variance) * rng.standard_normal())
