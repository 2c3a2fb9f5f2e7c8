"""How true and how fast the simulated cluster of language models is, as Markdown.

``python -m tests.benchmarks.serving > problems/llm_serving/VALIDATION.md`` (about five
minutes). Real runs are compared where the shared data are at hand.
"""

import argparse
import random
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from statistics import fmean
from typing import Any

import numpy as np

from problems.llm_router import simulate
from problems.llm_router.baselines import baselines
from problems.llm_router.instances import spec
from problems.llm_router.reference import bound, clairvoyant
from problems.llm_router.verify import verify
from problems.llm_serving import glia, traces
from problems.llm_serving.cluster import Cluster, Router, fewest_in_flight
from problems.llm_serving.engine import EngineSpec
from problems.llm_serving.profiles import cost
from problems.llm_serving.requests import Request, Served
from problems.llm_serving.scenario import Scenario
from tests.fakes.stepwise_engine import StepwiseEngine

DATA = Path(__file__).resolve().parents[2].parent / "shared" / "data" / "llm"

BLOCKS = 3328
"""KV memory of a replica in the setting of Glia."""

PUBLISHED = {
    "round_robin": ("63.4", "69.4", "60.6"),
    "lor": ("59.6", "62.8", "53.4"),
    "llq": ("54.6", "60.9", "52.4"),
    "hra_fifo": ("", "59.0", "52.9"),
    "funsearch": ("32.5", "34.6", ""),
    "hra": ("24.1", "31.4", "27.2"),
    "clairvoyant": ("", "", "24.5"),
    "isolated": ("", "14.1", "14.5"),
}
"""Mean response, seconds: Glia's paper (version 5, quoted by glia-repro), the public
reproduction ronyw7/glia-repro on Vidur, and an earlier prototype of this simulator."""

SEEDS = 3
"""Of the parts that only compare routers with themselves."""

SETTINGS = ((2048, 1.0), (2560, 1.0), (BLOCKS, 1.15), (BLOCKS, 1.25), (4096, 1.25))


def workloads(seeds: int) -> list[tuple[Request, ...]]:
    """Draw Glia's workload, 1000 s each."""
    return [glia.workload(np.random.default_rng(seed)) for seed in range(seeds)]


def glia_table(seeds: int) -> Iterable[str]:
    """Compare routers in Glia's setting."""
    runs = workloads(seeds)
    yield "## Glia's routers"
    yield ""
    yield (
        f"Four A10 with Llama-3-8B, 7.5 requests/s for 1000 s, {BLOCKS} blocks, "
        f"slowdown 1.15, seeds: {seeds}; mean response in seconds, 90 % interval "
        "over seeds by bootstrap, share of requests that lost their memory."
    )
    yield ""
    yield "| router | paper | glia-repro | prototype | here | restarts | LLQ over it |"
    yield "|---|---:|---:|---:|---:|---:|---:|"
    scenarios = [_scenario(run, BLOCKS, 1.15) for run in runs]
    found = {name: _route(name, scenarios) for name in baselines()}
    found["clairvoyant"] = [(clairvoyant(one, 0.0), None) for one in scenarios]
    found["isolated"] = [(bound(one), None) for one in scenarios]
    llq = [value for value, _ in found["llq"]]
    for name in sorted(found, key=lambda one: -fmean(v for v, _ in found[one])):
        values = [value for value, _ in found[name]]
        paper, repro, before = PUBLISHED.get(name, ("", "", ""))
        ratio = [a / b for a, b in zip(llq, values, strict=True)]
        shares = [share for _, share in found[name] if share is not None]
        lost = f"{100 * fmean(shares):.0f} %" if shares else ""
        yield (
            f"| {name} | {paper} | {repro} | {before} | {_with_interval(values)} | "
            f"{lost} | {_with_interval(ratio, 2)} |"
        )
    yield ""


def ablation(seeds: int) -> Iterable[str]:
    """Show where the gain of head-room admission comes from, and when."""
    yield "## Where the gain of head-room admission comes from"
    yield ""
    yield (
        f"Mean response in seconds, seeds: {seeds} (restarts). `hra_fifo` admits by "
        "head-room in order of arrival, `spf_llq` takes the shortest prompt first "
        "without a look at memory, `hra` does both."
    )
    yield ""
    names = ("llq", "hra_fifo", "spf_llq", "hra")
    yield f"| KV blocks / slowdown | {' | '.join(names)} | clairvoyant |"
    yield "|---|---:|---:|---:|---:|---:|"
    runs = workloads(seeds)
    for blocks, slowdown in SETTINGS:
        scenarios = [_scenario(run, blocks, slowdown) for run in runs]
        cells = []
        for name in names:
            rows = _route(name, scenarios)
            lost = fmean(share for _, share in rows)
            cells.append(f"{fmean(v for v, _ in rows):.1f} ({100 * lost:.0f} %)")
        known = fmean(clairvoyant(one, 0.0) for one in scenarios)
        yield f"| {blocks} / {slowdown} | {' | '.join(cells)} | {known:.1f} |"
    yield ""


