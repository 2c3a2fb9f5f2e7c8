"""Levels of isolation that tests ask for."""

import os

import pytest

from evaluators.base import Sandbox
from evaluators.sandbox import levels

STRONG = (Sandbox.SECCOMP, Sandbox.LANDLOCK_SECCOMP, Sandbox.BWRAP_SECCOMP)


def need(level):
    """Skip where the machine does not offer ``level``; the judging machine must."""
    reason = levels.obstacle(level)
    if reason and os.environ.get("CI") == "true":
        pytest.fail(f"{level}: {reason}")
    if reason:
        pytest.skip(f"{level}: {reason}")
    return level
