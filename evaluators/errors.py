"""Errors of the judge's own machinery.

PlatformError
└── InfrastructureError
    ├── SandboxUnavailableError   no sandbox of the demanded level on this machine
    └── EvaluatorError            a zygote cannot be started or kept alive
"""

from problems.errors import InfrastructureError


class SandboxUnavailableError(InfrastructureError):
    """The machine does not offer the demanded sandbox level."""


class EvaluatorError(InfrastructureError):
    """The evaluation machinery failed, not a candidate."""
