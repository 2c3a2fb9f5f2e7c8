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
        sha256="31dbb98080f049dbdd5c9e3919d6a29c89b42735de45f95f907d8445e0053805",
    ),
    "cal-mini-v1": FrozenSet(
        changes={"users": 3, "rounds": 40},
        sha256="5e24701032964a48838155dc157671183f6f113b18418d6fc66b2584c32d7af9",
    ),
    "cal-prototype-v1": FrozenSet(
        changes=PROTOTYPE,
        sha256="010c10b8ac1d16083cfee62c28ea4cf5172ac1592a64101f6c84328580e17732",
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
