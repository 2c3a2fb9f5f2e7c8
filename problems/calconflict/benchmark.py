"""The benchmark ``calconflict``: learn from a year of conflicts what a user prefers."""

from types import MappingProxyType

from problems.benchmark import Benchmark, FrozenSet, PublishedFigure
from problems.calconflict.baselines import BASELINES
from problems.calconflict.dialogue import start
from problems.calconflict.generate import samples
from problems.calconflict.metrics import summarise
from problems.calconflict.profile import PROFILE

_CARD = """\
**Calendar conflicts over a year.** Invitations overlap, round after round; accept one,
rank all, say why. What the user prefers is hidden: hard rules in lexicographic order,
then a weighted sum over organiser, topic, place, time, size, direct line and
recurrence, both of which drift during the year. After each round the user's choice is
told. One sample is one user's year; every question stands alone, with the history in
it.

A re-implementation after CalConflictBench (Li et al., PEARL, arXiv:2601.11957), of
which only the abstract, the opening and summaries were at hand: its data, prompts,
parameters and exact formulas are not known. Organisations, texts, preference model,
prompt and the formula of ERR are ours; every parameter says where it comes from. The
published figures stand beside ours as references on other instances.

`aer` is the average error rate, lower is better. An answer that breaks the contract
still counts if it names an event to accept; `strict_aer` takes every flaw for an error.
Choosing at random gives 1 - mean(1/k), about 0.68.
"""

PROTOTYPE = MappingProxyType(
    {
        "role_specific": 0.0,
        "series": 0.0,
        "start_spread": 9,
        "hard_rules": 1,
        "principles": ["medical", "family", "top"],
        "relationship_sd": 0.0,
        "recurrence_sd": 0.0,
        "delta": 0.0,
        "drifts": 0,
    }
)
"""Uniform invitations, one hard rule, no drift and no least lead."""

_SETS = {
    "cal-v1": FrozenSet(
        changes={},
        sha256="37b59da81950960693791e8908cf62271363e53139669421d728e5e51bb63873",
    ),
    "cal-mini-v1": FrozenSet(
        changes={"users": 3, "rounds": 40},
        sha256="d7b66010cd54ccd82b6335f777be136efb0961e12f547511f3f7f083c37256f6",
    ),
    "cal-prototype-v1": FrozenSet(
        changes=PROTOTYPE,
        sha256="b72f2a4dfb61fc2c893d865244d11da946e6b9665657d1d02f6a88f661585895",
    ),
}

_ABSTRACT = "arXiv:2601.11957, abstract"

BENCHMARK = Benchmark(
    name="calconflict",
    version="1",
    title="Calendar conflicts over a year, hidden preferences",
    card=_CARD,
    profile=PROFILE,
    samples=samples,
    start=start,
    baselines=BASELINES,
    summarise=summarise,
    sets=MappingProxyType(_SETS),
    published=(
        PublishedFigure(
            model="Qwen-3-30B-Think", metric="aer", value=0.35, source=_ABSTRACT
        ),
        PublishedFigure(model="PEARL", metric="err", value=0.76, source=_ABSTRACT),
        PublishedFigure(
            model="PEARL",
            metric="aer",
            value=0.12,
            source="wizwand.com, table of arXiv:2601.11957, not seen in the paper",
        ),
    ),
)
