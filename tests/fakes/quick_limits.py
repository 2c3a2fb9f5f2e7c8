"""Limits that let a test of a time-out end soon."""

from dataclasses import dataclass

from evaluators.base import Limits


@dataclass(frozen=True, slots=True, kw_only=True)
class QuickLimits(Limits):
    cpu_seconds: float = 0.2
    memory_mb: int = 128
    answer_bytes: int = 1 << 20
    wall: float = 3.0

    @property
    def wall_seconds(self):
        return self.wall
