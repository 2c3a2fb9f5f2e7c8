"""What is decided by a heuristic and what by rules of ours. Plain Python."""

from problems.llm_serving.engine import PICK
from problems.llm_serving.hosting import Rules

RULES = Rules(asks=frozenset({PICK}))
"""Whom to admit is asked; the youngest is preempted where memory is full."""

UNIT = 256
"""Tokens of a unit of the prefix cache."""

INPUT = 1
OUTPUT = 2
"""Service of a token: of a prompt that is computed, of an output."""

QUANTUM = 2048
"""Service of a quantum of DLPM, tokens."""
