"""The simulated servers of tps, for clients of the Model Context Protocol.

Like ``evolve.mcp``, this needs the SDK, which is an optional extra.
"""

import json
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from typing import TYPE_CHECKING, Any

from evolve.mcp import require
from problems.errors import ConfigError, InfrastructureError
from problems.tps.repository import servers
from problems.tps.tool import ToolFaultError, WorldTool, canonical, checked
from problems.tps.world import World, make_world

if TYPE_CHECKING:
    from mcp.server.lowlevel import Server

_HOST = "127.0.0.1"

Wait = Callable[[float], Awaitable[None]]
"""Called with the latency of a call in seconds before it is answered."""


def make_servers(
    world_seed: int, *, wait: Wait | None = None
) -> "Mapping[str, Server[Any]]":
    """Make all servers by name, not running yet; their tools lack the server's name.

    Parameters
    ----------
    wait
        ``asyncio.sleep`` makes calls take their simulated time; by default nothing
        waits.

    Raises
    ------
    ConfigError
        If the SDK is not installed.
    """
    require("heuresis serve")
    world = make_world(world_seed)
    return {
        name: _make_server(name, _Tools(world, found, wait))
        for name, found in servers().items()
    }


async def serve(server: str, world_seed: int, *, wait: Wait | None = None) -> None:
    """Serve one of them over standard input and output until the input is closed.

    Raises
    ------
    ConfigError
        If there is no such server, or the SDK is not installed.
    """
    made = make_servers(world_seed, wait=wait)
    if server not in made:
        raise ConfigError(f"no server {server!r}; known: {', '.join(made)}")
    from mcp.server.stdio import stdio_server

    chosen = made[server]
    async with stdio_server() as (read, write):
        await chosen.run(read, write, chosen.create_initialization_options())


def serve_http(port: int, world_seed: int, *, wait: Wait | None = None) -> None:
    """Serve all of them at ``http://127.0.0.1:PORT/NAME/mcp`` until interrupted.

    Raises
    ------
    ConfigError
        If the SDK is not installed.
    InfrastructureError
        If the port is taken.
    """
    made = make_servers(world_seed, wait=wait)
    import socket

    import uvicorn
    from starlette.applications import Starlette
    from starlette.routing import Mount

    apps = {name: server.streamable_http_app() for name, server in made.items()}

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        async with AsyncExitStack() as stack:
            for app in apps.values():
                await stack.enter_async_context(app.router.lifespan_context(app))
            yield

    routes = [Mount(f"/{name}", app=app) for name, app in apps.items()]
    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((_HOST, port))
        except OSError as error:
            raise InfrastructureError(
                f"cannot serve at port {port}: {error}"
            ) from error
        config = uvicorn.Config(
            Starlette(routes=routes, lifespan=lifespan), log_level="warning"
        )
        uvicorn.Server(config).run(sockets=[listener])


def client_config(
    command: Sequence[str], *, port: int | None = None
) -> dict[str, dict[str, Any]]:
    """Make the ``mcp.json`` by which a client finds all servers.

    Parameters
    ----------
    command
        Program and arguments that serve a server whose name is put behind them.
    port
        Where they are served over HTTP instead.
    """
    program, *arguments = command
    return {
        "mcpServers": {
            name: {"command": program, "args": [*arguments, name]}
            if port is None
            else {"type": "http", "url": f"http://{_HOST}:{port}/{name}/mcp"}
            for name in servers()
        }
    }


class _Tools:
    """The tools of one server; equal calls are attempts that take other times."""

    def __init__(
        self, world: World, found: tuple[WorldTool, ...], wait: Wait | None
    ) -> None:
        self.by_name = {tool.name.partition("__")[2]: tool for tool in found}
        self._world = world
        self._wait = wait
        self._attempts: Counter[tuple[str, str]] = Counter()

    async def call(self, name: str, arguments: Mapping[str, Any]) -> str:
        """Answer a call, after its latency."""
        tool = self.by_name.get(name)
        if tool is None:
            raise ToolFaultError(f"no tool {name[:60]!r}")
        args = checked(tool, dict(arguments))
        same = (name, canonical(args))
        attempt = self._attempts[same]
        self._attempts[same] += 1
        if self._wait is not None:
            await self._wait(tool.latency_ms(self._world.seed, args, attempt) / 1000)
        return json.dumps(tool.shape.call(self._world, args))


def _make_server(name: str, tools: _Tools) -> "Server[Any]":
    from mcp import types
    from mcp.server.lowlevel import Server

    listed = types.ListToolsResult(
        tools=[
            types.Tool(name=short, description=tool.doc, input_schema=tool.schema())
            for short, tool in tools.by_name.items()
        ]
    )

    async def list_tools(_: Any, __: Any) -> types.ListToolsResult:
        return listed

    async def call_tool(
        _: Any, asked: types.CallToolRequestParams
    ) -> types.CallToolResult:
        try:
            text, failed = await tools.call(asked.name, asked.arguments or {}), False
        except ToolFaultError as fault:
            text, failed = str(fault), True
        return types.CallToolResult(
            content=[types.TextContent(type="text", text=text)], is_error=failed
        )

    return Server(name, on_list_tools=list_tools, on_call_tool=call_tool)
