"""Errors of ours, never of a candidate's.

PlatformError
├── ConfigError              wrong usage or configuration (exit code 2)
│   └── UnknownProblemError  no pack of that name
└── InfrastructureError      ours, the model's or the store's (exit code 3)
    └── ReferenceMissingError   a pack has no reference for an instance
"""


class PlatformError(Exception):
    """Root of every error that heuresis raises; its text is one line for the user."""

    exit_code = 3


class ConfigError(PlatformError):
    """What the user asked for cannot be; the text names the cause and the cure."""

    exit_code = 2


class UnknownProblemError(ConfigError):
    """No pack of that name is installed."""


class InfrastructureError(PlatformError):
    """Something that a run depends on failed: sandbox, model or store."""


class ReferenceMissingError(InfrastructureError):
    """A pack ships no reference for one of its instances."""
