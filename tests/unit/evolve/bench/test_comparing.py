import pytest
from scipy.stats import binomtest

from evolve.bench.comparing import compare
from evolve.bench.page import metrics_table, render
from evolve.bench.records import Played, Results, document, plan_of
from problems.benchmark import Outcome
from problems.registry import load_benchmark

PLAN = plan_of(load_benchmark("rconstraint"), changes={"seeds": 1, "levels_to": 6})


def results(model, scores, *, cost=0.0):
    played = tuple(
        Played(
            outcome=Outcome(
                sample=sample.id,
                group=sample.group,
                level=sample.level,
                correct=score,
                errors={} if score else {"capacity": 2},
            ),
            calls=1,
            cost_usd=cost,
        )
        for sample, score in zip(PLAN.samples, scores, strict=False)
    )
    return Results(plan=PLAN, model=model, played=played)


def test_binary_scores_are_compared_by_the_exact_test_of_mcnemar():
    first = [1.0] * 12 + [0.0] * 18
    second = [1.0] * 4 + [0.0] * 8 + [1.0] * 2 + [0.0] * 16
    (pair,) = compare([results("a", first), results("b", second)])
    assert (pair.wins, pair.losses, pair.samples, pair.test) == (8, 2, 30, "McNemar")
    assert pair.difference == pytest.approx(6 / 30)
    assert pair.p == pytest.approx(binomtest(8, 10).pvalue)


def test_other_scores_are_compared_by_ranks():
    first = [0.5 + k / 100 for k in range(30)]
    (pair,) = compare([results("a", first), results("b", [0.4] * 30)])
    assert (pair.test, pair.wins) == ("Wilcoxon", 30)
    assert pair.p < 0.001


def test_several_pairs_are_adjusted_together():
    first, second = [1.0] * 6 + [0.0] * 24, [0.0] * 30
    alone = compare([results("a", first), results("b", second)])[0].p
    three = [results("a", first), results("b", second), results("c", second)]
    pairs = compare(three)
    assert [(p.first, p.second) for p in pairs] == [("a", "b"), ("a", "c"), ("b", "c")]
    assert pairs[0].p == pytest.approx(3 * alone)
    assert pairs[2].p == 1.0


def test_only_shared_samples_are_compared():
    (pair,) = compare([results("a", [1.0] * 30), results("b", [0.0] * 10)])
    assert pair.samples == 10
    assert compare([results("a", [1.0] * 30)]) == []
    assert compare([results("a", [1.0]), results("b", [])]) == []


def test_the_page_escapes_what_models_are_called_and_says_what_is_missing():
    hostile = results("<script>alert(1)</script>", [1.0] * 30, cost=0.25)
    short = results("b", [0.0] * 10, cost=0.5)
    page = render([[hostile, short]], ["heuresis bench <x>"])
    assert "<script>" not in page
    assert "&lt;script&gt;" in page
    assert "b: 10 of 30 samples; the budget ended it" in page
    assert "Quality over cost" in page
    assert "src=" not in page
    assert page.count("<svg") == 2


def test_a_table_has_a_column_for_each_model():
    table = metrics_table([results("a", [1.0] * 30), results("b", [0.0] * 30)])
    assert table.columns == ("metric", "a", "b")
    named = {row[0].text: row for row in table.rows}
    assert named["feasible"][1].text == "1.000"
    assert named["feasible"][2].note.startswith("[0.000, 0.1")
    assert named["samples"][1].text == "30"
    assert named["with_capacity"][1].text == "-"


def test_the_document_counts_errors_and_levels():
    found = document(results("a", [1.0] * 20 + [0.0] * 10))
    assert found["errors"] == {"capacity": 20}
    assert found["by_level"][0]["samples"] == 1
    assert sum(row["samples"] for row in found["by_level"]) == 30
