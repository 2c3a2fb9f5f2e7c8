"""Benchmarks of language models: run, kept, compared."""
