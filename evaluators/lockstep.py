"""Trusted simulators of online problems: only observations cross to the candidate.

All replications of a request advance together: one message carries an observation of
each that is not over, the answer a decision for each. The simulators live here, so
that a candidate can neither look ahead in their memory nor change it; what remains for
it to know is what a pack's observations tell.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from evaluators.base import EvaluationRequest, Status
from evaluators.errors import EvaluatorError
from evaluators.sandbox.frames import FrameError, parse
from evaluators.sandbox.outcome import Outcome
from problems.base import AnyProblem, Instance, Json, Mode, Simulator, Split
from problems.errors import ConfigError

SCREENED = (Split.SMOKE, Split.TRAIN)
"""Splits on which a ``trace`` pack is judged by its trace; the others carry claims."""


def required(problem: AnyProblem, split: Split) -> bool:
    """Whether programs are judged in lockstep on ``split``."""
    if problem.mode is Mode.TRACE:
        return split not in SCREENED
    return problem.mode is Mode.LOCKSTEP


@dataclass(frozen=True, slots=True, kw_only=True)
class _Replication:
    instance: Instance
    simulator: Simulator


class Lockstep:
    """One run of a candidate against the simulators of some instances.

    Call it with the payload of a frame of the candidate: it gives the payload of the
    answer, or None if the frame is the candidate's last one.
    """

    def __init__(
        self,
        problem: AnyProblem,
        request: EvaluationRequest,
        instances: Sequence[Instance],
    ) -> None:
        self._problem = problem
        self._request = request
        self._replications = [self._open(instance) for instance in instances]
        self._asked: list[_Replication] = []
        self._left = list(self._replications)

    def job(self) -> bytes:
        """Return the payload of the job, with the first observations."""
        return json.dumps(
            {
                "source": self._request.source,
                "entry_point": self._request.entry_point,
                "seed": self._request.seed,
                "observations": self._observe(),
            }
        ).encode()

    def __call__(self, payload: bytes) -> bytes | None:
        """Apply a decision to each replication that was asked about."""
        try:
            message = parse(payload)
        except FrameError:
            return None
        match message:
            case {"decisions": list(decisions), **rest} if not rest:
                if len(decisions) != len(self._asked) or not decisions:
                    return None
            case _:
                return None
        for replication, decision in zip(self._asked, decisions, strict=True):
            self._act(replication, decision)
        return json.dumps(self._observe()).encode()

    def settled(self, outcome: Outcome) -> Outcome:
        """Put the simulators' own traces in the place of what the candidate says."""
        if outcome.status is not Status.OK:
            return replace(outcome, answers=())
        if self._left:
            message = f"ended with {len(self._left)} replications not over"
            return replace(outcome, status=Status.PROTOCOL, answers=(), message=message)
        return replace(
            outcome, answers=tuple(r.simulator.trace() for r in self._replications)
        )

    def _open(self, instance: Instance) -> _Replication:
        opener = self._problem.simulator
        if opener is None:
            raise EvaluatorError(f"problem {self._problem.name!r} has no simulator")
        try:
            simulator = opener(instance, self._request.entry_point)
        except ConfigError:  # what the pack needs is not installed
            raise
        except Exception as error:
            raise self._fault(instance, error) from error
        return _Replication(instance=instance, simulator=simulator)

    def _observe(self) -> list[Json]:
        seen: list[Json] = []
        self._asked = []
        for replication in self._left:
            try:
                observation = replication.simulator.observe()
            except Exception as error:
                raise self._fault(replication.instance, error) from error
            if observation is not None:
                seen.append(observation)
                self._asked.append(replication)
        self._left = list(self._asked)
        return seen

    def _act(self, replication: _Replication, decision: Json) -> None:
        try:
            replication.simulator.act(decision)
        except Exception as error:
            raise self._fault(replication.instance, error) from error

    def _fault(self, instance: Instance, error: Exception) -> EvaluatorError:
        return EvaluatorError(
            f"the simulator of problem {self._problem.name!r} failed on instance "
            f"{instance.id}: {type(error).__name__}: {str(error)[:200]}. "
            "Mend the pack: a simulator must accept any decision"
        )


def mismatch(instance: Instance, traced: Outcome, stepped: Outcome) -> str:
    """Return how the decisions beside and without the simulator differ, or ``""``.

    A program that decides by its observations alone decides alike in both.
    """
    if traced.answers and traced.answers == stepped.answers:
        return ""
    if Status.OK is traced.status is stepped.status:
        return f"{instance.id}: {_first(traced.answers[0], stepped.answers[0])}"
    if traced.status is stepped.status:
        return ""  # it fails in the same way, as the judge will tell
    return f"{instance.id}: {traced.status} beside it, {stepped.status} without it"


def _first(traced: Json, stepped: Json) -> str:
    for at, (one, other) in enumerate(zip(_items(traced), _items(stepped))):  # noqa: B905
        if one != other:
            return f"decision {at} is {_short(one)} beside it, {_short(other)} without"
    return "one trace is longer than the other"


def _items(trace: Json) -> Sequence[Any]:
    if isinstance(trace, Mapping):
        return list(trace.items())
    return trace if isinstance(trace, list) else [trace]


def _short(value: Any) -> str:
    return json.dumps(value)[:60]
