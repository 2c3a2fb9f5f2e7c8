"""The repository of tools: 15 servers, 141 tools, made from families of functions."""

import tomllib
from collections.abc import Callable, Mapping
from functools import cache
from importlib.resources import files

from problems.base import Json
from problems.tps import families_pure, families_records, families_services
from problems.tps.tool import Shape, WorldTool

FAMILIES: Mapping[str, Callable[[Mapping[str, Json]], Shape]] = {
    "record": families_records.record,
    "search": families_records.search,
    "best": families_records.best,
    "total": families_records.total,
    "compare": families_records.compare,
    "nearest": families_records.nearest,
    "route": families_records.route,
    "daily": families_services.daily,
    "span": families_services.span,
    "slot": families_services.slot,
    "connection": families_services.connection,
    "trip": families_services.trip,
    "reserve": families_services.reserve,
    "booking": families_services.booking,
    "send": families_services.send,
    "exchange": families_services.exchange,
    "arithmetic": families_pure.arithmetic,
    "numbers": families_pure.numbers,
    "theory": families_pure.theory,
    "interest": families_pure.interest,
    "convert": families_pure.convert,
    "text": families_pure.text,
    "translate": families_pure.translate,
    "clock": families_pure.clock,
    "calendar": families_pure.calendar,
}


@cache
def tools() -> Mapping[str, WorldTool]:
    """Read all tools, by name, in the order of the servers."""
    path = files("problems.tps").joinpath("data/tools.toml")
    described = tomllib.loads(path.read_text(encoding="utf-8"))
    made = [
        WorldTool(
            server=server,
            name=f"{server}__{name}",
            doc=row["doc"],
            shape=FAMILIES[row["family"]](row.get("options", {})),
        )
        for server, rows in described.items()
        for name, row in rows.items()
    ]
    return {tool.name: tool for tool in made}


def servers() -> Mapping[str, tuple[WorldTool, ...]]:
    """List the tools of each server."""
    by_server: dict[str, list[WorldTool]] = {}
    for tool in tools().values():
        by_server.setdefault(tool.server, []).append(tool)
    return {server: tuple(found) for server, found in by_server.items()}


@cache
def doing(signature: str, field: str) -> tuple[str, ...]:
    """Names of the tools that give this field to the same arguments."""
    return tuple(
        tool.name
        for tool in tools().values()
        if tool.shape.signature == signature
        and any(given.name == field for given in tool.shape.fields)
    )
