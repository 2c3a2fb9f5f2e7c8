"""Put a plan on tools that are not simulated."""

import json
from dataclasses import asdict, dataclass, replace
from hashlib import sha256
from pathlib import Path

from evolve.bench.cassette import Cassette
from evolve.bench.records import Plan
from evolve.bench.servers import read_servers
from evolve.bench.toolbox import Recorded, Replayed, Toolbox
from problems.errors import ConfigError

CASSETTE_FILE = "cassette.jsonl"
LOGS = "servers"


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveOptions:
    """Where tools come from.

    Attributes
    ----------
    servers
        File of MCP servers; None to replay the cassette alone.
    cassette
        Where calls are recorded, or taken from; by default in the folder of the run.
    timeout
        Seconds that a call may take.
    """

    servers: Path | None = None
    cassette: Path | None = None
    timeout: float = 60.0

    @property
    def wanted(self) -> bool:
        """Whether tools are not to be simulated."""
        return self.servers is not None or self.cassette is not None


def open_toolbox(options: LiveOptions, folder: Path) -> Toolbox:
    """Start the servers, or open the cassette that stands for them.

    Raises
    ------
    ConfigError
        If a file is not what it should be, or the SDK of MCP is not installed.
    InfrastructureError
        If a server does not start.
    """
    path = options.cassette or folder / CASSETTE_FILE
    if options.servers is None:
        return Replayed(Cassette(path))
    servers = read_servers(options.servers)
    from evolve.bench.clients import LiveServers

    live = LiveServers(servers, timeout=options.timeout, logs=folder / LOGS)
    try:
        return Recorded(live, Cassette(path, live.tools))
    except BaseException:
        live.close()
        raise


def with_tools(plan: Plan, toolbox: Toolbox) -> Plan:
    """Let the calls of a plan be made by a toolbox.

    Raises
    ------
    ConfigError
        If the benchmark has no tools, or none of these is of use for it.
    """
    if plan.benchmark.live is None:
        raise ConfigError(
            f"{plan.benchmark.name} has no tools that could be live; only tps has"
        )
    offered = json.dumps([asdict(tool) for tool in toolbox.tools])
    return replace(
        plan,
        benchmark=plan.benchmark.live(toolbox.tools),
        settings={**plan.settings, "live": sha256(offered.encode()).hexdigest()[:16]},
        toolbox=toolbox,
    )
