"""Prompt templates and the one function that renders them."""

from prompts.rendering import line, render, went_on

__all__ = ["line", "render", "went_on"]
