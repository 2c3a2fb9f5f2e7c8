"""Sessions with servers of the Model Context Protocol, in a thread of their own.

Each server has one session. A server that ends is started again when it is called next;
one that gives no answer in time fails that call only. Nothing of it raises: what went
wrong is the result of the call. Needs the SDK, which is an optional extra.
"""

import asyncio
import json
import re
import time
from collections.abc import Coroutine, Mapping, Sequence
from contextlib import AsyncExitStack
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING, Any, TypeVar

from evolve.bench.servers import Server
from evolve.mcp import require
from problems.benchmark import Tool, ToolCall, ToolResult
from problems.errors import InfrastructureError

if TYPE_CHECKING:
    from mcp import Client

LOST, HUNG, REFUSED = "server_lost", "server_hung", "tool_refused"

_START_SECONDS = 60.0
"""So long a server may take until it lists its tools."""

_END_SECONDS = 10.0
"""So long a session may take to end by itself."""

_LONGEST = 20_000
"""Of a result, so many characters are kept."""

_UNFIT = re.compile(r"[^A-Za-z0-9_-]")
_LONGEST_NAME = 64
"""What providers of models take as the name of a tool."""

_T = TypeVar("_T")


class LiveServers:
    """All servers of a run.

    Parameters
    ----------
    timeout
        Seconds that a call may take.
    logs
        Folder for what servers write to their standard error.

    Raises
    ------
    ConfigError
        If the SDK is not installed.
    InfrastructureError
        If a server does not start.
    """

    def __init__(
        self, servers: Sequence[Server], *, timeout: float, logs: Path
    ) -> None:
        require("heuresis bench --live")
        logs.mkdir(parents=True, exist_ok=True)
        self.loop = asyncio.new_event_loop()
        self._sessions = [
            _Session(server, timeout, logs / f"{_UNFIT.sub('_', server.name)}.log")
            for server in servers
        ]
        self._thread = Thread(target=self.loop.run_forever, daemon=True)
        self._thread.start()
        self._place: Mapping[str, tuple[_Session, str]] = {}
        self.tools: tuple[Tool, ...] = ()
        try:
            self._run(self._list())
        except BaseException:
            self.close()
            raise

    async def call(self, call: ToolCall) -> ToolResult:
        """Make a call whose name is that of a tool; its failure is a result."""
        session, name = self._place[call.name]
        begin = time.monotonic()
        text, error = await session.call(name, call.arguments)
        seconds = time.monotonic() - begin
        return ToolResult(id=call.id, text=text, error=error, seconds=seconds)

    def close(self) -> None:
        """End all servers."""
        if not self.loop.is_running():
            return
        self._run(self._close())
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join()
        self.loop.close()

    def _run(self, work: Coroutine[Any, Any, _T]) -> _T:
        return asyncio.run_coroutine_threadsafe(work, self.loop).result()

    async def _list(self) -> None:
        found = await asyncio.gather(*(session.list() for session in self._sessions))
        place: dict[str, tuple[_Session, str]] = {}
        tools: list[Tool] = []
        for session, listed in zip(self._sessions, found, strict=True):
            for tool in listed:
                name = _fresh(f"{session.server.name}__{tool.name}", place)
                place[name] = session, tool.name
                schema = json.dumps(tool.input_schema)
                doc = tool.description or ""
                tools.append(Tool(name=name, doc=doc, parameters=schema))
        self._place, self.tools = place, tuple(tools)

    async def _close(self) -> None:
        await asyncio.gather(*(session.close() for session in self._sessions))


def _fresh(name: str, taken: Mapping[str, object]) -> str:
    """Give a name that models can be offered, and that no other tool has."""
    short = _UNFIT.sub("_", name)[:_LONGEST_NAME]
    k = 2
    while short in taken:
        short = f"{short[: _LONGEST_NAME - 4]}_{k}"
        k += 1
    return short


class _LostError(Exception):
    """A server is not there; the text says why."""


