"""Put together what proposes with models: edits, repairs, directions, research."""

from collections.abc import Callable
from typing import TypedDict

from evolve.agents.glia import GliaProposer, Laboratory, Tracer
from evolve.agents.guiding import GuideSettings, GuidingProposer
from evolve.agents.llm import LlmProposer, LlmSettings
from evolve.agents.novelty import NoveltyProposer
from evolve.agents.repairing import (
    RepairingProposer,
    RepairSettings,
    ResumableProposer,
)
from evolve.agents.strategist import StrategistProposer, StrategySettings
from evolve.config import Campaign
from evolve.llm.asking import Asker, OneModel
from evolve.llm.opening import OpenModels
from evolve.ports import Population, Proposer
from evolve.records import Program, Rejection
from problems.base import AnyProblem, EntryPoint

Observer = Callable[[Program | Rejection], None]
"""Sees the outcome of every step."""


class _Parts(TypedDict):
    problem: AnyProblem
    entry_point: EntryPoint
    asker: Asker
    population: Population


def model_members(
    campaign: Campaign,
    models: OpenModels,
    *,
    problem: AnyProblem,
    entry_point: EntryPoint,
    population: Population,
    tracer: Tracer,
) -> tuple[dict[str, Proposer], Observer]:
    """Return proposers by operator, and what has to see the outcome of every step."""
    search = campaign.search
    router, learn = models.router(population)
    asker = Asker(
        router=router,
        population=population,
        ledger=models.ledger,
        max_tokens=models.max_tokens,
    )
    parts: _Parts = {
        "problem": problem,
        "entry_point": entry_point,
        "asker": asker,
        "population": population,
    }
    proposer: ResumableProposer = LlmProposer(**parts, settings=LlmSettings())
    if campaign.prompts.evolve:
        settings = GuideSettings(
            every=campaign.prompts.every, paragraphs=campaign.prompts.paragraphs
        )
        proposer = guide = GuidingProposer(proposer, **parts, settings=settings)
        learn = both(learn, guide.observe)
    proposer = RepairingProposer(
        proposer,
        **parts,
        settings=RepairSettings(share=search.repair),
    )
    if search.directions:
        proposer = StrategistProposer(proposer, **parts, settings=StrategySettings())
    if models.embedder is not None and campaign.novelty is not None:
        proposer = NoveltyProposer(
            proposer,
            asker=Asker(
                router=OneModel(models.embedder),
                population=population,
                ledger=models.ledger,
                max_tokens=0,
            ),
            population=population,
            threshold=campaign.novelty.threshold,
        )
    laboratory = Laboratory(
        problem=problem,
        entry_point=entry_point,
        population=population,
        tracer=tracer,
        seed=campaign.seed,
    )
    return {"llm": proposer, "agent": GliaProposer(laboratory, asker)}, learn


def both(first: Observer, second: Observer) -> Observer:
    """Let two see every outcome, one after the other."""

    def observe(outcome: Program | Rejection) -> None:
        first(outcome)
        second(outcome)

    return observe
