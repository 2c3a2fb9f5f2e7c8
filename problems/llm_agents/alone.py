"""Seconds that parts of a call take on an engine of its own. Plain Python."""

from problems.llm_serving.engine import EngineSpec


def prefill(spec: EngineSpec, tokens: int, before: int = 0) -> float:
    """Compute ``tokens`` of a prompt behind ``before`` that are in the KV memory."""
    seconds = 0.0
    while tokens > 0:
        size = min(tokens, spec.budget)
        seconds += spec.cost.step(0, 0, [(size, before)])
        tokens -= size
        before += size
    return seconds


def decode(spec: EngineSpec, prompt: int, output: int) -> float:
    """Make all tokens of an output but the first one, which the prompt's step makes."""
    steps = output - 1
    kv = steps * prompt + steps * (steps - 1) // 2
    return steps * spec.cost.decode(1) + spec.cost.b * kv
