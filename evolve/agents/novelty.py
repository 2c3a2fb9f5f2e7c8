"""Programs that say what a living one says are turned away before they are judged.

Source: the novelty check of ShinkaEvolve (arXiv:2509.19349), without its judge. Other
than there, a program that was turned away is not made again in the same step, and the
vectors are kept with the calls, so that a resumed campaign asks for none of them twice.
"""

import logging
from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

import numpy as np

from evolve.agents.repairing import ResumableProposer
from evolve.errors import ModelUnavailableError
from evolve.llm.asking import Ask, Asker
from evolve.llm.embedding import Vectors, unpack
from evolve.llm.ledger import BudgetExhausted
from evolve.ports import Brief, Population
from evolve.program import program_id, split_blocks
from evolve.records import (
    EMBEDDER,
    Candidate,
    Program,
    ProgramId,
    Proposal,
    Reason,
    Rejection,
)
from prompts import embedding, texts_of

BATCH = 32
"""Texts of one call: that of the candidate, and of programs without a vector."""

TEXT_CHARS = 16_000
"""Longest text: models take some 8000 tokens."""

SPARE = 1000
"""Vectors kept beyond those in use: of what is being judged, or was turned away."""

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Nearest:
    """The program most like a candidate; ``similarity`` is the cosine."""

    program: ProgramId
    similarity: float


def text_of(source: str) -> str:
    """Return what of a program is compared: all that may change."""
    blocks = split_blocks(source)
    text = source if blocks is None else blocks.block
    return text.strip()[:TEXT_CHARS]


def nearest(
    text: str, programs: Iterable[Program], vectors: Mapping[str, Vectors]
) -> Nearest | None:
    """Find the program most like a text, the first of equals; None without vectors."""
    own = vectors.get(program_id(text))
    best: Nearest | None = None
    for program in programs:
        other = vectors.get(program_id(text_of(program.candidate.source)))
        if own is None or other is None or own.shape != other.shape:
            continue
        similarity = float(own @ other)
        if best is None or similarity > best.similarity:
            best = Nearest(program=program.id, similarity=similarity)
    return best


class NoveltyProposer:
    """Turns candidates of a proposer away that are too much like a living program.

    A call that fails, or has no room in the budget, skips the check.

    Parameters
    ----------
    asker
        Asks the embedding model.
    threshold
        Cosine similarity above which a candidate is turned away.
    """

    def __init__(
        self,
        inner: ResumableProposer,
        *,
        asker: Asker,
        population: Population,
        threshold: float,
    ) -> None:
        self._inner = inner
        self._asker = asker
        self._population = population
        self._threshold = threshold
        self._vectors: dict[str, Vectors] | None = None
        self._lost = False

    async def propose(
        self, brief: Brief, rng: np.random.Generator
    ) -> Candidate | Rejection:
        """Make one candidate, and look whether it is new.

        Raises
        ------
        BudgetExhausted
            If a call for the candidate would break a cap.
        ModelUnavailableError
            If no call for the candidate can work.
        """
        outcome = await self._inner.propose(brief, rng)
        return await self._checked(outcome, brief, rng)

    async def resume(
        self, brief: Brief, dialogue: Sequence[Proposal], rng: np.random.Generator
    ) -> Candidate | Rejection:
        """End a step; what was embedded is not embedded again."""
        rest = [p for p in dialogue if p.call.role != EMBEDDER]
        outcome = await self._inner.resume(brief, rest, rng)
        return await self._checked(outcome, brief, rng)

    async def _checked(
        self, outcome: Candidate | Rejection, brief: Brief, rng: np.random.Generator
    ) -> Candidate | Rejection:
        view = brief.view
        living = {p.id: p for island in view.islands.values() for p in island}
        near = {p.id: p for p in (*living.values(), *view.recent)}
        # Whoever is known already is turned away by the campaign, for nothing.
        if isinstance(outcome, Rejection) or outcome.id in near:
            return outcome
        text = text_of(outcome.source)
        vectors = self._remembered({program_id(t) for t in _texts(near.values())})
        await self._learn(outcome, [text, *_texts(living.values())], rng)
        found = nearest(text, living.values(), vectors)
        if found is None or found.similarity <= self._threshold:
            return outcome
        return Rejection(
            step=outcome.step,
            operator=outcome.operator,
            island=outcome.island,
            reason=Reason.TOO_SIMILAR,
            detail=f"cosine similarity {found.similarity:.3f} to program "
            f"{found.program[:12]}, above {self._threshold:g}",
            parents=outcome.parents,
        )

    # Vectors.

    def _remembered(self, used: AbstractSet[str]) -> dict[str, Vectors]:
        """Keep the vectors in use; the store has those of earlier sessions."""
        if self._vectors is None:
            self._vectors = {}
            key = (-1, -1)
            while page := self._population.proposals(key):
                for proposal in page:
                    if proposal.call.role == EMBEDDER:
                        self._vectors |= vectors_of(proposal)
                _forget(self._vectors, used)
                key = page[-1].call.key
        _forget(self._vectors, used)
        return self._vectors

    async def _learn(
        self, candidate: Candidate, texts: Sequence[str], rng: np.random.Generator
    ) -> None:
        """Have those texts embedded that have no vector; the first ones, if many."""
        assert self._vectors is not None
        dialogue = self._population.dialogue(candidate.step)
        said = next((p for p in dialogue if p.call.role == EMBEDDER), None)
        missing = [
            text
            for text in dict.fromkeys(texts)
            if program_id(text) not in self._vectors
        ][:BATCH]
        if said is None and missing and not self._lost:
            ask = Ask(
                step=candidate.step,
                turn=dialogue[-1].call.turn + 1 if dialogue else 0,
                role=EMBEDDER,
                prompt=embedding(missing),
                operator=candidate.operator,
                island=candidate.island,
                parents=candidate.parents,
            )
            said = await self._asked(ask, rng)
        if said is not None:
            self._vectors |= vectors_of(said)

    async def _asked(self, ask: Ask, rng: np.random.Generator) -> Proposal | None:
        try:
            said = await self._asker.ask(ask, rng)
        except BudgetExhausted:
            return None
        except ModelUnavailableError as error:
            self._lost = True
            log.warning("no program is checked for novelty any more: %s", error)
            return None
        if said.response is None:
            log.warning(
                "step %d is not checked for novelty: %s", ask.step, said.failure
            )
        return said


def vectors_of(said: Proposal) -> dict[str, Vectors]:
    """Read the vectors of a call by the digests of their texts; none if it failed."""
    if said.response is None:
        return {}
    texts = texts_of(said.call.prompt)
    vectors = unpack(said.response.text, len(texts))
    if vectors is None:
        return {}
    return {program_id(t): row for t, row in zip(texts, vectors, strict=True)}


def _forget(vectors: dict[str, Vectors], used: AbstractSet[str]) -> None:
    """Leave the vectors in use, and of the others the latest."""
    for key in [key for key in vectors if key not in used][:-SPARE]:
        del vectors[key]


def _texts(programs: Iterable[Program]) -> list[str]:
    return [text_of(program.candidate.source) for program in programs]
