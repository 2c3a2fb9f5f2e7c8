"""Prompt templates and the functions that render them."""

from prompts.rendering import conversation, embedding, line, render, texts_of

__all__ = ["conversation", "embedding", "line", "render", "texts_of"]
