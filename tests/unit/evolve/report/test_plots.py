import re
import subprocess
import sys
from dataclasses import replace
from xml.etree import ElementTree as ET

import pytest

from evolve.report import plots
from problems.base import Bar, Picture
from tests.unit.evolve.report.example import (
    all_equal,
    empty,
    example,
    hostile,
    one_program,
    only_failures,
)


def texts(svg):
    return [e.text for e in ET.fromstring(svg).iter("text")]


def marks(svg, group):
    (found,) = [
        e for e in ET.fromstring(svg).iter("g") if e.get("id", "").endswith(group)
    ]
    return sum(1 for _ in found.iter("use"))


def charts(report):
    drawn = [
        plots.search(report),
        plots.search(report, over_time=True),
        plots.instances(report),
        plots.gantt(report.gantt) if report.gantt else "",
        plots.costs(report.costs),
    ]
    return [svg for svg in drawn if svg]


def test_search_shows_every_valid_program_and_every_failure():
    report = example()
    svg = plots.search(report)
    assert marks(svg, "-programs") == report.statuses["ok"]
    assert marks(svg, "-failures-error") == report.statuses["error"]
    assert f"error: {report.statuses['error']}" in texts(svg)


def test_long_runs_draw_a_share_of_the_dots_but_count_all():
    report = example()
    many = tuple(
        replace(p, step=p.step + 300 * k) for k in range(40) for p in report.points
    )
    svg = plots.search(replace(report, points=many))
    assert marks(svg, "-programs") < 4000
    assert f"error: {40 * report.statuses['error']}" in texts(svg)


def test_search_names_its_axes_levels_and_ground_truth():
    found = texts(plots.search(example()))
    assert "gap on train (log scale)" in found
    assert "candidates" in found
    assert "\N{DOWNWARDS ARROW} 0 %: the proven optimum" in found
    for start in ("best, train", "champion, test", "ATC, train", "best of N, train"):
        assert sum(text.startswith(start) for text in found) == 1


def test_time_has_a_unit():
    assert "campaign time (minutes)" in texts(plots.search(example(), over_time=True))


def test_a_gap_of_zero_has_a_place_and_the_optimum_a_line():
    report = example()
    points = (*report.points[:-1], replace(report.points[-1], score=0.0))
    found = texts(plots.search(replace(report, points=points)))
    assert any(text.startswith("proven optimum 0") for text in found)


def test_instances_compare_the_champion_with_each_baseline():
    found = texts(plots.instances(example()))
    assert {"champion", "ATC", "EDD", "MDD", "SPT", "COVERT"} <= set(found)
    assert sum(bool(re.fullmatch(r"\d+ / \d+ / \d+", text)) for text in found) == 5


def test_gantt_hatches_what_is_late():
    report = example()
    late = sum(bar.late for panel in report.gantt.panels for bar in panel.bars)
    svg = plots.gantt(report.gantt)
    assert svg.count("url(#gantt-h") == late
    assert "time (time units of the instance)" in texts(svg)
    on_time = replace(
        report.gantt.panels[0], bars=(Bar(row="m", start=0, end=1, label="1"),)
    )
    assert "url(#gantt-h" not in plots.gantt(replace(report.gantt, panels=(on_time,)))


def test_the_words_of_the_picture_are_those_of_the_problem():
    chart = replace(
        example().gantt, picture=Picture(along="fill of a bin (units)", marked=None)
    )
    words = texts(plots.gantt(chart))
    assert "fill of a bin (units)" in words
    assert not any("late" in word or "hatched" in word for word in words)
    last = replace(chart, picture=Picture(marked="last to end"))
    assert any("last to end (hatched)" in word for word in texts(plots.gantt(last)))


def test_unreported_cost_is_words_not_a_bar_of_zero():
    assert "not reported (40 calls)" in texts(plots.costs(example().costs))


@pytest.mark.parametrize("report", [empty(), only_failures()])
def test_nothing_to_draw_draws_nothing(report):
    assert charts(report) == []


@pytest.mark.parametrize("report", [one_program(), all_equal()])
def test_flat_runs_are_drawn(report):
    for svg in charts(report):
        assert "nan" not in svg.lower().replace("nance", "")


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script> $\\frac{",
        "\x00\x1b[31m\u202e\ud800",
        *(
            pytest.param(text, marks=pytest.mark.slow)
            for text in (
                '" onload="alert(1)',
                "漢字 😀 العربية",
                "]]> &amp; url(#x) #0072b2",
                "x" * 100_000,
                "",
            )
        ),
    ],
)
def test_hostile_names_stay_text(text):
    for svg in charts(hostile(text)):
        root = ET.fromstring(svg)
        assert not [e for e in root.iter() if "script" in e.tag]
        assert not [k for e in root.iter() for k in e.attrib if k.startswith("on")]
        assert len(svg) < 400_000


def test_ids_of_two_charts_do_not_clash_and_references_resolve():
    seen = set()
    for svg in charts(example()):
        root = ET.fromstring(svg)
        ids = [e.get("id") for e in root.iter() if e.get("id")]
        assert len(ids) == len(set(ids))
        assert not seen & set(ids)
        seen |= set(ids)
        assert set(re.findall(r'(?:url\(#|href="#)([^)"]+)', svg)) <= set(ids)


def test_colours_are_variables_with_a_light_fallback():
    svg = plots.search(example())
    assert "var(--blue, #0072b2)" in svg
    assert not re.findall(r"(?<!, )#[0-9a-f]{6}", svg)


def test_the_same_data_give_the_same_bytes():
    assert charts(example()) == charts(example())


@pytest.mark.slow
def test_drawing_leaves_no_trace_in_matplotlib():
    program = (
        "import sys, matplotlib as mpl\n"
        # Reading the backend, or comparing all settings, would import pyplot.
        "names = [name for name in list(mpl.rcParams) if name != 'backend']\n"
        "before = [repr(mpl.rcParams[name]) for name in names]\n"
        "from tests.unit.evolve.report.example import example\n"
        "from evolve.report import plots\n"
        "assert '<svg' in plots.search(example())\n"
        "assert [repr(mpl.rcParams[name]) for name in names] == before\n"
        "assert 'matplotlib.pyplot' not in sys.modules\n"
    )
    subprocess.run([sys.executable, "-W", "error", "-c", program], check=True)


def test_matplotlib_is_loaded_only_to_draw():
    program = (
        "import sys\n"
        "import evolve.report.html, evolve.report.terminal, evolve.report.export\n"
        "import evolve.report.summary, evaluators.statistics\n"
        "loaded = {'matplotlib', 'scipy', 'pygments', 'jinja2'} & set(sys.modules)\n"
        "assert not loaded, loaded\n"
    )
    subprocess.run([sys.executable, "-c", program], check=True)
