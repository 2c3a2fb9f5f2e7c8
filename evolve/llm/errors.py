"""Errors of model calls; ``evolve.errors`` holds the tree above them.

PlatformError
└── InfrastructureError
    ├── ModelUnavailableError   no call can work (evolve.errors)
    └── ModelCallError          this call failed for good, the next one may work
"""

from problems.errors import InfrastructureError


class ModelCallError(InfrastructureError):
    """One call failed in all its tries; the next one may work."""
