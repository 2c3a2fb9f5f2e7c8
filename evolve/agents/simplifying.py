"""Makes a program shorter without making it worse."""

from collections.abc import Collection

import numpy as np

from evolve.agents.shortening import Variant, variants
from evolve.llm.ledger import BudgetExhausted
from evolve.ports import Brief
from evolve.program import program_id
from evolve.records import Candidate, Operator, Program, ProgramId, Reason, Rejection

TRIALS = 6
"""Most programs that a step tries out before the one that it ends with."""

_LOOKS = 24
"""Most programs that a step looks at, those included that were judged before."""

_TOLERANCE = 1e-9
"""By how much the score of a shorter program may be larger, as a fraction."""


class SimplifyingProposer:
    """Leaves out one part of a program after the other while the score stays.

    Parameters
    ----------
    entry_point
        Name of the function that has to stay.
    known
        Ids of programs that exist: the candidate of a step is none of them. May be a
        view that grows while the campaign runs.
    """

    def __init__(self, entry_point: str, known: Collection[ProgramId] = ()) -> None:
        self._entry_point = entry_point
        self._known = known

    async def propose(
        self, brief: Brief, rng: np.random.Generator
    ) -> Candidate | Rejection:
        """Try out shorter versions; go on from each that is as good as the parent.

        The last version of a step becomes its candidate. What does the same for
        certain comes first, all else in an order that is drawn.
        """
        parent = brief.parents[0]
        if parent.score is None:
            return _nothing(brief, "the parent has no score")
        limit = parent.score + _TOLERANCE
        current, seen, trials = parent, {parent.candidate.source}, 0
        for _ in range(_LOOKS):
            chosen = self._chosen(current, seen, rng)
            if chosen is None:
                break
            seen.add(chosen.source)
            known = program_id(chosen.source) in self._known
            if trials == TRIALS and not known:
                return _candidate(brief, current, chosen)
            trials += not known
            try:
                outcome = await brief.trial(
                    chosen.source,
                    operator=Operator.SIMPLIFICATION,
                    parents=(current.id,),
                    rationale=chosen.what,
                )
            except BudgetExhausted:
                return _candidate(brief, current, chosen)
            if _is_as_good(outcome, limit):
                assert isinstance(outcome, Program)
                current = outcome
        return _nothing(brief, f"nothing more to leave out after {trials} trials")

    def _chosen(
        self, program: Program, seen: Collection[str], rng: np.random.Generator
    ) -> Variant | None:
        found = variants(program.candidate.source, self._entry_point, rng)
        return next((v for v in found if v.source not in seen), None)


def _is_as_good(outcome: Program | Rejection, limit: float) -> bool:
    if isinstance(outcome, Rejection) or outcome.score is None:
        return False
    return outcome.score <= limit


def _candidate(brief: Brief, program: Program, variant: Variant) -> Candidate:
    return Candidate(
        id=program_id(variant.source), step=brief.step, source=variant.source,
        operator=Operator.SIMPLIFICATION, island=brief.island, parents=(program.id,),
        rationale=variant.what,
    )  # fmt: skip


def _nothing(brief: Brief, why: str) -> Rejection:
    return Rejection(
        step=brief.step, operator=Operator.SIMPLIFICATION, island=brief.island,
        reason=Reason.NO_PROPOSAL, detail=why,
        parents=tuple(parent.id for parent in brief.parents[:1]),
    )  # fmt: skip
