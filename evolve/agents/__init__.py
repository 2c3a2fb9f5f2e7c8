"""Proposers: they turn parents into candidates."""
