"""What is decided by a heuristic and what by rules of ours. Plain Python."""

from problems.llm_serving.engine import PICK, VICTIM
from problems.llm_serving.hosting import Rules

ADMISSION = Rules(asks=frozenset({PICK}))
"""Admission is asked; where memory runs out, the youngest call loses its own."""

EVICTION = Rules(asks=frozenset({VICTIM}))
"""Who loses its memory is asked; admission is in order of arrival."""

RULES = {"admit": ADMISSION, "pick": ADMISSION, "victim": EVICTION}
"""By entry point."""
