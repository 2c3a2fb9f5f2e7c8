"""calibrate: a row of constants for the simulated LLM cluster, from measured steps."""

import json
from pathlib import Path

from evolve.cli.output import note, pairs, percent, print_json
from problems.errors import ConfigError
from problems.llm_serving import fitting, profiles


def calibrate(table: Path, out: Path | None, *, as_json: bool) -> None:
    """Fit a row to ``table``, print it with its residuals, write it to ``out``."""
    steps = fitting.read(table)
    try:
        found = fitting.fit(steps)
    except ConfigError as error:
        raise ConfigError(f"{table}: {error}") from error
    row = fitting.row(found, table)
    document = profiles.document(row)
    if out is not None:
        _write(out, json.dumps({row.name: document}, indent=1, allow_nan=False) + "\n")
    if as_json:
        residuals = {"steps": len(steps), "mape": found.mape, "worst": found.worst}
        print_json({"name": row.name, "row": document, "residuals": residuals})
        return
    _show(row, len(steps), found)


def _show(row: profiles.Profile, steps: int, found: fitting.Constants) -> None:
    knots = " ".join(f"{tokens}:{value:g}" for tokens, value in row.dense)
    pairs(
        {
            "row": row.name,
            "steps": steps,
            "mean error": percent(found.mape),
            "worst error": percent(found.worst),
            "dense": f"{knots} (tokens:ms)",
            "a1": f"{row.a1:g} ms a decoding request",
            "b": f"{row.b:g} ms a token in the KV memory",
            "p2": f"{row.p2:g} ms a pair of tokens in prefill",
            "mix": f"{row.mix:g} times that in steps that do both",
        }
    )


def _write(out: Path, text: str) -> None:
    try:
        out.write_text(text, encoding="utf-8")
    except OSError as error:
        raise ConfigError(f"cannot write {out}: {error}") from error
    note(f"wrote {out}")
