"""The pack ``llm_autoscale``: how many replicas serve a load that changes."""

from collections.abc import Sequence
from types import MappingProxyType

from problems.base import (
    COSTLY,
    PLAIN_MODULES,
    Bar,
    Chart,
    EntryPoint,
    Feature,
    Json,
    Mode,
    Problem,
    Simulator,
)
from problems.llm_autoscale.baselines import baselines
from problems.llm_autoscale.importer import read
from problems.llm_autoscale.instances import instances
from problems.llm_autoscale.reference import optimum, reference, solve_references
from problems.llm_autoscale.rules import RULES
from problems.llm_autoscale.simulate import HOOKS
from problems.llm_autoscale.verify import verify
from problems.llm_serving import picturing, traces
from problems.llm_serving.hosting import Host
from problems.llm_serving.scenario import Scenario, describe, encode

_CARD = """\
**How many replicas of a language model serve a load that changes.** Requests come at a
rate that moves in waves, bursts and steps. Each goes at once to the replica with the
fewest calls, which serves up to 8 at a time by continuous batching. Every 15 seconds
the number of replicas is decided. One that is added boots for one to two minutes; of
those that are too many the ones that boot are cancelled first, then the youngest takes
no more calls and is gone as soon as it has ended those that it has. A replica costs
from the start of its boot until it is gone.

A request is in time if its first token comes within 20 seconds and its last one at 0.15
seconds a token after that was due. 1 % of the requests may be late; each further one
costs as much as 30 seconds of a replica, about five times what it takes to serve one.
The objective is GPU-hours with that price, in comparison with the best plan that is
known for who knows all requests. So capacity has to be there a boot before it is
needed, and a backlog, once there, is expensive.
"""

_STATS = (
    "stats.replicas: that take calls; stats.booting: that will; stats.draining: that "
    "only end what they have; stats.most: as many there can be; stats.boot, "
    "stats.tick: seconds of a boot, and to the next decision. stats.kv: share of the "
    "KV memory in use, stats.wanted: with the prompts that wait (may exceed 1), "
    "stats.slots: share of the slots of batches, all three of replicas that take "
    "calls. stats.running, stats.waiting: calls in batches, and not yet; "
    "stats.in_flight: both; stats.prefill: tokens to be computed; stats.backlog: "
    "seconds of a replica for these and what waits; stats.wait: longest wait for a "
    "first token so far, seconds. stats.rate: requests a second since the last "
    "decision, stats.rate_fast, stats.rate_slow: exponential means with weights 0.5 "
    "and 0.1. stats.load: work that came since the last decision, in replicas that it "
    "would keep busy with full batches (outputs at their mean so far); "
    "stats.load_fast, stats.load_slow: means as above; stats.load_recent: mean of 4 "
    "ticks, stats.load_before: of the 4 before; stats.load_most: largest load_fast of "
    "20 ticks. stats.arrived, stats.finished: requests so far; stats.mean_prompt, "
    "stats.mean_output: tokens (0 if none); stats.late: requests that are late or "
    "overdue; stats.late_share: of those that came; stats.late_recent: share among "
    "those that ended in 4 ticks; stats.free: share that may be late; stats.price: "
    "seconds of a replica for each further one; stats.t: seconds. All are read-only. "
    "Keep nothing between calls. "
)

_TARGET = EntryPoint(
    name="target",
    signature="def target(stats) -> float:",
    doc=(
        "Called every 15 seconds; returns how many replicas there should be, booting "
        "ones included. The number is rounded up and clipped to what is between 1 and "
        "stats.most. " + _STATS + "Return a finite int or float."
    ),
    seed="predictive",
    features=(
        Feature(code="stats.replicas", doc="number (at least 1) that take calls"),
        Feature(code="stats.booting", doc="number (at least 0) of replicas to come"),
        Feature(code="stats.most", doc="number (at least 1) of replicas at most"),
        Feature(code="stats.load", doc="work that came in replicas (at least 0)"),
        Feature(code="stats.load_fast", doc="fast mean of the load (at least 0)"),
        Feature(code="stats.load_slow", doc="slow mean of the load (at least 0)"),
        Feature(code="stats.load_recent", doc="load in the last minute (at least 0)"),
        Feature(code="stats.load_before", doc="load a minute before (at least 0)"),
        Feature(code="stats.load_most", doc="largest of five minutes (at least 0)"),
        Feature(code="stats.kv", doc="share of the KV memory in use (at least 0)"),
        Feature(code="stats.wanted", doc="the same with what waits (at least 0)"),
        Feature(code="stats.slots", doc="share of slots in use (at least 0)"),
        Feature(code="stats.in_flight", doc="number (at least 0) of calls"),
        Feature(code="stats.waiting", doc="number (at least 0) of calls that wait"),
        Feature(code="stats.late_recent", doc="share of late ones (at least 0)"),
        Feature(code="stats.late_share", doc="share of late ones so far (at least 0)"),
        Feature(code="stats.backlog", doc="work not done, at least 0", unit="seconds"),
        Feature(code="stats.wait", doc="longest wait, at least 0", unit="seconds"),
        Feature(code="stats.boot", doc="a boot, positive", unit="seconds"),
        Feature(
            code="stats.tick", doc="to the next decision, positive", unit="seconds"
        ),
    ),
)

_REPLICAS = EntryPoint(
    name="replicas",
    signature="def replicas(stats, there, past) -> int:",
    doc=(
        "Called every 15 seconds; returns how many replicas there should be, booting "
        "ones included, an int from 1 to stats.most; anything else fails. there: tuple "
        "of replicas with number, state (0 boots, 1 takes calls, 2 ends its own), age "
        "(seconds), running, waiting, kv (share), prefill (tokens). past: tuple of the "
        "last 40 ticks, the present one last, with t, arrived, prompt (tokens), load, "
        "ended, late, replicas, in_flight. " + _STATS
    ),
    seed="hpa_window",
)


def gantt(instance: Scenario, answer: Json) -> Sequence[Bar]:
    """Show the slowest requests; those that lost their memory are marked."""
    return picturing.gantt(instance, (RULES,), answer)


def charts(instance: Scenario, answer: Json) -> Sequence[Chart]:
    """Show the memory of the replicas in time, and the distribution of latencies."""
    return picturing.charts(instance, (RULES,), answer)


def simulator(instance: Scenario, entry_point: str) -> Simulator:
    """Start a run that shows the moments of decisions."""
    return Host(HOOKS[entry_point], instance)


PACK: Problem[Scenario] = Problem(
    name="llm_autoscale",
    version=1,
    title="Autoscaling replicas of a language model",
    mode=Mode.TRACE,
    entry_points=MappingProxyType({"target": _TARGET, "replicas": _REPLICAS}),
    driver="problems.llm_autoscale.simulate",
    modules=PLAIN_MODULES,
    baselines=baselines(),
    instances=instances,
    encode=encode,
    verify=verify,
    reference=reference,
    gantt=gantt,
    optimum=optimum,
    solve_references=solve_references,
    card=_CARD,
    simulator=simulator,
    describe=describe,
    picture=picturing.PICTURE,
    charts=charts,
    read=read,
    files=traces.AZURE_FILES,
    campaign=COSTLY,
)
