"""Several proposers feed one population; who acts follows what each of them brings."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import cast

import numpy as np

from evolve.agents.rewards import merits
from evolve.ports import Brief, Proposer, Resumable, View
from evolve.records import (
    Candidate,
    Operator,
    Proposal,
    Reason,
    Rejection,
)

FLOOR = 0.02
"""Least part of the programs of a member with a share: who is never asked cannot show
that its time has come."""

_HANDED_OVER = frozenset(
    {Reason.NO_PROPOSAL, Reason.NO_ENTRY_POINT, Reason.UNCHANGED, Reason.DUPLICATE}
)
"""Reasons after which another member acts in the same step."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """A proposer with its part of the work.

    Attributes
    ----------
    share
        Its part of the programs judged, before results are known; relative to the
        others.
    operators
        What its candidates are marked with.
    programs
        Programs that one of its steps has judged, about: it is chosen that much less
        often.
    roles
        Roles in which it asks models (``Call.role``); empty if it asks none.
    """

    proposer: Proposer
    share: float
    operators: frozenset[Operator]
    programs: float = 1.0
    roles: frozenset[str] = frozenset()


class MixingProposer:
    """Lets one of its members act in each step.

    A member that has nothing to change in the parents hands the step over to another
    one; one that asks models does not, for its answers are paid for.

    Parameters
    ----------
    members
        By name; those without a share never act.

    Raises
    ------
    ValueError
        If no member has a share.
    """

    def __init__(self, members: Mapping[str, Member]) -> None:
        self._members = MappingProxyType(
            {name: member for name, member in members.items() if member.share > 0}
        )
        if not self._members:
            raise ValueError("no proposer has a share of the work")

    async def propose(
        self, brief: Brief, rng: np.random.Generator
    ) -> Candidate | Rejection:
        """Ask the members, in an order that is drawn, until one has a proposal."""
        # A stream of its own: what a member draws does not depend on its company.
        order = turns(brief.view, self._members, rng.spawn(1)[0])
        outcome: Candidate | Rejection | None = None
        for name in order:
            member = self._members[name]
            found = await member.proposer.propose(brief, rng)
            if isinstance(found, Candidate):
                return found
            outcome = outcome or found
            if member.roles or found.reason not in _HANDED_OVER:
                return found
        assert outcome is not None
        return outcome

    async def resume(
        self, brief: Brief, dialogue: Sequence[Proposal], rng: np.random.Generator
    ) -> Candidate | Rejection:
        """Let the member go on that made the first call."""
        first = dialogue[0].call
        asking = [m for m in self._members.values() if first.role in m.roles]
        asking.sort(key=lambda member: first.operator not in member.operators)
        if not asking:
            return Rejection(
                step=first.step, operator=first.operator, island=first.island,
                reason=Reason.MODEL_FAILED, parents=first.parents,
                detail=f"no proposer of this campaign asks as {first.role}",
            )  # fmt: skip
        resumable = cast("Resumable", asking[0].proposer)
        return await resumable.resume(brief, dialogue, rng)


def turns(
    view: View, members: Mapping[str, Member], rng: np.random.Generator
) -> list[str]:
    """Draw the order in which members get the chance to act in a step."""
    if len(members) == 1:
        return list(members)
    parts = shares(view, members)
    chances = {name: parts[name] / members[name].programs for name in members}
    # The smallest of exponential times with these rates: a draw without replacement.
    times = {name: rng.exponential() / chance for name, chance in chances.items()}
    return sorted(times, key=times.__getitem__)


def shares(view: View, members: Mapping[str, Member]) -> dict[str, float]:
    """Part of the programs that each member gets, in view of what it brought.

    Never less than ``FLOOR``, nor than the part that it was given if that is less.
    """
    factors = merits(view, {name: m.operators for name, m in members.items()})
    given = sum(member.share for member in members.values())
    wanted = {name: m.share / given * factors[name] for name, m in members.items()}
    total = sum(wanted.values())
    least = {name: min(FLOOR, m.share / given) for name, m in members.items()}
    raised = {name: max(wanted[name] / total, least[name]) for name in members}
    over = sum(raised.values())
    room = sum(raised[name] - least[name] for name in members)
    if over <= 1.0 or not room:
        return raised
    # What the raised ones got comes from those above the floor.
    cut = (over - 1.0) / room
    return {n: raised[n] - cut * (raised[n] - least[n]) for n in members}
