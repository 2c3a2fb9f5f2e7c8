"""The benchmark ``rconstraint``, a re-implementation of R-ConstraintBench."""

from types import MappingProxyType

from problems.benchmark import Benchmark, FrozenSet, Parameter, PublishedFigure
from problems.rconstraint.baselines import BASELINES
from problems.rconstraint.dialogue import start
from problems.rconstraint.generate import PHASES, samples
from problems.rconstraint.metrics import summarise

_CARD = """\
**Feasible schedules under interacting constraints.** Tasks with durations and demands,
resources with capacities, precedence edges added one by one; on top of them downtime of
resources, time windows, pairs that must not overlap, and all of them together. The
model gives start times; a schedule is feasible or not, there is no objective.

A re-implementation from descriptions of R-ConstraintBench (Jain and Wetter,
arXiv:2508.15204): its instances, prompts, sizes and weights are not public. Known from
them: layers, one non-redundant edge per level, the three further axes at a probability
of 75 %, feasibility by construction, one question without examples. Ours: all numbers,
the texts, the weights of WAUC.

Without a horizon and windows doing one task after the other is feasible, whatever the
edges: the baselines `serial` and `serial_around` show it. `horizon_slack` sets a
horizon that forbids it.
"""


def _ours(value: object, doc: str) -> Parameter:
    return Parameter(value=value, provenance="ours", doc=doc)


PROFILE = MappingProxyType(
    {
        "mode": Parameter(
            value="direct",
            provenance="paper",
            doc="direct: the model writes the schedule; solver (ours): a program that "
            "is run in the sandbox",
        ),
        "suites": Parameter(
            value=["ramp"], provenance="paper", doc="ramp, dcm (a data-centre move)"
        ),
        "phases": Parameter(
            value=list(PHASES), provenance="secondary", doc="constraints added to edges"
        ),
        "levels_from": _ours(1, "first number of edges"),
        "levels_to": _ours(25, "last number of edges"),
        "levels_step": _ours(1, "step between numbers of edges"),
        "seeds": _ours(20, "samples of a level and phase"),
        "seed": _ours(0, "of all samples"),
        "tasks": _ours(20, "tasks of a sample"),
        "layers": _ours(5, "layers; edges go from one to a later one"),
        "resources": _ours(3, "renewable resources"),
        "max_duration": _ours(5, "durations are drawn from 1 to this"),
        "capacities": _ours([4, 8], "capacities are drawn from these bounds"),
        "strict": _ours(
            True, "no edge may make an older one redundant; paper: only be redundant"
        ),
        "share": Parameter(
            value=0.75,
            provenance="secondary",
            doc="probability that a resource is down, a task has a window, a pair is "
            "disjunctive",
        ),
        "max_downtime": _ours(3, "lengths of downtime are drawn from 1 to this"),
        "window_slack": _ours(3, "windows are wider by 0 to this on either side"),
        "horizon_slack": Parameter(
            value=None,
            provenance="ours",
            doc="horizon in makespans of the witness; none: no horizon",
        ),
        "horizon_extra": _ours(4, "time units added to a horizon"),
        "strict_json": _ours(False, "whether the answer must hold nothing but JSON"),
    }
)

_SETS = MappingProxyType(
    {
        "rcb-ramp-v1": FrozenSet(
            changes={},
            sha256="34aedba91e32044c54dddd593e13623bd17767fc6c5a370f7e79682336aef01a",
        ),
        "rcb-dcm-v1": FrozenSet(
            changes={"suites": ["dcm"]},
            sha256="bb8d692a249ef877b63f8058917a9f9700b4bc32e00cdfa8ae4f73c7da4e9600",
        ),
        "rcb-tight-v1": FrozenSet(
            changes={"horizon_slack": 1.0},
            sha256="67a59ce54f9521049a7847e11ca5c89d1621a4732dc4673545c827ace55b95b2",
        ),
    }
)

BENCHMARK = Benchmark(
    name="rconstraint",
    version="1",
    title="R-ConstraintBench, re-implemented",
    card=_CARD,
    profile=PROFILE,
    samples=samples,
    start=start,
    baselines=BASELINES,
    summarise=summarise,
    sets=_SETS,
    published=(
        PublishedFigure(
            model="GPT-5",
            metric="WAUC, data-centre suite",
            value=0.661,
            source="secondary reports of arXiv:2508.15204",
        ),
    ),
)
