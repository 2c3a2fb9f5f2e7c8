"""What travels to sandboxes: the recipe of a zygote, and a job for each request."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from evaluators.base import EvaluationRequest, Limits, Sandbox, Status
from evaluators.lockstep import required
from evaluators.sandbox import levels
from evaluators.sandbox.host import Launch
from evaluators.sandbox.outcome import Outcome
from problems.base import AnyProblem, Instance, Json, Split

PUBLIC = (Split.SMOKE, Split.TRAIN, Split.VALID)
"""Splits that zygotes hold in memory; the others travel with each job.

Not if they are judged in lockstep: what a zygote holds, a candidate can find.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """What the zygotes of a problem are made of, on whichever machine.

    Attributes
    ----------
    splits
        Encoded instances by public split; no reference is among them.
    """

    driver: str
    modules: tuple[str, ...]
    limits: Limits
    splits: Mapping[str, Sequence[Json]]


def preloaded(problem: AnyProblem) -> tuple[Split, ...]:
    """Return the splits whose instances zygotes hold in memory."""
    return tuple(split for split in PUBLIC if not required(problem, split))


def recipe(problem: AnyProblem, limits: Limits) -> Recipe:
    """Return the recipe for zygotes of ``problem``."""
    return Recipe(
        driver=problem.driver,
        modules=problem.modules,
        limits=limits,
        splits={
            split.value: _encoded(problem, problem.instances(split))
            for split in preloaded(problem)
        },
    )


def launch(recipe: Recipe, level: Sandbox) -> Launch:
    """Return how to start a zygote on this machine."""
    limits = recipe.limits
    # All that a zygote has to find.
    modules = (recipe.driver, *recipe.modules)
    config: Mapping[str, Any] = {
        "driver": recipe.driver,
        "modules": recipe.modules,
        "level": level.value,
        "cpu": limits.cpu_seconds,
        "wall": limits.wall_seconds,
        "memory_bytes": limits.memory_mb << 20,
        "answer_bytes": limits.answer_bytes,
        "path": [place for m in modules for place in levels.places(m)],
        "splits": recipe.splits,
    }
    return Launch(
        level=level,
        limits=limits,
        config=json.dumps(config).encode(),
        folders=tuple(folder for m in modules for folder in levels.files(m)),
    )


def head(request: EvaluationRequest, only: Sequence[int] | None = None) -> bytes:
    """Return the part of a job that differs from request to request.

    ``only`` are the positions of the instances to run; None is all.
    """
    fields: dict[str, Json] = {
        "source": request.source,
        "entry_point": request.entry_point,
        "seed": request.seed,
    }
    if only is not None:
        fields["only"] = list(only)
    return json.dumps(fields).encode()


def job(head: bytes, instances: bytes) -> bytes:
    """Return the payload of a job's frame, made of its two parts."""
    return head[:-1] + b"," + instances + b"}"


class Instances:
    """The second part of a job: names a public split, or holds a hidden one."""

    def __init__(self, problem: AnyProblem) -> None:
        self._problem = problem
        self._known: dict[Split, bytes] = {}

    def of(self, split: Split) -> bytes:
        """Return the members of the job's JSON object that tell its instances."""
        if split not in self._known:
            self._known[split] = self._encode(split)
        return self._known[split]

    def _encode(self, split: Split) -> bytes:
        if split in preloaded(self._problem):
            return f'"split":"{split.value}"'.encode()
        return travelling(self._problem, self._problem.instances(split))


def travelling(problem: AnyProblem, instances: Sequence[Instance]) -> bytes:
    """Return the second part of a job that holds its instances."""
    return f'"instances":{json.dumps(_encoded(problem, instances))}'.encode()


def blamed(level: Sandbox) -> Outcome:
    """Return the outcome of a program whose sandbox process died again and again.

    Below seccomp a candidate may signal its zygote: that is not our failure.
    """
    return Outcome(
        status=Status.CRASHED,
        sandbox=level,
        message="the sandbox process died twice while running this program",
    )


def _encoded(problem: AnyProblem, instances: Sequence[Instance]) -> list[Json]:
    return [problem.encode(instance) for instance in instances]
