import json

import pytest

from evolve.agents.glia.tools import SPECS, TOOLS, ToolError, checked
from prompts.records import ToolCall


def call(name, arguments):
    text = arguments if isinstance(arguments, str) else json.dumps(arguments)
    return ToolCall(id="1", name=name, arguments=text)


def test_every_tool_has_a_schema_that_names_its_arguments():
    assert len(TOOLS) == len(SPECS) == 9
    for tool in TOOLS:
        schema = json.loads(tool.parameters)
        assert schema["type"] == "object"
        assert set(schema["required"]) <= set(schema["properties"])
        assert schema["additionalProperties"] is False


def test_arguments_are_read():
    read = checked(call("results", {"program": "abc", "other": None}))
    assert read == {"program": "abc"}
    assert checked(call("recall", {"note": 3})) == {"note": 3}
    assert checked(call("read_card", "")) == {}


def test_texts_that_no_database_can_store_are_mended():
    text = '{"title": "a\\u0000b", "text": "\\ud800"}'
    assert checked(call("remember", text)) == {"title": "a\ufffdb", "text": "?"}


@pytest.mark.parametrize(
    ("name", "arguments", "words"),
    [
        ("shell", {}, "there is no tool 'shell'; the tools are: read_card"),
        ("results", "{program: 1}", "are no JSON: "),
        ("results", "[" * 100_000, "are no JSON"),
        ("results", "[1]", "must be a JSON object"),
        ("results", {}, "results needs the argument 'program'"),
        ("results", {"program": 7}, "must be a JSON string, not int"),
        ("recall", {"note": True}, "must be a JSON integer, not bool"),
        ("recall", {"note": "1"}, "must be a JSON integer, not str"),
        ("recall", {"note": 1, "x": 2}, "has no argument 'x'; it takes: note"),
    ],
)
def test_a_malformed_call_is_answered_with_what_is_wrong(name, arguments, words):
    with pytest.raises(ToolError) as caught:
        checked(call(name, arguments))
    assert words in str(caught.value)


def test_a_cut_call_says_that_it_was_cut():
    with pytest.raises(ToolError, match="cut at the token limit"):
        checked(call("results", '{"program": "ab'), cut=True)
