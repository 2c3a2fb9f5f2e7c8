import json
import re
from collections import Counter
from math import exp, log
from random import Random
from statistics import NormalDist, mean

import pytest

from problems.tps.draws import code, is_code
from problems.tps.kinds import constant
from problems.tps.repository import FAMILIES, doing, servers, tools
from problems.tps.tables import TABLES
from problems.tps.tool import (
    _QUANTILES,
    ToolFaultError,
    canonical,
    checked,
    read_arguments,
)
from problems.tps.world import make_world

WORLD = make_world(0)
HIGH = "weather__forecast_high"


def an_input(tool, seed=0):
    """Arguments that the tool takes; codes come from the tools that give them."""
    rng = Random(f"{tool.name}/{seed}")
    codes = {"flight": "FL", "train": "TR", "bus": "BU", "ferry": "FE", "booking": "BK"}
    return {
        p.name: code(codes[p.kind], 0, seed)
        if p.kind in codes
        else rng.randint(2, 999)
        if p.kind == "number"
        else constant(WORLD, p.kind, rng)
        for p in tool.shape.params
    }


def test_there_are_141_tools_on_15_servers_made_from_25_families():
    assert len(servers()) == 15
    assert len(tools()) == 141
    assert len(FAMILIES) == 25
    used = {tool.shape.signature.partition(":")[0] for tool in tools().values()}
    assert used == set(FAMILIES)


def test_names_and_schemas_are_what_providers_take():
    for name, tool in tools().items():
        assert re.fullmatch(r"[a-zA-Z0-9_-]{1,64}", name)
        schema = json.loads(tool.offered().parameters)
        assert schema["required"] == list(schema["properties"])
        kinds = {one["type"] for one in schema["properties"].values()}
        assert kinds <= {"string", "number", "integer", "array"}
    docs = [tool.doc for tool in tools().values()]
    assert len(set(docs)) == len(docs)


def test_a_world_is_a_pure_function_of_its_seed():
    again = make_world.__wrapped__(0)
    assert again == WORLD
    assert make_world(1).tables["city"] != WORLD.tables["city"]
    for name, table in TABLES.items():
        keys = [row[table.key] for row in WORLD.tables[name]]
        assert len(set(keys)) == len(keys) == table.size
        assert all(set(row) == set(table.columns) for row in WORLD.tables[name])


@pytest.mark.parametrize("column", ["city.country", "city.mayor", "company.chief"])
def test_tables_point_to_rows_that_exist(column):
    table, _, name = column.partition(".")
    target = TABLES[table].columns[name].kind
    known = {row["name"] for row in WORLD.tables[target]}
    assert {row[name] for row in WORLD.tables[table]} <= known


def test_every_tool_answers_again_what_it_answered_in_plain_data():
    answered = 0
    for tool in tools().values():
        for seed in range(12):
            args = checked(tool, an_input(tool, seed))
            try:
                result = tool.shape.call(WORLD, args)
            except ToolFaultError:
                continue
            assert result == tool.shape.call(WORLD, dict(args))
            assert json.loads(json.dumps(result)) == result
            assert {field.name for field in tool.shape.fields} <= set(result)
            answered += 1
    assert answered > 0.8 * 12 * 141


def test_another_world_answers_otherwise():
    tool = tools()["websearch__company_of_ticker"]
    ticker = WORLD.tables["company"][0]["ticker"]
    assert tool.shape.call(WORLD, {"ticker": ticker})["name"]
    with pytest.raises(ToolFaultError, match="no company"):
        tool.shape.call(make_world(1), {"ticker": ticker})


def test_some_tools_are_interchangeable_and_some_only_look_alike():
    both = doing("search:article:subject", "total")
    assert both == ("websearch__articles_on_city", "news__city_coverage")
    records = doing("record:city:name", "elevation_m")
    assert records == ("encyclopedia__city_facts", "maps__elevation")
    city = WORLD.tables["city"][3]["name"]
    alike = [HIGH, "weather__climate_high"]
    args = {"city": city, "date": "2031-05-05"}
    values = [next(iter(tools()[n].shape.call(WORLD, args).values())) for n in alike]
    assert values[0] != values[1]
    for name in (*both, *alike):
        assert doing(tools()[name].shape.signature, tools()[name].shape.fields[0].name)


