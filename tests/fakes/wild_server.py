"""An MCP server over standard input and output that answers, errs, hangs and dies."""

import asyncio
import os
import sys

from mcp.server import MCPServer
from mcp.server.mcpserver.exceptions import ToolError

server = MCPServer("wild")


@server.tool()
def echo(text: str) -> str:
    """Say it back."""
    return text


@server.tool()
def environment(name: str) -> str:
    """Say what a variable is."""
    return os.environ.get(name, "")


@server.tool()
def fail() -> str:
    """Answer with an error."""
    raise ToolError("out of cheese")


@server.tool()
async def hang() -> str:
    """Give no answer."""
    await asyncio.sleep(3600)
    return "late"


@server.tool()
def die() -> str:
    """End the process."""
    sys.stderr.write("I die\n")
    sys.stderr.flush()
    os._exit(1)


if __name__ == "__main__":
    server.run("stdio")
