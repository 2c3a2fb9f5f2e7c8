"""A coding agent drives a campaign over MCP, with the client of the SDK."""

import asyncio
import sys

import pytest
from mcp import Client, StdioServerParameters

from tests.e2e.cli import heuresis

EDIT = "<<<<<<< SEARCH\n    return job.d\n=======\n    return {}\n>>>>>>> REPLACE\n"


def server(folder, *arguments):
    code = "from evolve.cli import main; main()"
    return StdioServerParameters(
        command=sys.executable,
        args=["-c", code, "mcp", *arguments],
        cwd=folder,
        env={"HEURESIS_CACHE": "off"},
    )


async def call(client, name, **arguments):
    result = await client.call_tool(name, arguments)
    return result.is_error, "".join(part.text for part in result.content)


async def drive(folder):
    said = {}
    parameters = server(folder, "smtt", "--out", "run", "--budget-candidates", "3")
    async with Client(parameters) as client:
        said["tools"] = {tool.name for tool in (await client.list_tools()).tools}
        said["early"] = await call(client, "submit_candidate", code="x")
        await call(client, "leave_note", text="Try the modified due date.")
        said["brief"] = await call(client, "get_brief")
        said["bad"] = await call(client, "submit_candidate", code="no code at all")
        edit = EDIT.format("max(job.d, state.t + job.p)")
        said["good"] = await call(
            client, "submit_candidate", code=edit, rationale="Baker and Bertrand"
        )
        said["best"] = await call(client, "best", count=3)
        said["status"] = await call(client, "status")
        said["unknown"] = await call(client, "results", program="ffffffff")
        await call(client, "submit_candidate", code=EDIT.format("job.p"))
        said["over"] = await call(client, "get_brief")
    async with Client(server(folder, "run")) as client:
        best = said["best"][1][:12]
        said["results"] = await call(client, "results", program=best)
    return said


@pytest.mark.slow
def test_an_agent_improves_the_rule_and_the_run_is_like_any_other(tmp_path):
    said = asyncio.run(drive(tmp_path))
    assert said["tools"] == {
        "get_brief",
        "submit_candidate",
        "results",
        "best",
        "leave_note",
        "status",
    }
    assert said["early"][0]
    assert "nothing was asked yet" in said["early"][1]
    assert "Try the modified due date." in said["brief"][1]
    assert said["bad"][1].startswith("rejected (no_code)")
    failed, good = said["good"]
    assert not failed
    assert "better than its parent" in good
    assert "worst instances" in good
    assert "2 of 3 candidates" in good
    assert "max(job.d, state.t + job.p)" in said["best"][1]
    assert "1 proposals rejected" in said["status"][1]
    assert said["unknown"][0]
    assert "ffffffff" in said["unknown"][1]
    assert said["over"][0]
    assert "budget of 3 candidates used" in said["over"][1]
    assert "max(job.d, state.t + job.p)" in said["results"][1]
    status = heuresis("status", "run", "--json", cwd=tmp_path).json
    assert status["candidates"] == 3
    assert status["state"] == "done"
    (best,) = heuresis("best", "run", "--json", cwd=tmp_path).json
    assert best["operator"] == "told"
    assert best["rationale"] == "Baker and Bertrand"
