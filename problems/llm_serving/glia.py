"""The synthetic workload on which Glia compared its routers.

P. Hamadanian et al., Glia, arXiv 2510.27176, section 5: ShareGPT on 4 A10 with
Llama-3-8B; requests for 1000 s, log-normal inter-arrival times with sigma 2 at 7.5 a
second; 5 % of the prompts and 5 % of the outputs, drawn apart, ten times as long. The
limits to the context of 8192 tokens are those of the reproduction ronyw7/glia-repro.
Lengths come from a fit, not from ShareGPT itself.
"""

import numpy as np

from problems.llm_serving import arrivals
from problems.llm_serving.lengths import Ints, ShareGpt
from problems.llm_serving.requests import Request

CONTEXT = 8192
"""Tokens of prompt and output together, at most."""

RATE = 7.5
"""Mean number of requests a second."""

SECONDS = 1000.0
"""How long requests come."""

_SHARE = 0.05
_FACTOR = 10
_ROOM = 16
"""Tokens that an output leaves for the prompt."""


def workload(
    rng: np.random.Generator, *, rate: float = RATE, seconds: float = SECONDS
) -> tuple[Request, ...]:
    """Draw the requests of one run, in order of arrival.

    Parameters
    ----------
    rate
        Mean number of requests a second.
    seconds
        The last request comes no later.
    """
    times = arrivals.lognormal(rng, rate, seconds)
    lengths = ShareGpt().draw(rng, len(times))
    prompts = _inflated(rng, lengths.prompts)
    outputs = np.clip(_inflated(rng, lengths.outputs), 1, CONTEXT - _ROOM)
    prompts = np.clip(prompts, 1, CONTEXT - outputs)
    return tuple(
        Request(arrival=float(time), prompt=int(prompt), output=int(output))
        for time, prompt, output in zip(times, prompts, outputs, strict=True)
    )


def _inflated(rng: np.random.Generator, lengths: Ints) -> Ints:
    longer = rng.random(len(lengths)) < _SHARE
    return np.where(longer, _FACTOR * lengths, lengths)
