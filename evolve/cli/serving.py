"""mcp: a campaign that any coding agent can drive."""

from pathlib import Path

from evolve import api
from evolve.cli.output import note
from evolve.mcp import require, serve
from problems import registry


def mcp(target: str, *, out: Path | None, budget_candidates: int | None) -> None:
    """Serve a run, or a new one on a problem, over standard input and output."""
    require()
    if target in registry.names() or Path(target).suffix == ".toml":
        made = api.start(target, out=out, budget_candidates=budget_candidates)
    else:
        made = api.open(target)
    with made as campaign:
        note(f"serving {campaign.run.location.title} over MCP until stdin closes")
        serve(campaign)
