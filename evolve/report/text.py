"""Numbers and foreign text, ready to be read by people."""

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime

from evaluators.statistics import Claim, Estimate, sentence
from evolve.records import Spent
from evolve.report.records import RunReport, SplitFacts, Standing
from problems.base import Split

NOT_EVALUATED = "not evaluated"
NOT_REPORTED = "not reported"

_KEPT = "\n\t"
_LINE = 2000


def visible(text: str) -> str:
    r"""Write out characters that hide, reorder or control: a bell becomes ``\x07``.

    Escape sequences move a terminal's cursor, and direction marks make code look
    different from what it does (CVE-2021-42574). Newlines and tabs stay.
    """
    if text.isascii() and text.isprintable():
        return text
    return "".join(_shown(char) for char in text)


def one_line(text: str, width: int = 200) -> str:
    """Put foreign text on one line of at most ``width`` characters."""
    flat = " ".join(visible(text).split())
    return flat if len(flat) <= width else flat[: width - 1] + "…"


def shortened(source: str) -> str:
    """Cut lines that no reader wants, and say how much was cut."""
    return "\n".join(
        line
        if len(line) <= _LINE
        else f"{line[:_LINE]} … {len(line) - _LINE} more characters"
        for line in visible(source).split("\n")
    )


def percent(fraction: float | None) -> str:
    """Format a gap: three significant digits, at most three decimals."""
    if fraction is None:
        return NOT_EVALUATED
    value = 100 * fraction
    if not value:
        return "0\N{NO-BREAK SPACE}%"
    size = abs(value)
    digits = 3 if size < 0.0995 else 2 if size < 9.995 else 1 if size < 99.95 else 0
    text = f"{value:.{digits}f}"
    text = text.removeprefix("-") if float(text) == 0 else text
    return text.replace("-", "\N{MINUS SIGN}") + "\N{NO-BREAK SPACE}%"


def short_percent(fraction: float) -> str:
    """Format a gap for an axis: no more digits than it has."""
    text = f"{100 * fraction:.6g}"
    return text.replace("-", "\N{MINUS SIGN}") + "\N{NO-BREAK SPACE}%"


def interval(estimate: Estimate) -> str:
    """Format the interval of an estimate, without a unit; empty if there is none."""
    if estimate.interval is None:
        return ""
    ends = (percent(end) for end in (estimate.interval.low, estimate.interval.high))
    low, high = (end.removesuffix("\N{NO-BREAK SPACE}%") for end in ends)
    return f"[{low}, {high}]"


def duration(seconds: float) -> str:
    """Format seconds with the unit that suits them."""
    if seconds < 120:
        return f"{seconds:.1f} s"
    if seconds < 2 * 3600:
        return f"{seconds / 60:.1f} min"
    return f"{seconds / 3600:.1f} h"


def dollars(cost: float | None, calls: int, unpriced: int) -> str:
    """Format a sum whose parts may be unknown."""
    if not calls:
        return "no model calls"
    if cost is None or unpriced >= calls:
        return f"{NOT_REPORTED} ({calls} calls)"
    unknown = f" + {unpriced} calls {NOT_REPORTED}" if unpriced else ""
    return f"${cost:.4f}{unknown}" if cost < 1 else f"${cost:.2f}{unknown}"


def spent_dollars(spent: Spent) -> str:
    """Format what a campaign has cost."""
    return dollars(known_cost(spent), spent.calls, spent.unpriced_calls)


def known_cost(spent: Spent) -> float | None:
    """Return dollars spent, without the calls of unknown cost; None if all are."""
    if spent.calls and spent.unpriced_calls >= spent.calls:
        return None
    return spent.cost_usd


def reference_name(facts: SplitFacts | None) -> str:
    """Name what the gaps of a split are measured against."""
    if facts is None or not facts.instances:
        return "the reference"
    if facts.proved == facts.instances:
        return "the proven optimum"
    if not facts.proved:
        return "the best known value or bound (none proven optimal)"
    return (
        f"the best known value or bound ({facts.proved} of {facts.instances} "
        "proven optimal)"
    )


def standing_text(standing: Standing, split: Split) -> str:
    """Format one cell: a gap, why there is none, or that nobody looked."""
    if split in standing.overall:
        return percent(standing.overall[split].value)
    if split in standing.failed:
        return f"failed: {standing.failed[split]}"
    return NOT_EVALUATED


def ranked(baselines: Sequence[Standing]) -> list[Standing]:
    """Order baselines, best first: by test, else by train; failures last."""

    def key(standing: Standing) -> tuple[bool, float, str]:
        for split in (Split.TEST, Split.TRAIN):
            if split in standing.overall:
                return (False, standing.overall[split].value, standing.name)
        return (True, 0.0, standing.name)

    return sorted(baselines, key=key)


def main_claim(report: RunReport) -> Claim | None:
    """Pick the claim against the baseline that is strongest on test."""
    order = {line.name: rank for rank, line in enumerate(ranked(report.baselines))}
    on_test = [claim for claim in report.claims if claim.split is Split.TEST]
    return min(
        on_test, key=lambda claim: order.get(claim.against, len(order)), default=None
    )


def headline(report: RunReport) -> list[str]:
    """Say in one or two sentences what the run has shown."""
    if report.champion is None:
        if not report.points:
            return ["No program has been judged."]
        kinds = counts(report.statuses)
        return [f"No valid program: {count(len(report.points), 'program')}, {kinds}."]
    sentences = [_champion_sentence(report, report.champion)]
    claim = main_claim(report)
    if claim is not None:
        against = f"{one_line(claim.against, 60)} (the strongest baseline)"
        sentences.append(f"On test it is {sentence(replace(claim, against=against))}.")
    return sentences


def count(number: int, noun: str) -> str:
    """Format a number with its noun, with an s unless there is exactly one."""
    return f"{number:,} {noun}" + ("" if number == 1 else "s")


def counts(counted: Mapping[str, int]) -> str:
    """Format counts by name, most frequent first."""
    ordered = sorted(counted.items(), key=lambda item: (-item[1], item[0]))
    return ", ".join(f"{number:,} {visible(name)}" for name, number in ordered)


def when(seconds: float) -> str:
    """Format a time of day, which is given in seconds since the epoch, in UTC."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M UTC")


def _champion_sentence(report: RunReport, champion: Standing) -> str:
    for split in (Split.TEST, Split.VALID, Split.TRAIN):
        if split in champion.overall:
            found = champion.overall[split]
            ends = interval(found)
            shown = f" (95 % interval {ends})" if ends else ""
            seen = "unseen test" if split is Split.TEST else f"{split}"
            missing = "" if split is Split.TEST else " It was not evaluated on test."
            return (
                f"The champion's gap to {reference_name(report.splits.get(split))} is "
                f"{percent(found.value)} on {count(found.n, f'{seen} instance')}"
                f"{shown}.{missing}"
            )
    return "There is a champion, but it has no gap on any split."


def _shown(char: str) -> str:
    if char in _KEPT or char.isprintable() or unicodedata.category(char) == "Zs":
        return char
    code = ord(char)
    if code < 0x100:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
