"""Decide how many replicas of a language model serve a load that changes."""
