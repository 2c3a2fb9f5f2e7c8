"""estimate: what a campaign will use, before it runs."""

import asyncio
from typing import Any

from evolve.cli.campaigns import Options, resolve
from evolve.cli.output import pairs, percent, print_json
from evolve.estimate import Cap, Estimate, Further
from evolve.estimate import estimate as work_out


def estimate(target: str, options: Options, *, as_json: bool) -> None:
    """Print an estimate for a campaign file or a problem."""
    found = asyncio.run(work_out(resolve(target, options)))
    if as_json:
        print_json(_document(found))
    else:
        pairs(_lines(found))


def _document(found: Estimate) -> dict[str, Any]:
    names = [model.name for model in found.campaign.ensemble]
    return {
        "problem": found.campaign.problem,
        "model": " + ".join(names) or None,
        "seed": {
            "gap": found.seed.score,
            "cpu_seconds": found.seed.cpu_seconds,
            "seconds": found.seconds,
        },
        "prompt_tokens_at_most": found.prompt_tokens,
        "completion_tokens_at_most": found.completion_tokens,
        "usd_first_call_at_most": found.usd_per_call,
        "further_calls": [
            {
                "name": call.name,
                "per_proposal": call.share,
                "tokens_at_most": call.tokens,
                "usd_at_most": call.usd,
            }
            for call in found.further
        ],
        "caps": [
            {
                "name": cap.name,
                "limit": cap.limit,
                "proposals": cap.proposals,
            }
            for cap in found.caps
        ],
        "ends_first": found.first.name if found.first else None,
        "usd": found.usd,
    }


def _lines(found: Estimate) -> dict[str, object]:
    names = [model.name for model in found.campaign.ensemble]
    lines: dict[str, object] = {
        "problem": found.campaign.problem,
        "proposer": " + ".join(names) or "offline",
        "seed": f"{percent(found.seed.score)} on train, "
        f"{1000 * found.seed.cpu_seconds:.1f} CPU-ms, judged in "
        f"{1000 * found.seconds:.1f} ms",
    }
    if names:
        cost = found.usd_per_call
        lines["first call"] = (
            f"at most {found.prompt_tokens} prompt and {found.completion_tokens} "
            "completion tokens, "
            + ("price not known" if cost is None else f"at most ${cost:.4f}")
        )
    lines |= {f"{call.name} calls": _further(call) for call in found.further}
    lines |= {f"budget {cap.name}": _cap(cap) for cap in found.caps}
    first = found.first
    lines["ends first"] = (
        f"{first.name}, as far as that can be told" if first else "not known before"
    )
    if found.usd is not None:
        lines["cost"] = f"about ${found.usd:.2f} if all calls use that much"
    return lines


def _further(call: Further) -> str:
    often = "with each proposal" if call.share == 1 else f"{call.share:g} per proposal"
    cost = "price not known" if call.usd is None else f"at most ${call.usd:.6f}"
    return f"{often}, the first one at most {call.tokens} tokens, {cost}"


def _cap(cap: Cap) -> str:
    if cap.proposals is None:
        return f"{cap.limit:g}: how many proposals depends on the pace of the model"
    if cap.name == "candidates":
        return f"{cap.limit:g} judged programs; rejected proposals come on top"
    return f"{cap.limit:g}: about {cap.proposals} proposals"
