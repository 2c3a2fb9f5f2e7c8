"""Errors of a campaign's own machinery.

PlatformError
├── ConfigError
│   └── RunNotFoundError      no run of that name or folder
└── InfrastructureError
    ├── ModelUnavailableError   the model cannot be used: key, name, network
    ├── StoreError              the population cannot be read or written
    └── SeedFailedError         a seed program does not survive its evaluation
"""

from problems.errors import ConfigError, InfrastructureError


class RunNotFoundError(ConfigError):
    """No run of that name or folder."""


class ModelUnavailableError(InfrastructureError):
    """The model cannot be used; the campaign stops and can be resumed."""


class StoreError(InfrastructureError):
    """The population cannot be read or written."""


class SeedFailedError(InfrastructureError):
    """A seed program fails on the train split, so there is nothing to evolve."""
