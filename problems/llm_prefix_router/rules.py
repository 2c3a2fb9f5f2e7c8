"""What is decided by a heuristic and what by rules of ours. Plain Python."""

from problems.llm_serving.cluster import PLACE
from problems.llm_serving.hosting import Rules

RULES = Rules(asks=frozenset({PLACE}))
"""The place is asked; engines serve in order of arrival, the youngest is preempted."""

UNIT = 512
"""Tokens of a unit of the prefix cache, as in Mooncake."""

INPUT = 1
OUTPUT = 2
"""What a token that is computed costs a client's quantum: of a prompt, of an output."""

QUANTUM = 16_384
"""Tokens of a quantum of D2LPM, about a prompt."""
