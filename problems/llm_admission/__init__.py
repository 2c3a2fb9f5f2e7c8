"""Admit requests to the batch of an engine, and choose who loses its memory."""
