import numpy as np
import pytest
from scipy.stats import spearmanr

from evolve.agents.glia.analysis import correlations, features, summary


def test_an_instance_is_described_by_its_numbers():
    found = features({"p": [1, 3], "d": [[2, 4], [6]], "n": 5, "name": "x", "e": []})
    assert found["n"] == 5
    assert found["len(d)"] == 3
    assert found["mean(p)"] == 2
    assert found["std(p)"] == 1
    assert (found["min(d)"], found["max(d)"]) == (2, 6)
    assert found["mean(d)/sum(p)"] == 1
    assert not any("name" in key or "(e)" in key for key in found)


def test_a_sum_of_zero_has_no_ratio():
    assert "mean(p)/sum(d)" not in features({"p": [1], "d": [0]})


def test_rank_correlations_are_spearmans():
    rng = np.random.default_rng(0)
    values = rng.integers(0, 5, 30).astype(float)  # with ties
    columns = {"a": rng.normal(size=30), "b": values**3, "c": np.ones(30)}
    rows = [{k: float(v[i]) for k, v in columns.items()} for i in range(30)]
    found = dict(correlations(list(values), rows))
    assert list(found) == ["b", "a"]
    assert found["b"] == pytest.approx(1)
    assert found["a"] == pytest.approx(spearmanr(values, columns["a"]).statistic)


def test_too_few_or_equal_values_have_no_correlation():
    assert correlations([1, 2], [{"a": 1}, {"a": 2}]) == []
    assert correlations([1, 1, 1], [{"a": 1}, {"a": 2}, {"a": 3}]) == []
    assert correlations([], []) == []


def test_a_summary_has_quantiles():
    found = summary([3.0, 1.0, 2.0])
    assert found == {
        "count": 3,
        "mean": 2,
        "min": 1,
        "q25": 1.5,
        "median": 2,
        "q75": 2.5,
        "max": 3,
    }
    assert summary([]) == {"count": 0}
