"""What is asked of a model."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Prompt:
    """A rendered prompt.

    Attributes
    ----------
    template
        Name of the template that it came from.
    digest
        SHA-256 of system and user text, hexadecimal.
    """

    system: str
    user: str
    template: str
    digest: str
