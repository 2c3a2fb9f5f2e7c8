"""What is decided by a heuristic and what by rules of ours. Plain Python."""

from problems.llm_serving.engine import PICK
from problems.llm_serving.hosting import Rules

RULES = Rules(asks=frozenset({PICK}))
"""Admission is asked; where memory runs out, the youngest call loses its own."""
