"""mcp: a campaign that any coding agent can drive; serve: the tools of a benchmark."""

import asyncio
import json
import sys
from dataclasses import dataclass
from pathlib import Path

from evolve import api
from evolve.bench import serving
from evolve.cli.output import note
from evolve.mcp import require
from evolve.mcp import serve as serve_campaign
from problems import registry
from problems.errors import ConfigError
from problems.tps.repository import servers

_SERVED = "tps"


@dataclass(frozen=True, slots=True, kw_only=True)
class ServeOptions:
    """What the command line asks for."""

    server: str | None
    http: int | None
    world_seed: int
    at_once: bool
    config: bool


def mcp(target: str, *, out: Path | None, budget_candidates: int | None) -> None:
    """Serve a run, or a new one on a problem, over standard input and output."""
    require()
    if target in registry.names() or Path(target).suffix == ".toml":
        made = api.start(target, out=out, budget_candidates=budget_candidates)
    else:
        made = api.open(target)
    with made as campaign:
        note(f"serving {campaign.run.location.title} over MCP until stdin closes")
        serve_campaign(campaign)


def serve(name: str, options: ServeOptions) -> None:
    """Serve one server on standard input and output, or all over HTTP."""
    if name != _SERVED:
        raise ConfigError(f"{name} has no tools to serve; only {_SERVED} has")
    if options.config:
        found = serving.client_config(_command(options), port=options.http)
        print(json.dumps(found, indent=1))
        return
    if (options.server is None) == (options.http is None):
        known = ", ".join(servers())
        raise ConfigError(f"say --server NAME or --http PORT; the servers are: {known}")
    wait = None if options.at_once else asyncio.sleep
    if options.http is not None:
        note(f"serving at http://127.0.0.1:{options.http}/NAME/mcp until interrupted")
        serving.serve_http(options.http, options.world_seed, wait=wait)
        return
    assert options.server is not None
    asyncio.run(serving.serve(options.server, options.world_seed, wait=wait))


def _command(options: ServeOptions) -> list[str]:
    """Say how this very program serves one server, whose name comes last."""
    program = Path(sys.argv[0])
    command = [str(program.absolute()) if program.exists() else "heuresis"]
    command += ["serve", _SERVED, "--world-seed", str(options.world_seed)]
    return [*command, *(["--at-once"] if options.at_once else []), "--server"]