def replays() -> Iterable[str]:
    """Compare with real runs of vLLM."""
    yield "## Real runs"
    yield ""
    yield (
        "300 ShareGPT requests to vLLM 0.19 with Llama-3.1-8B (LLMServingSim, "
        "bench/examples): error of the means, and of the response request by request "
        "(MAPE). The overhead of a step was chosen beforehand for the RTX 4090; for "
        "the RTX PRO 6000 it was fitted to the run it is compared with, or left as for "
        "the other (untuned)."
    )
    yield ""
    yield "| run | TTFT | TPOT | response | MAPE | restarts |"
    yield "|---|---:|---:|---:|---:|---:|"
    for title, gpu, name, over, blocks, slots in (
        ("RTX 4090, untuned", "RTX4090", "rtx4090-llama3-8b", None, 2588, 256),
        (
            "RTX PRO 6000, fitted",
            "RTXPRO6000",
            "rtxpro6000-llama3-8b",
            None,
            33000,
            128,
        ),
        (
            "RTX PRO 6000, untuned",
            "RTXPRO6000",
            "rtxpro6000-llama3-8b",
            0.3,
            33000,
            128,
        ),
    ):
        file = DATA / "llmservingsim_validation" / gpu / "requests.jsonl.gz"
        if not file.exists():
            yield f"| {title} | not at hand | | | | |"
            continue
        real = traces.vllm(file)
        requests = [replace(one.request, arrival=one.queued) for one in real]
        engine = EngineSpec(
            cost=cost(name, over=over), blocks=blocks, slots=slots, watermark=0.0
        )
        served = _serve(requests, [engine])
        cells = [
            f"{100 * (ours / theirs - 1):+.1f} %"
            for ours, theirs in zip(
                _means(requests, served), _means(requests, real), strict=True
            )
        ]
        errors = [
            abs((ours.end - one.arrival) / (theirs.end - one.arrival) - 1)
            for one, ours, theirs in zip(requests, served, real, strict=True)
        ]
        lost = sum(one.restarts for one in served)
        mape = f"{100 * fmean(errors):.1f} %"
        yield f"| {title} | {' | '.join(cells)} | {mape} | {lost} |"
    yield ""


def steps(count: int) -> Iterable[str]:
    """Compare many steps at once with step after step."""
    rng = random.Random(5)
    now, requests = 0.0, []
    for _ in range(count):
        now += rng.expovariate(2.5)
        prompt, output = rng.randint(1, 2000), rng.randint(1, 400)
        requests.append(Request(arrival=now, prompt=prompt, output=output))
    engine = EngineSpec(cost=cost("rtx4090-llama3-8b"), blocks=1500)
    served, fast = _timed(lambda: _serve(requests, [engine]))
    plain, slow = _timed(lambda: StepwiseEngine(engine).serve(requests))
    apart = max(
        max(abs(one.first - first), abs(one.end - end))
        for one, (first, end, _) in zip(served, plain, strict=True)
    )
    same = all(a.restarts == b for a, (_, _, b) in zip(served, plain, strict=True))
    yield "## Many steps at once"
    yield ""
    yield (
        f"{count:,} requests, {sum(one.restarts for one in served)} restarts: a token "
        f"is at most {apart:.1e} s apart from a plain engine that does step after "
        f"step, restarts are {'the same' if same else 'NOT the same'}; "
        f"{slow / fast:.0f} times as fast."
    )
    yield ""


