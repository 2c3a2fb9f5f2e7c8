import hashlib
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jinja2 import TemplateNotFound, UndefinedError

from prompts import render
from prompts.rendering import cut, fenced, gap
from tests.golden.test_prompts import PARENT, TINY

CONTEXT = {
    "problem": TINY,
    "entry_point": TINY.default_entry_point,
    "modules": (),
    "block_start": "# START",
    "block_end": "# END",
    "limits": {"source_chars": 100, "message_chars": 20},
    "parent": {
        "source": PARENT.candidate.source,
        "block": "",
        "gap": 0.5,
        "worst": (),
        "columns": (),
        "message": "",
    },
    "inspirations": (),
    "failures": (),
    "siblings": (),
    "hints": (),
    "memory": (),
    "guidance": None,
    "guidance_chars": 800,
    "direction": None,
}


def test_the_digest_is_that_of_both_parts():
    prompt = render("rewrite", **CONTEXT)
    text = f"{prompt.system}\0{prompt.user}".encode()
    assert prompt.digest == hashlib.sha256(text).hexdigest()
    assert prompt.template == "rewrite"


def test_rendering_is_a_function_of_its_arguments():
    assert render("rewrite", **CONTEXT) == render("rewrite", **CONTEXT)
    assert render("rewrite", **CONTEXT) != render("mutate_diff", **CONTEXT)


def test_a_missing_name_is_an_error():
    context = {k: v for k, v in CONTEXT.items() if k != "modules"}
    with pytest.raises(UndefinedError, match="modules"):
        render("rewrite", **context)


def test_an_unknown_template_is_an_error():
    with pytest.raises(TemplateNotFound):
        render("no_such_template", **CONTEXT)


def test_what_stays_the_same_in_a_campaign_stands_first():
    prompts = [
        render(name, lender=CONTEXT["parent"], **CONTEXT)
        for name in ("mutate_diff", "rewrite", "crossover")
    ]
    assert len(prompts[0].system) > 500
    assert len({prompt.system for prompt in prompts}) == 1
    assert all("return p" not in prompt.system for prompt in prompts)


def test_template_syntax_in_data_is_data():
    parent = CONTEXT["parent"] | {"source": "{{ 7 * 7 }} {% raw %}"}
    assert (
        "{{ 7 * 7 }} {% raw %}"
        in render("rewrite", **CONTEXT | {"parent": parent}).user
    )


@given(st.text(alphabet="`~ab\n", max_size=60))
def test_no_text_leaves_its_fence(text):
    lines = fenced(text, "python").split("\n")
    fence = lines[0].removesuffix("python")
    assert set(fence) == {"`"}
    assert lines[-1] == fence
    closing = re.compile(rf"`{{{len(fence)},}}")
    assert not any(closing.search(line) for line in lines[1:-1])


@given(st.text(max_size=300), st.integers(1, 200))
def test_a_cut_text_is_short_and_says_so(text, limit):
    shown = cut(text, limit)
    if len(text) <= limit:
        assert shown == text
    else:
        assert len(shown) <= limit + 60
        assert "left out here" in shown
        assert shown[: limit * 2 // 3] == text[: limit * 2 // 3]


def test_gaps_are_written_in_per_cent():
    assert gap(0.012345) == "1.23 %"
    assert gap(None) == "none"
