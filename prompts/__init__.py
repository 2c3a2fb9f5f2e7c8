"""Prompt templates and the functions that render them."""

from prompts.rendering import conversation, line, render

__all__ = ["conversation", "line", "render"]
