import asyncio
import json
import sys

import pytest
from mcp import Client, StdioServerParameters

from evolve.bench.serving import make_servers, serve
from problems.errors import ConfigError
from problems.tps.repository import tools
from problems.tps.world import make_world

DAY = {"date": "2031-05-01"}


async def call(client, name, arguments):
    result = await client.call_tool(name, arguments)
    return result.is_error, "".join(part.text for part in result.content)


async def listed(servers):
    found = {}
    for name, server in servers.items():
        async with Client(server) as client:
            for tool in (await client.list_tools()).tools:
                found[f"{name}__{tool.name}"] = (tool.description, tool.input_schema)
    return found


def test_the_servers_list_all_141_tools():
    found = asyncio.run(listed(make_servers(0)))
    assert len(found) == 141
    assert found == {name: (tool.doc, tool.schema()) for name, tool in tools().items()}


def test_a_client_gets_what_a_sample_gets():
    waited = []

    async def wait(seconds):
        waited.append(seconds)

    city = make_world(0).tables["city"][0]

    async def drive():
        servers = make_servers(0, wait=wait)
        async with Client(servers["encyclopedia"]) as client:
            facts = await call(client, "city_population", {"city": city["name"]})
            again = await call(client, "city_population", {"city": city["name"]})
            unknown = await call(client, "city_population", {"city": "Nowhere"})
            missing = await call(client, "city_population", {})
            no_tool = await call(client, "weekday", DAY)
        async with Client(servers["units"]) as client:
            both = await asyncio.gather(
                call(client, "weekday", DAY),
                call(client, "add_days", DAY | {"days": 3}),
            )
        return facts, again, unknown, missing, no_tool, both

    facts, again, unknown, missing, no_tool, both = asyncio.run(drive())
    assert facts == (False, json.dumps({"population": city["population"]}))
    assert again == facts
    assert unknown == (True, "no city with name 'Nowhere'")
    assert missing == (True, "parameter 'city' is missing")
    assert no_tool[0]
    assert [json.loads(text) for _, text in both] == [
        {"weekday": "Thursday"},
        {"date": "2031-05-04"},
    ]
    tool, args = tools()["encyclopedia__city_population"], {"city": city["name"]}
    expected = [tool.latency_ms(0, args, attempt) / 1000 for attempt in (0, 1)]
    assert waited[:2] == expected
    assert len(waited) == 5


def test_only_servers_that_exist_are_served():
    with pytest.raises(ConfigError, match="no server 'moon'; known: websearch, "):
        asyncio.run(serve("moon", 0))


@pytest.mark.slow
def test_a_server_answers_over_standard_input_and_output(tmp_path):
    code = "import asyncio; from evolve.bench.serving import serve; "
    parameters = StdioServerParameters(
        command=sys.executable,
        args=["-c", code + "asyncio.run(serve('units', 0))"],
        cwd=tmp_path,
    )

    async def drive():
        async with Client(parameters) as client:
            return await call(client, "weekday", DAY)

    assert asyncio.run(drive()) == (False, '{"weekday": "Thursday"}')
