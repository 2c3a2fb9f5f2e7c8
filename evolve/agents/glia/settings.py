"""How a research session is held."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class GliaSettings:
    """Bounds of one session of Researcher and Supervisor.

    Attributes
    ----------
    turns
        Answers of the Researcher in a session.
    supervise_every
        Answers with tool calls after which the Supervisor is asked; it is asked after
        every answer without one as well.
    mistakes
        Answers in a row that bring nothing (refused, empty, cut, or with wrong calls
        only) after which the session ends.
    output_chars
        Of one tool's answer; longer ones are cut, with a note.
    context_chars
        Of the conversation after its opening; above it the oldest answers of tools
        are shortened.
    digest
        Latest notes whose titles stand in the opening.
    skill_gain
        Relative fall of the gap from parent to child above which a change helped.
    """

    turns: int = 24
    supervise_every: int = 4
    mistakes: int = 4
    output_chars: int = 6_000
    context_chars: int = 60_000
    digest: int = 30
    skill_gain: float = 0.02
