"""Turn published profiles of layers and models into constants of a cost model.

Each function takes one publisher's tables, plain or gzipped, and sums up or fits what
``CostModel`` wants, in milliseconds. Fits are least squares on the relative error.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate
from pathlib import Path
from statistics import mean

import numpy as np

from problems.errors import ConfigError
from problems.llm_serving.fitting import Array, Constants, weighted
from problems.llm_serving.lines import Number, csv

LAYERS_8B = 32
"""Layers of Llama-3-8B."""

_COUNT = Number(0, 1e9)
_TIME = Number(0, 1e12)

_ONCE = ("embedding", "final_layernorm")
"""Layers of LLMServingSim that a model has once."""


@dataclass(frozen=True, slots=True)
class Attention:
    """Measured attention of one layer: microseconds of a batch of equal requests."""

    chunk: int
    cached: int
    requests: int
    kv: int
    time: float

    @property
    def pairs(self) -> float:
        """Pairs of tokens that the prompt attended to."""
        return self.chunk * (self.cached + self.chunk / 2)


def serving_sim(
    folder: Path, knots: Sequence[int], layers: int = LAYERS_8B
) -> Constants:
    """Make constants of a profile of LLMServingSim 2: dense, attention, per_sequence.

    Dense: the sum over all layers, two norms in each. Attention of decoding is fitted
    on (1, n, S), that of prefill on (1, c, c (k + c / 2)), of which the constant part
    is dropped: it would count twice with that of the decoding. The head is the line
    through 1 and 256 sequences. ``mix`` is the factor that fits the steps that do both.
    ``mape`` and ``worst`` are those of decoding.

    Raises
    ------
    ConfigError
        If a table is missing or faulty.
    """
    once = _by_layer(_table(folder, "dense"), ("layer", "tokens", "time_us"))
    doubled = {"layernorm": 2 * layers}
    times = _summed(once, lambda name: doubled.get(name, _times(name, layers)))
    rows = csv(_table(folder, "attention"), _ATTENTION, _attention)
    decoding = [row for row in rows if not row.chunk]
    a = weighted(
        np.array([[1.0, r.requests, r.requests * r.kv] for r in decoding]),
        _whole(decoding, layers),
    )
    filling = [row for row in rows if not row.requests]
    p = weighted(
        np.array([[1.0, row.chunk, row.pairs] for row in filling]),
        _whole(filling, layers),
    )
    heads = _summed(
        _by_layer(_table(folder, "per_sequence"), ("layer", "sequences", "time_us")),
        lambda _: 1,
    )
    slope = (heads[256] - heads[1]) / 255
    found = Constants(
        dense=_at(times, knots),
        a0=float(a.values[0]),
        a1=float(a.values[1]),
        b=float(a.values[2]),
        p1=float(p.values[1]),
        p2=float(p.values[2]),
        h0=heads[1] - slope,
        h1=slope,
        mape=a.mape,
        worst=a.worst,
    )
    return replace(found, mix=_mix(found, rows, layers))


def serving_sim_v0(
    path: Path, knots: Sequence[int], layers: int = LAYERS_8B
) -> Constants:
    """Make constants of ``layers.csv`` of the first LLMServingSim, without a cache.

    As in ``serving_sim``, but attention was measured only for prompts that are alone
    and begin, and the head only without batches.

    Raises
    ------
    ConfigError
        If the table is faulty, or has no time for one of ``knots``.
    """
    columns = ("layer_name", "input", "latency(ns)")
    once = _by_layer(path, columns, unit=1e-6)
    aside = {"attn": 0, "lm_head": 0}
    dense = _summed(once, lambda name: aside.get(name, _times(name, layers)))
    attention = {count: layers * row["attn"] for count, row in once.items()}
    p = weighted(
        np.array([[1.0, count, count * count / 2] for count in attention]),
        np.array(list(attention.values())),
    )
    return Constants(
        dense=_at(dense, knots),
        p1=float(p.values[1]),
        p2=float(p.values[2]),
        h0=once[1]["lm_head"],
        mape=p.mape,
        worst=p.worst,
    )


def vidur(path: Path, knots: Sequence[int], layers: int = LAYERS_8B) -> Constants:
    """Make the dense part of ``mlp.csv`` of Vidur: medians, one device, all layers.

    A number of tokens that was measured twice counts with the mean.

    Raises
    ------
    ConfigError
        If the table is faulty, or has no time for one of ``knots``.
    """
    operators = (
        "input_layernorm",
        "attn_pre_proj",
        "attn_rope",
        "attn_post_proj",
        "post_attention_layernorm",
        "mlp_up_proj",
        "mlp_act",
        "mlp_down_proj",
        "add",
    )
    names = [f"time_stats.{name}.median" for name in operators]
    head = ("num_tokens", "num_tensor_parallel_workers")

    def parse(row: Sequence[str]) -> tuple[int, int, float]:
        count, devices = map(_COUNT.read_integer, head, row)
        # Times of more devices may be left empty: they are not used.
        times = row[len(head) :] if devices == 1 else ()
        return count, devices, sum(map(_TIME.read_real, names, times))

    found = defaultdict(list)
    for count, devices, time in csv(path, (*head, *names), parse):
        if devices == 1:
            found[count].append(layers * time)
    return Constants(
        dense=_at({count: mean(times) for count, times in found.items()}, knots)
    )


def splitwise(path: Path, model: str, hardware: str, devices: int) -> Constants:
    """Make constants of ``perf_model.csv`` of splitwise-sim: whole steps of a model.

    ``b`` is fitted to the time of a token against the length of the prompt. Tokens of
    batches give the dense part up to the largest batch, prompts that were alone give
    it above, with their attention; where more tokens took less time, the longer time
    holds for both. Repetitions count with the mean. ``mape`` and ``worst`` are those of
    the fit of ``b``.

    Raises
    ------
    ConfigError
        If the table is faulty, or has no such runs.
    """
    words = ("model", "hardware")
    counts = ("tensor_parallel", "prompt_size", "batch_size", "token_size")
    times = ("prompt_time", "token_time")

    def parse(row: Sequence[str]) -> tuple[Sequence[str], list[int], list[float]]:
        numbers = map(_COUNT.read_integer, counts, row[2:6])
        return row[:2], list(numbers), list(map(_TIME.read_real, times, row[6:]))

    prompts, tokens = defaultdict(list), defaultdict(list)
    for name, (tensor, prompt, batch, made), (first, each) in csv(
        path, (*words, *counts, *times), parse
    ):
        # Runs with more tokens were cut short by the end of the text.
        if list(name) != [model, hardware] or tensor != devices or made != 128:
            continue
        tokens[batch, prompt + made / 2].append(each)
        if batch == 1:
            prompts[prompt].append(first)
    if not prompts:
        raise ConfigError(f"{path}: no rows of {model} on {devices} x {hardware}")
    token = {key: mean(values) for key, values in tokens.items()}
    alone = [(kv, time) for (batch, kv), time in token.items() if batch == 1]
    fitted = weighted(
        np.array([[1.0, kv] for kv, _ in alone]), np.array([time for _, time in alone])
    )
    b = float(fitted.values[1])
    dense = {
        batch: time - b * batch * kv
        for (batch, kv), time in token.items()
        if kv == 512 + 64
    }
    dense |= {prompt: mean(values) for prompt, values in prompts.items()}
    ascending = sorted(dense)
    rising = accumulate((dense[count] for count in ascending), max)
    return Constants(
        dense=tuple(zip(ascending, rising, strict=True)),
        b=b,
        mape=fitted.mape,
        worst=fitted.worst,
    )


_ATTENTION = ("prefill_chunk", "kv_prefill", "n_decode", "kv_decode", "time_us")


def _attention(row: Sequence[str]) -> Attention:
    chunk, cached, requests, kv = map(_COUNT.read_integer, _ATTENTION, row[:4])
    return Attention(chunk, cached, requests, kv, _TIME.read_real("time_us", row[4]))


def _table(folder: Path, name: str) -> Path:
    plain = folder / f"{name}.csv"
    return plain if plain.exists() else folder / f"{name}.csv.gz"


def _by_layer(
    path: Path, columns: Sequence[str], unit: float = 1e-3
) -> Mapping[int, Mapping[str, float]]:
    """Milliseconds by number of tokens or sequences, and layer."""

    def parse(row: Sequence[str]) -> tuple[int, str, float]:
        count = _COUNT.read_integer(columns[1], row[1])
        return count, row[0], unit * _TIME.read_real(columns[2], row[2])

    found: dict[int, dict[str, float]] = defaultdict(dict)
    for count, layer, time in csv(path, columns, parse):
        found[count][layer] = time
    return found


def _times(name: str, layers: int) -> int:
    return 1 if name in _ONCE else layers


def _summed(
    rows: Mapping[int, Mapping[str, float]], often: Callable[[str], int]
) -> dict[int, float]:
    return {
        count: sum(often(name) * time for name, time in row.items())
        for count, row in rows.items()
    }


def _whole(rows: Iterable[Attention], layers: int) -> Array:
    return np.array([layers * row.time / 1000 for row in rows])


def _mix(found: Constants, rows: Sequence[Attention], layers: int) -> float:
    """Fit the factor on attention to the steps that decode and prefill."""
    both = [row for row in rows if row.chunk and row.requests]
    apart = [
        found.a0
        + found.a1 * row.requests
        + found.b * row.requests * row.kv
        + found.p1 * row.chunk
        + found.p2 * row.pairs
        for row in both
    ]
    return float(weighted(np.array(apart)[:, None], _whole(both, layers)).values[0])


def _at(
    times: Mapping[int, float], knots: Sequence[int]
) -> tuple[tuple[int, float], ...]:
    missing = [knot for knot in knots if knot not in times]
    if missing:
        raise ConfigError(f"the profile has no time for {missing[0]} tokens")
    return tuple((knot, times[knot]) for knot in knots)
