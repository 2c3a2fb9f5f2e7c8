"""How long engines must work at least, whatever is decided.

A step makes a token for each of ``n`` calls and processes ``c`` tokens of prompts. If

    seconds without attention >= alpha c + beta n + gamma x - delta e

for every step that there can be, where ``x`` is the share of the KV memory that those
``n`` calls take and ``e`` the number of prompts that are completed, then the sum over
all steps bounds the time of all engines together: all prompts and outputs are known,
and the attention that is read and computed for them. The best such weights are a linear
programme of four variables. The trusted side alone uses it.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import fsum

from problems.llm_serving.cost import CostModel
from problems.llm_serving.engine import BLOCK, EngineSpec
from problems.llm_serving.requests import Request

_SAFE = 1 - 1e-7
"""More than what the solver may miss by rounding."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """What all requests need together.

    Attributes
    ----------
    prompt
        Tokens of prompts that have to be computed at least once.
    steps
        Tokens of outputs after the first ones: a step of a call each.
    memory
        Sum over those of the tokens in the KV memory that no other call has, too.
    prompts
        Number of requests.
    own, shared
        Tokens of a prompt that no prefix cache can spare, of the request that has
        fewest; tokens that it can spare, of the one that has most.
    attention
        Seconds of attention that cannot be spared.
    """

    prompt: int
    steps: int
    memory: int
    prompts: int
    own: int
    shared: int
    attention: float


def work_of(requests: Sequence[Request], cost: CostModel) -> Work:
    """Add up what requests need on engines without a prefix cache."""
    return Work(
        prompt=sum(one.prompt for one in requests),
        steps=sum(one.output - 1 for one in requests),
        memory=sum(kv_steps(one.prompt, one.output) for one in requests),
        prompts=len(requests),
        own=min(one.prompt for one in requests),
        shared=0,
        attention=fsum(
            cost.b * kv_steps(one.prompt, one.output)
            + cost.p1 * one.prompt
            + cost.p2 * one.prompt**2 / 2
            for one in requests
        ),
    )


def kv_steps(prompt: int, output: int) -> int:
    """Sum of a call's KV lengths over its steps after the first token."""
    steps = output - 1
    return steps * prompt + steps * (steps - 1) // 2


def busy_seconds(work: Work, spec: EngineSpec) -> float:
    """Bound from below the time that engines of one kind work, all together.

    A call that loses its memory is computed again, prompt and what it made, and that
    makes its next token. The last constraint sees to it that this adds to the sum.
    """
    from scipy.optimize import linprog

    rows = list(_constraints(work, spec))
    capacity = BLOCK * spec.blocks
    gains = (work.prompt, work.steps, work.memory / capacity, -work.prompts)
    found = linprog(
        [-gain for gain in gains],
        A_ub=[row for row, _ in rows],
        b_ub=[limit for _, limit in rows],
        bounds=[(0, None)] * 4,
        method="highs",
    )
    return _SAFE * -float(found.fun) + work.attention


def _constraints(
    work: Work, spec: EngineSpec
) -> Iterator[tuple[tuple[float, float, float, float], float]]:
    budget, capacity = spec.budget, BLOCK * spec.blocks
    for n in range(min(spec.slots, budget) + 1):
        full = 1.0 if n else 0.0
        if n:
            yield (0.0, n, full, 0.0), _base(spec.cost, n, 0)
        # Fewer tokens than the budget: whatever was begun is complete.
        knots = {tokens - n for tokens, _ in spec.cost.dense}
        for c in sorted(c for c in {1, *knots, budget - n - 1} if 0 < c < budget - n):
            yield (c, n, full, -1.0), _base(spec.cost, n, c)
        if budget > n:
            yield (budget - n, n, full, 0.0), _base(spec.cost, n, budget - n)
    # A restart adds a prompt and its completion, and spares a step.
    spared = -spec.cost.b * (work.own + work.shared)
    yield (-work.own, 1.0, work.own / capacity, 1.0), spared


def _base(cost: CostModel, n: int, c: int) -> float:
    """Seconds of a step without what depends on contexts."""
    seconds = cost.over + cost.tokens(n + c) + cost.h0 + cost.h1 * (n + (c > 0))
    return seconds + (cost.a0 + cost.a1 * n if n else 0.0)
