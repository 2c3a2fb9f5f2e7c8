"""Which proposers work for a campaign, and how much of the work each of them gets."""

from collections.abc import Collection, Mapping
from types import MappingProxyType

from evolve.agents.genetic import GeneticProposer
from evolve.agents.mixing import Member, MixingProposer
from evolve.agents.simplifying import TRIALS as SIMPLIFICATION_TRIALS
from evolve.agents.simplifying import SimplifyingProposer
from evolve.agents.tuning import TRIALS as TUNING_TRIALS
from evolve.agents.tuning import TuningProposer
from evolve.config import Operators
from evolve.ports import Proposer
from evolve.records import Operator, ProgramId
from problems.base import AnyProblem, EntryPoint

OFFLINE = Operators(genetic=0.9, tuning=0.05, simplification=0.05)
"""Shares without a model, unless the campaign gives others."""

WITH_MODEL = Operators(llm=0.6, genetic=0.3, tuning=0.05, simplification=0.05)
"""Shares with a model, unless the campaign gives others.

What asks nobody costs no dollars, so it gets much of the work; where it brings nothing,
measured progress takes the work away again.
"""

AGENT_PROGRAMS = 4
"""Programs that a research session tries out, about."""

_MARKS: Mapping[str, frozenset[Operator]] = MappingProxyType(
    {
        "genetic": frozenset({Operator.MUTATION, Operator.CROSSOVER}),
        "llm": frozenset(
            {Operator.DIFF, Operator.REWRITE, Operator.CROSSOVER, Operator.REPAIR}
        ),
        "tuning": frozenset({Operator.TUNING}),
        "simplification": frozenset({Operator.SIMPLIFICATION}),
        "agent": frozenset({Operator.AGENT}),
    }
)
_PROGRAMS = MappingProxyType(
    {
        "tuning": TUNING_TRIALS + 1,
        "simplification": SIMPLIFICATION_TRIALS + 1,
        "agent": AGENT_PROGRAMS,
    }
)
_ROLES: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "llm": frozenset({"proposer", "repairer", "strategist", "guide"}),
        "agent": frozenset({"researcher", "supervisor"}),
    }
)


def mixture(
    problem: AnyProblem,
    entry_point: EntryPoint,
    *,
    given: Operators | None,
    asking: Mapping[str, Proposer],
    known: Collection[ProgramId],
) -> MixingProposer:
    """Let the operators of a campaign work together.

    Parameters
    ----------
    given
        Shares that the campaign file gives.
    asking
        Proposers that ask models, by operator; empty without a model.
    known
        Ids of programs that exist; a view that grows while the campaign runs.

    Raises
    ------
    ConfigError
        If the entry point has no features for the genetic operators.
    """
    wanted = given
    if wanted is None:
        wanted = WITH_MODEL if asking else OFFLINE
        if asking and not entry_point.features:
            wanted = wanted.model_copy(update={"genetic": 0.0})
    shares = {name: share for name, share in wanted.model_dump().items() if share > 0}
    proposers: dict[str, Proposer] = {
        "tuning": TuningProposer(),
        "simplification": SimplifyingProposer(entry_point.name, known),
    }
    if "genetic" in shares:
        proposers["genetic"] = GeneticProposer(problem, entry_point, known)
    proposers |= asking
    return MixingProposer(
        {
            name: Member(
                proposer=proposers[name],
                share=share,
                operators=_MARKS[name],
                programs=_PROGRAMS.get(name, 1),
                roles=_ROLES.get(name, frozenset()),
            )
            for name, share in shares.items()
        }
    )