class _Session:
    """One server; it lives in a task of its own, because the SDK wants that."""

    def __init__(self, server: Server, limit: float, log: Path) -> None:
        self.server = server
        self._limit = limit
        self._log = log
        self._starting = asyncio.Lock()
        self._task: asyncio.Task[None] | None = None
        self._client: Client | None = None
        self._stop = asyncio.Event()

    async def list(self) -> list[Any]:
        """List the tools of the server, which starts it."""
        tools: list[Any] = []
        try:
            async with asyncio.timeout(_START_SECONDS):
                client = await self._connected()
                cursor: str | None = None
                while True:
                    page = await client.list_tools(cursor=cursor)
                    tools += page.tools
                    cursor = page.next_cursor
                    if not cursor:
                        return tools
        except _failures() as error:
            why = str(error) or f"nothing came within {_START_SECONDS:g} s"
            wrote = f"; what it wrote is in {self._log}" if self.server.command else ""
            raise InfrastructureError(
                f"the MCP server {self.server.name!r} does not list its tools: {why}"
                + wrote
            ) from error

    async def call(self, tool: str, arguments: str) -> tuple[str, str]:
        """Call a tool; give the text and the kind of error."""
        client = None
        try:
            async with asyncio.timeout(self._limit):
                client = await self._connected()
                result = await client.call_tool(tool, json.loads(arguments or "{}"))
        except TimeoutError:
            return f"no answer within {self._limit:g} s", HUNG
        except _LostError as error:
            return str(error), LOST
        except _failures() as error:
            if await self._ended(client):
                return "the server of this tool ended", LOST
            return _cut(str(error)), REFUSED
        return _cut(_text(result)), REFUSED if result.is_error else ""

    async def close(self) -> None:
        """End the session; a server that does not end is killed by the SDK."""
        self._client = None
        self._stop.set()
        if self._task is not None:
            await asyncio.wait([self._task], timeout=_END_SECONDS)
            self._task.cancel()
            await asyncio.wait([self._task])

    async def _connected(self) -> "Client":
        async with self._starting:
            if self._client is None:
                self._stop = asyncio.Event()
                ready: asyncio.Future[Client] = asyncio.Future()
                self._task = asyncio.create_task(self._live(ready, self._stop))
                self._task.add_done_callback(_heard)
                try:
                    both: list[asyncio.Future[Any]] = [ready, self._task]
                    await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
                except asyncio.CancelledError:
                    self._task.cancel()
                    raise
                if not ready.done():
                    raise _LostError(f"the server does not start: {_why(self._task)}")
                self._client = ready.result()
            return self._client

    async def _live(self, ready: "asyncio.Future[Client]", stop: asyncio.Event) -> None:
        from mcp import Client

        async with AsyncExitStack() as stack:
            transport = await _transport(self.server, self._log, stack)
            client = await stack.enter_async_context(Client(transport))
            ready.set_result(client)
            await stop.wait()

    async def _ended(self, client: "Client | None") -> bool:
        """Whether the session is over; then the next call begins another one."""
        if client is None or client is not self._client:
            return True
        try:
            async with asyncio.timeout(5.0):
                await client.list_tools(cache_mode="refresh")
        except _failures():
            await self.close()
            return True
        return False


async def _transport(server: Server, log: Path, stack: AsyncExitStack) -> Any:
    """Prepare how to reach a server; what is opened for it ends with the stack."""
    from mcp import StdioServerParameters, stdio_client
    from mcp.client.streamable_http import streamable_http_client

    if server.url:
        import httpx2

        # Calls have a limit of their own, and headers may hold keys of one host.
        http = httpx2.AsyncClient(headers=dict(server.headers), timeout=None)
        await stack.enter_async_context(http)
        return streamable_http_client(server.url, http_client=http)
    parameters = StdioServerParameters(
        command=server.command,
        args=list(server.args),
        env=dict(server.env) or None,
        cwd=server.cwd,
    )
    errors = stack.enter_context(log.open("a", encoding="utf-8"))
    return stdio_client(parameters, errlog=errors)


def _failures() -> tuple[type[Exception], ...]:
    """Errors by which the SDK says that a call or a session failed."""
    import anyio
    import httpx2
    from mcp import MCPError

    return (
        _LostError,
        MCPError,
        OSError,
        RuntimeError,
        ValueError,
        ExceptionGroup,
        anyio.ClosedResourceError,
        anyio.BrokenResourceError,
        httpx2.HTTPError,
    )


def _heard(task: "asyncio.Task[None]") -> None:
    """Take note of how a session ended, so that asyncio does not warn of it."""
    if not task.cancelled():
        task.exception()


def _why(task: "asyncio.Task[None]") -> str:
    """Say why a session ended, in one line."""
    error = None if task.cancelled() else task.exception()
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return f"{error}" if error is not None else "it ended"


def _text(result: Any) -> str:
    """Read a result as a model does: its texts, and what else there is by its kind."""
    parts = [
        part.text if part.type == "text" else f"[{part.type}]"
        for part in result.content
    ]
    if not parts and result.structured_content is not None:
        return json.dumps(result.structured_content)
    return "\n".join(parts)


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST else text[:_LONGEST] + " [cut]"
