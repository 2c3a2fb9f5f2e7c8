"""Serve calls of a language model that have targets of several classes."""
