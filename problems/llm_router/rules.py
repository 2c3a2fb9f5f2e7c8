"""What is decided by a heuristic and what by rules of ours. Plain Python."""

from problems.llm_serving.cluster import ROUTE
from problems.llm_serving.hosting import Rules

RULES = Rules(asks=frozenset({ROUTE}))
"""Routing is asked; engines serve in order of arrival, the youngest is preempted."""
