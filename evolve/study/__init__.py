"""Comparisons of strategies on equal budgets."""