def test_interchangeable_tools_give_equal_values():
    groups = Counter(tool.shape.signature for tool in tools().values())
    compared = 0
    for signature, count in groups.items():
        twins = [t for t in tools().values() if t.shape.signature == signature]
        for seed in range(6 if count > 1 else 0):
            args = an_input(twins[0], seed)
            try:
                results = [twin.shape.call(WORLD, args) for twin in twins]
            except ToolFaultError:
                continue
            for field in {name for result in results for name in result}:
                shared = [result[field] for result in results if field in result]
                assert all(value == shared[0] for value in shared)
                compared += len(shared) > 1
    assert compared > 40


@pytest.mark.parametrize(
    ("name", "args", "result"),
    [
        ("compute__percentage", {"a": 30, "b": 40}, {"result": 75}),
        ("compute__median", {"values": [9, 1, 4, 2]}, {"result": 3}),
        ("compute__largest_prime_factor", {"number": 13 * 17**2}, {"result": 17}),
        ("compute__common_divisor", {"a": 84, "b": 36}, {"result": 12}),
        ("compute__digit_sum", {"number": -905}, {"result": 14}),
        ("units__weekday", {"date": "2026-11-25"}, {"weekday": "Wednesday"}),
        ("units__add_days", {"date": "2032-02-28", "days": 2}, {"date": "2032-03-01"}),
        ("units__km_to_miles", {"km": 100}, {"miles": 62.14}),
        ("units__celsius_to_fahrenheit", {"celsius": -40}, {"fahrenheit": -40}),
        ("language__encode_base64", {"text": "ab"}, {"result": "YWI="}),
        ("language__encode_rot13", {"text": "Hello"}, {"result": "Uryyb"}),
        ("language__count_vowels", {"text": "Amber Ox"}, {"result": 3}),
        (
            "finance__simple_interest",
            {"amount": 1000, "percent": 5, "years": 3},
            {"amount": 150},
        ),
        (
            "finance__compound_interest",
            {"amount": 1000, "percent": 10, "years": 2},
            {"amount": 210},
        ),
        (
            "finance__loan_payment",
            {"amount": 1000, "percent": 10, "years": 2},
            {"amount": 576.19},
        ),
    ],
)
def test_tools_that_compute_compute_right(name, args, result):
    assert tools()[name].shape.call(WORLD, checked(tools()[name], args)) == result


def test_a_search_a_total_and_the_best_agree_with_the_table():
    owner = next(
        row["owner"]
        for row in WORLD.tables["file"]
        if len(WORLD.rows("file", "owner", row["owner"])) > 2
    )
    rows = [row for row in WORLD.tables["file"] if row["owner"] == owner]
    given = {"owner": owner.upper()}
    found = tools()["files__files_of"].shape.call(WORLD, given)
    assert (found["total"], found["first"]) == (len(rows), rows[0]["path"])
    total = tools()["files__storage_of"].shape.call(WORLD, given)
    assert total == {"sum": sum(row["size_kb"] for row in rows)}
    largest = tools()["files__largest_file_of"].shape.call(WORLD, given)
    assert largest["size_kb"] == max(row["size_kb"] for row in rows)


def test_sums_are_the_same_in_every_version_of_python():
    """The plain sum of these prices, 534.905 on average, is too large in 3.11."""
    args = {"ticker": "DM3MC", "start": "2031-03-05", "days": 12}
    assert tools()["finance__mean_close"].shape.call(WORLD, args)["value"] == 534.9


