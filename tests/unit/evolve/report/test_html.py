import re
from dataclasses import replace
from functools import cache
from html.parser import HTMLParser

import pytest
from jinja2 import UndefinedError

from evolve.report.code import diff, highlighted
from evolve.report.html import render
from evolve.report.records import Ancestor
from problems.base import Split
from prompts.html import render_html, trusted
from tests.unit.evolve.report.example import (
    all_equal,
    empty,
    example,
    hostile,
    one_program,
    only_failures,
    program,
)

VOID = {"meta", "link", "br"}
ATTACKS = (
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    '"><svg onload=alert(1)>',
    "'-->]]></style></title></pre><iframe>",
    "{{ 7 * 7 }}{% raise %}",
)


class Page(HTMLParser):
    """Tags, attributes and text of a page; fails where tags do not nest."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.attributes, self.words, self._open = [], [], [], []
        self.feed(text)
        self.close()
        assert self._open == []

    def handle_starttag(self, tag, attrs):
        self.handle_startendtag(tag, attrs)
        if tag not in VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += [(tag, *pair) for pair in attrs]

    def handle_endtag(self, tag):
        assert self._open.pop() == tag

    def handle_data(self, data):
        self.words.append(data)

    @property
    def text(self):
        return "".join(self.words)


@pytest.fixture(scope="module")
def page():
    return Page(render(example()))


def test_page_needs_nothing_from_outside(page):
    assert not {"script", "iframe", "object", "img", "base", "form"} & set(page.tags)
    for tag, name, value in page.attributes:
        if name in ("src", "href", "xlink:href", "action"):
            assert value.startswith(("#", "data:,")), (tag, name, value)
    assert "@import" not in page.text


def test_policy_forbids_scripts_and_requests(page):
    (policy,) = [v for _, k, v in page.attributes if k == "content" and "default" in v]
    assert policy.startswith(
        "default-src 'none'; style-src 'unsafe-inline'; img-src data:"
    )


def test_links_in_the_page_resolve(page):
    ids = {value for _, name, value in page.attributes if name == "id"}
    links = {v[1:] for t, n, v in page.attributes if n == "href" and v[:1] == "#"}
    assert {"results", "rule", "lineage", "conditions"} <= links <= ids


def test_page_says_what_is_shown_and_how_sure(page):
    assert "better than ATC (the strongest baseline) by" in page.text
    assert "unseen test instances" in page.text
    assert "Holm" in page.text
    assert "proven optimum" in page.text


def test_held_out_gaps_stand_beside_those_of_the_search(page):
    for column in ("train (searched on)", "test (held out)"):
        assert column in page.text


def test_page_names_unknown_cost_limits_and_conditions(page):
    for text in (
        "14 calls not reported",
        "not reported (40 calls)",
        "landlock+seccomp",
        "5 s for all instances of a split",
        "heuresis run smtt --budget-candidates 300 --seed 7",
        "ZeroDivisionError: float division by zero",
        "qwen-0.5b is a small local model",
        "OR-Tools CP-SAT 9.15",
    ):
        assert text in page.text


def test_every_chart_has_a_table(page):
    assert page.tags.count("svg") == 5
    assert page.tags.count("table") >= 5 + 4
    assert (
        sum(name == "role" and value == "img" for _, name, value in page.attributes)
        == 5
    )


def test_source_and_changes_are_shown(page):
    assert "def priority(job, state):" in page.text
    assert "+    urgency = math.exp" in page.text
    assert "-    return max(job.p + state.time, job.d)" in page.text


def test_a_missing_control_is_admitted():
    assert "No control search" not in render(example())
    assert "No control search" in render(replace(example(), controls={}))


@pytest.mark.parametrize(
    ("report", "words"),
    [
        (empty, "No program has been judged."),
        (one_program, "There is a champion, but it has no gap on any split."),
        (only_failures, "No valid program: 40 programs"),
        (all_equal, "5.00"),
    ],
    ids=["empty", "one", "failures", "equal"],
)
def test_edge_cases_have_a_page(report, words):
    assert words in Page(render(report())).text


@cache
def clean_page():
    return Page(render(hostile("harmless")))


@pytest.mark.parametrize(
    "attack",
    [
        ATTACKS[0],
        *(pytest.param(attack, marks=pytest.mark.slow) for attack in ATTACKS[1:]),
    ],
)
def test_hostile_text_is_text_everywhere(attack):
    clean, attacked = clean_page(), Page(render(hostile(attack)))
    assert attacked.text.count(attack) >= 10
    # Charts break long names differently; no tag or attribute may be new.
    assert set(attacked.tags) == set(clean.tags)
    assert {(t, n) for t, n, _ in attacked.attributes} == {
        (t, n) for t, n, _ in clean.attributes
    }


def test_control_characters_are_spelled_out():
    text = render(hostile("a\x00\x1b[31m\u202eb\ud800"))
    text.encode()
    assert not re.search(r"[\x00-\x08\x0b-\x1f\u202e\ud800]", text)
    assert "\\u202e" in text


def test_huge_lines_do_not_make_a_huge_page():
    report = example()
    huge = program("x = '" + "A" * 3_000_000 + "'\n")
    lineage = (*report.lineage, Ancestor(program=huge, author="m"))
    text = render(replace(report, lineage=lineage))
    assert len(text) < 600_000
    assert "2998006 more characters" in text


def test_a_failed_split_says_failed():
    report = example()
    champion = replace(
        report.champion, overall={}, groups={}, failed={Split.TEST: "error"}
    )
    assert "failed: error" in render(replace(report, champion=champion, claims=()))


def test_highlighting_escapes_even_what_is_too_long_to_highlight():
    nasty = "x = '</code><script>'\n"
    for source in (nasty, nasty * 20_000):
        assert "<script" not in highlighted(source)
        assert "&lt;script" in highlighted(source)


def test_a_long_difference_is_cut_and_says_so():
    before, after = ("\n".join(f"{c}{i}" for i in range(1000)) for c in "ab")
    lines = diff(before, after)
    assert len(lines) == 401
    assert lines[-1].text == "… 1601 more lines"
    assert {line.kind for line in lines[:3]} == {"hunk", "del"}


def test_templates_escape_values_and_refuse_unknown_names():
    assert render_html("<p>{{ x }}</p>", x="<&'") == "<p>&lt;&amp;&#39;</p>"
    assert render_html("{{ x }}", x=trusted("<b>")) == "<b>"
    with pytest.raises(UndefinedError):
        render_html("{{ unknown }}")