def speed(seeds: int) -> Iterable[str]:
    """Measure requests a CPU second, and the share of the policy."""
    runs = workloads(seeds)
    total = sum(len(run) for run in runs)
    engines = [spec(BLOCKS)] * 4
    yield "## Speed"
    yield ""
    yield (
        f"Simulated requests a CPU second on one core, {total:,} requests of Glia's "
        "setting; built-in routers look at the engines themselves, heuristics see "
        "views and run as in the sandbox. The policy is what is spent above the replay "
        "of its decisions."
    )
    yield ""
    yield "| router | requests/CPU-s | policy |"
    yield "|---|---:|---:|"
    built_in: dict[str, Router] = {
        "round robin": lambda cluster, _: cluster.engines[cluster.routed % 4],
        "fewest waiting": lambda cluster, _: min(
            cluster.engines, key=lambda one: len(one.waiting)
        ),
        "fewest in flight": fewest_in_flight,
    }
    for name, router in built_in.items():
        _, seconds = _timed(lambda: [_serve(run, engines, router) for run in runs])  # noqa: B023
        yield f"| {name}, built in | {total / seconds:,.0f} | |"
    scenarios = [_scenario(run, BLOCKS, 1.15) for run in runs]
    for name in ("llq", "hra", "funsearch"):
        answers, seconds = _timed(lambda: [_answer(name, one) for one in scenarios])  # noqa: B023
        point = baselines()[name].entry_point
        _, again = _timed(
            lambda: [
                verify(one, point, told)  # noqa: B023
                for one, told in zip(scenarios, answers, strict=True)  # noqa: B023
            ]
        )
        share = 100 * max(0.0, 1 - again / seconds)
        yield f"| {name}, a heuristic | {total / seconds:,.0f} | {share:.0f} % |"
    yield ""
    yield (
        "Vidur is not in the table: its package (0.0.26) has no profiles of operators "
        "and fetches them. Measured before at commit 7d47513, with a synthetic table "
        "of attention: about 300 requests a CPU second."
    )
    yield ""


def _scenario(requests: tuple[Request, ...], blocks: int, slowdown: float) -> Scenario:
    engines = (spec(blocks, slowdown),) * 4
    return Scenario(id="", group="", requests=requests, engines=engines)


def _answer(name: str, scenario: Scenario) -> list[Any]:
    rule = baselines()[name]
    names: dict[str, Any] = {"__name__": "heuristic"}
    exec(compile(rule.source, f"{name}.py", "exec"), names)
    return simulate.run(rule.entry_point, names[rule.entry_point], scenario, 3)


def _route(name: str, scenarios: Sequence[Scenario]) -> list[tuple[float, Any]]:
    rows = []
    for one in scenarios:
        verdict = verify(one, baselines()[name].entry_point, _answer(name, one))
        if verdict.objective is None:
            raise ValueError(f"{name}: {verdict.violations}")
        rows.append((verdict.objective, verdict.features["restarted_share"]))
    return rows


def _serve(
    requests: Sequence[Request],
    engines: Sequence[EngineSpec],
    router: Router = fewest_in_flight,
) -> list[Served]:
    cluster = Cluster(requests, engines, router=router)
    cluster.advance()
    served = [one for one in cluster.served if one is not None]
    if len(served) < len(requests):
        raise ValueError("some requests were not served")
    return served


def _means(requests: Sequence[Request], found: Sequence[Any]) -> tuple[float, ...]:
    pairs = list(zip(requests, found, strict=True))
    return (
        fmean(one.first - request.arrival for request, one in pairs),
        fmean(
            (one.end - one.first) / (request.output - 1)
            for request, one in pairs
            if request.output > 1
        ),
        fmean(one.end - request.arrival for request, one in pairs),
    )


def _with_interval(values: Sequence[float], digits: int = 1) -> str:
    rng = np.random.default_rng(0)
    drawn = rng.choice(np.asarray(values), (10_000, len(values))).mean(axis=1)
    low, high = np.quantile(drawn, [0.05, 0.95])
    return f"{fmean(values):.{digits}f} [{low:.{digits}f}, {high:.{digits}f}]"


def _timed(call: Callable[[], Any]) -> tuple[Any, float]:
    start = time.process_time()
    result = call()
    return result, time.process_time() - start


def main() -> None:
    """Print all tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--seeds", type=int, default=10, help="seeds of Glia's workload"
    )
    parser.add_argument("--requests", type=int, default=20_000)
    given = parser.parse_args()
    print("# How true and how fast the simulated cluster is\n")
    print("Printed by `python -m tests.benchmarks.serving`.\n")
    for part in (
        steps(given.requests),
        replays(),
        glia_table(given.seeds),
        ablation(min(given.seeds, SEEDS)),
        speed(min(given.seeds, SEEDS)),
    ):
        for line in part:
            print(line, flush=True)


if __name__ == "__main__":
    main()