def test_distances_are_those_of_the_grid():
    here, there = WORLD.tables["city"][:2]
    ends = {"origin": here["name"], "destination": there["name"]}
    square = (here["x_km"] - there["x_km"]) ** 2 + (here["y_km"] - there["y_km"]) ** 2
    km = tools()["maps__straight_km"].shape.call(WORLD, ends)["km"]
    assert km**2 <= square < (km + 1) ** 2
    miles = tools()["maps__straight_miles"].shape.call(WORLD, ends)["miles"]
    assert miles == int(km / 1.609344)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("{", "not JSON"),
        ("[]", "not a JSON object"),
        ("null", "not a JSON object"),
        ('{"city": "X"}', "'date' is missing"),
        ('{"city": "X", "date": "2031-01-01", "unit": "K"}', "no parameter 'unit'"),
        ('{"city": 3, "date": "2031-01-01"}', "city must be a text"),
        ('{"city": " ", "date": "2031-01-01"}', "city must be a text"),
        ("[" * 30_000, "longer than"),
        ("[" * 19_000, "not JSON"),
        ("", "'city' is missing"),
    ],
)
def test_arguments_of_another_form_are_refused_with_a_reason(text, why):
    with pytest.raises(ToolFaultError, match=re.escape(why)):
        read_arguments(tools()[HIGH], text)


@pytest.mark.parametrize("value", ["true", '"3"', "NaN", "1e999", "-Infinity", "2.5"])
def test_numbers_must_be_numbers(value):
    text = f'{{"date": "2031-01-01", "days": {value}}}'
    with pytest.raises(ToolFaultError):
        read_arguments(tools()["units__add_days"], text)


@pytest.mark.parametrize(
    ("name", "args", "why"),
    [
        (HIGH, {"city": "Nowhere", "date": "2031-01-01"}, "no city 'Nowhere'"),
        (HIGH, {"city": "", "date": "soon"}, "no city"),
        ("units__weekday", {"date": "2031-02-30"}, "no date"),
        ("units__weekday", {"date": "0001-01-01"}, "between 1900"),
        ("transport__flight_status", {"flight": "FL-1234567"}, "no flight"),
        ("hotels__confirmation_details", {"confirmation": "BK-1"}, "no confirmation"),
        ("compute__divide", {"a": 1, "b": 0}, "b is zero"),
        ("units__local_time", {"city": "X", "utc": "noon"}, "utc must be HH:MM"),
        ("language__translate", {"text": "a", "language": "Latin"}, "languages are"),
    ],
)
def test_tools_refuse_what_they_do_not_know(name, args, why):
    with pytest.raises(ToolFaultError, match=why):
        tools()[name].shape.call(WORLD, args)


def test_codes_check_themselves():
    made = code("FL", 0, "a")
    assert is_code("FL", made)
    assert not is_code("TR", made)
    wrong = made[:-1] + ("A" if made[-1] != "A" else "B")
    assert not is_code("FL", wrong)
    assert not is_code("FL", "")


def test_latency_depends_on_world_tool_arguments_and_attempt():
    tool, args = tools()[HIGH], {"city": "Verith", "date": "2031-01-01"}
    base = tool.latency_ms(0, args, 0)
    assert base == tool.latency_ms(0, {"date": args["date"], "city": "VERITH"}, 0)
    others = {
        "world": [tool.latency_ms(k, args, 0) for k in range(12)],
        "attempt": [tool.latency_ms(0, args, k) for k in range(12)],
        "args": [tool.latency_ms(0, args | {"city": str(k)}, 0) for k in range(12)],
    }
    assert all(len(set(values)) > 4 for values in others.values())
    assert len({tool.median_ms() for tool in tools().values()}) > 100


def test_latencies_are_lognormal_quantiles():
    for name, sigma in (("steady", 0.2), ("usual", 0.5), ("heavy", 1.0)):
        z = [NormalDist().inv_cdf((k + 0.5) / 16) for k in range(16)]
        assert list(_QUANTILES[name]) == [round(1000 * exp(sigma * x)) for x in z]
        assert abs(mean(map(log, _QUANTILES[name])) - log(1000)) < 0.001


def test_failures_come_as_often_as_asked_for_and_can_be_tried_again():
    tool = tools()[HIGH]
    draws = [
        [tool.fails(0, {"city": str(k)}, attempt, 200) for attempt in (0, 1)]
        for k in range(1000)
    ]
    assert 150 < sum(first for first, _ in draws) < 250
    assert 20 < sum(all(pair) for pair in draws) < 65
    assert not any(tool.fails(0, {"city": str(k)}, 0, 0) for k in range(50))
    assert canonical({"a": "X"}) == canonical({"a": "x"})
