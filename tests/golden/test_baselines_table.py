"""``problems/README.md`` is what its command prints."""

from dataclasses import replace
from importlib.resources import files

import pytest

from problems import registry
from problems.base import Measure, Published, Split
from tests.benchmarks.baselines import DATA, HEAD, kept, measure, page, section
from tests.fakes.tiny_problem import TINY

TABLE = files("problems").joinpath("README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", registry.names())
def test_every_pack_and_baseline_and_published_set_is_in_the_table(name):
    pack = registry.load(name)
    assert f"## [{name}]({name}/README.md): {pack.title}\n" in TABLE, (
        "print it again with: python -m tests.benchmarks.baselines > problems/README.md"
    )
    section = TABLE.split(f"## [{name}]")[1].split("\n## ")[0]
    assert TABLE.startswith(HEAD)
    for rule in pack.baselines:
        assert f"\n| `{rule}` |" in section
    for one in pack.published:
        assert f"| {one.name} " in section
        assert set(one.percent) <= set(pack.baselines)
        for figure in one.percent.values():
            assert f"**({figure:g})**" in section


def test_a_pack_of_any_kind_is_measured():
    first = TINY.instances(Split.TRAIN)[0]
    rule = next(iter(TINY.baselines))
    published = tuple(
        Published(
            name=how.upper(),
            instances=lambda: [first],
            target=lambda _: 2.0,
            measure=how,
            percent={rule: 5},
            doc="one",
        )
        for how in Measure
    )
    found = measure(replace(TINY, published=published))
    assert found.gaps[rule]["MEAN"] == found.gaps[rule]["AGGREGATE"]
    text = page([section(found)])
    assert "| baseline | train | valid | test | ood | MEAN | AGGREGATE |" in text
    assert f"{100 * found.gaps[rule]['MEAN']:.2f} **(5)**" in text
    assert "* MEAN (1): one.\n" in text


def test_a_page_is_taken_apart_and_put_together():
    assert page(list(kept(TABLE).values())) == TABLE


@pytest.mark.slow
@pytest.mark.timeout(1200)
@pytest.mark.parametrize("name", registry.names())
def test_the_table_is_what_the_command_prints(name):
    pack = registry.load(name)
    paths = [DATA / one.file for one in pack.published if one.file]
    missing = [str(path) for path in paths if not path.exists()]
    if missing:
        pytest.skip(f"published instances are not at {', '.join(missing)}")
    assert section(measure(pack)) == kept(TABLE)[name]
