"""What a population refuses, and in which words; the same for every store."""

import math
from collections.abc import Collection, Sequence

from evaluators.base import Evaluation
from evolve.errors import RunNotFoundError, StoreError
from evolve.program import program_id
from evolve.records import CampaignInfo, Candidate, ProgramId, Response
from problems.base import Split
from problems.errors import ConfigError


def check_candidate(candidate: Candidate) -> None:
    """Refuse a candidate whose id is not the digest of its source."""
    if candidate.id != program_id(candidate.source):
        raise StoreError(
            f"program of step {candidate.step}: id {candidate.id!r} is not the digest "
            "of its source"
        )


def check_score(evaluation: Evaluation) -> None:
    """Refuse a score that cannot be ranked: failures have no score at all."""
    if evaluation.score is not None and not math.isfinite(evaluation.score):
        raise StoreError(
            f"score {evaluation.score} on {evaluation.split}: a score is finite, and "
            "absent if the evaluation failed"
        )


def check_answer(step: int, response: Response | None, failure: str) -> None:
    """Refuse an answer that is neither a response nor a failure."""
    if response is None and not failure:
        raise StoreError(f"step {step}: neither a response nor a failure to keep")


def known_program(program: ProgramId, step: int) -> StoreError:
    """Error for a source that is in the population already."""
    return StoreError(f"program {program} is known already, from step {step}")


def decided_step(step: int) -> StoreError:
    """Error for a step that has a program or a rejection."""
    return StoreError(f"step {step} has its program or rejection already")


def asked_step(step: int) -> StoreError:
    """Error for a second question of one step."""
    return StoreError(f"step {step} has asked already: a step asks at most once")


def never_asked(step: int) -> StoreError:
    """Error for an answer without a question."""
    return StoreError(f"step {step} has not asked, so there is nothing to answer")


def answered_step(step: int) -> StoreError:
    """Error for a second answer."""
    return StoreError(f"the call of step {step} is answered already")


def judged_split(program: ProgramId, split: Split) -> StoreError:
    """Error for a judgement that exists."""
    return StoreError(f"program {program} is judged on {split} already")


def unknown_program(program: str) -> StoreError:
    """Error for an id that is not in the population."""
    return StoreError(f"program {program} is not in the population")


def closed(name: str) -> StoreError:
    """Error for the use of a population after ``close``."""
    return StoreError(f"the population of {name} is closed")


def the_only(found: Sequence[ProgramId], prefix: str) -> ProgramId:
    """Return the one program whose id starts with ``prefix``.

    Raises
    ------
    RunNotFoundError
        If there is none.
    ConfigError
        If there are several.
    """
    if len(found) == 1:
        return found[0]
    if not found:
        raise RunNotFoundError(f"no program whose id starts with {prefix!r}")
    some = ", ".join(p[: len(prefix) + 6] for p in sorted(found)[:5])
    raise ConfigError(
        f"several programs have an id that starts with {prefix!r}: {some}; "
        "give more of its digits"
    )


def the_campaign(
    campaigns: Sequence[CampaignInfo], name: str | None, url: str
) -> CampaignInfo:
    """Return the campaign of that name, or the only one if ``name`` is None.

    Raises
    ------
    RunNotFoundError
        If there is none.
    ConfigError
        If there are several and none is named.
    """
    names = [info.name for info in campaigns]
    if not names:
        raise RunNotFoundError(f"{url} holds no campaign")
    if name is None and len(names) == 1:
        return campaigns[0]
    if name is None:
        raise ConfigError(f"{url} holds several campaigns: {_listed(names)}; name one")
    if name not in names:
        raise RunNotFoundError(
            f"{url} holds no campaign {name!r}; there is {_listed(names)}"
        )
    return campaigns[names.index(name)]


def existing_campaign(name: str, url: str) -> ConfigError:
    """Error for a second campaign of one name in a store."""
    return ConfigError(
        f"{url} holds a campaign {name!r} already; resume it, or choose another name"
    )


def _listed(names: Collection[str], most: int = 20) -> str:
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(sorted(names)[:most]) + more
