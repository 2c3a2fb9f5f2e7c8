"""Typed genetic programming: the proposer that needs no model."""

from evolve.agents.genetic.proposer import GeneticProposer

__all__ = ["GeneticProposer"]
