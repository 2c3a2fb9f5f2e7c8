"""Prompt templates and the one function that renders them."""

from prompts.rendering import render

__all__ = ["render"]
