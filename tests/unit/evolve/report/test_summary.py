import json

import pytest

from evolve.report.records import RunReport
from evolve.report.summary import to_json
from tests.unit.evolve.report.example import (
    all_equal,
    empty,
    example,
    hostile,
    one_program,
    only_failures,
)


def test_document_has_the_keys_that_others_rely_on():
    report = example()
    document = to_json(report)
    assert document["run"] == "smtt-evening"
    assert document["status"] == "done"
    assert document["candidates"] == 300
    assert document["cost_usd"] == 1.234
    assert document["best"]["id"] == report.best.id
    assert document["best"]["source"] == report.best.candidate.source
    assert set(document["best"]["gap"]) == {"train", "valid", "test", "ood"}
    assert set(document["baselines"]) == {"EDD", "SPT", "MDD", "ATC", "COVERT"}
    assert document["baselines"]["ATC"]["gap"]["test"] > document["best"]["gap"]["test"]
    assert document["best"]["groups"]["test"]["n30"]["n"] == 40
    first = document["claims"][0]
    assert set(first) == {
        "against", "split", "difference", "interval", "p", "n", "shown",
    }  # fmt: skip
    assert first["difference"] < 0
    assert len(first["interval"]) == 2


@pytest.mark.parametrize(
    "report",
    [empty(), one_program(), only_failures(), all_equal(), hostile("\x00\ud800<")],
    ids=["empty", "one", "failures", "equal", "hostile"],
)
def test_document_is_strict_json(report):
    text = json.dumps(to_json(report), allow_nan=False)
    assert json.loads(text)["run"] == report.campaign.name


def test_absent_is_null():
    document = to_json(one_program())
    assert document["best"]["gap"] == dict.fromkeys(("train", "valid", "test", "ood"))
    assert to_json(empty())["best"] is None


def test_a_champion_needs_a_lineage():
    full = example()
    with pytest.raises(ValueError, match="together"):
        RunReport(
            campaign=full.campaign,
            spent=full.spent,
            title="",
            conditions=full.conditions,
            champion=full.champion,
        )
