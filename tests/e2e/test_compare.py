"""Studies and comparisons of runs, as a user runs them."""

import json
import os

import pytest

from evolve.cli.campaigns import Options
from evolve.cli.comparing import StudyOptions, chosen, compare
from evolve.records import State
from evolve.runs import locate
from evolve.selection import STRATEGIES
from evolve.session import open_run
from problems.errors import ConfigError
from tests.e2e.cli import heuresis
from tests.fakes.openai_server import FakeOpenAI

SMALL = ("--seeds", 1, "--budget-candidates", 8, "--allow-weak-sandbox")


def events_of(store):
    """Kind and step of all events."""
    with open_run(locate(str(store.parent))) as run:
        return [(e.kind, e.payload.get("step")) for e in run.population.events()]


@pytest.fixture(scope="module")
def studied(tmp_path_factory):
    folder = tmp_path_factory.mktemp("compare")
    done = heuresis(
        *("compare", "smtt", "--strategy", "plus", "--out", "study", "--json", *SMALL),
        cwd=folder,
    )
    assert done.code == 0, done.err
    return folder, done


def test_a_study_runs_the_control_too(studied):
    _, done = studied
    (problem,) = done.json["problems"]
    assert problem["campaign"] == "smtt"
    assert [row["strategy"] for row in problem["rows"]] == ["plus", "best_of_n"]
    assert problem["candidates"] == 8
    assert all(row["at"][2]["median"] > 0 for row in problem["rows"])
    assert done.err.count("8 candidates, best gap") == 2


def again(folder, *targets, candidates=8, as_json=False):
    """The same study in this process."""
    options = Options(
        models=(),
        base_url=None,
        budget_seconds=None,
        budget_candidates=candidates,
        budget_usd=None,
        workers=1,
        seed=None,
        executor=None,
        ray_address=None,
        min_sandbox=None,
        allow_weak_sandbox=True,
    )
    study = StudyOptions(
        strategies=("plus",),
        seeds=1,
        candidates=candidates,
        calls=None,
        test=False,
        out=folder / "study",
    )
    compare(targets, options, study, as_json=as_json)


def test_the_strategy_decides_who_lives(studied):
    folder, _ = studied
    living = {}
    for name in ("plus", "best_of_n"):
        with open_run(locate(str(folder / "study/smtt" / name / "seed-0"))) as run:
            assert run.campaign.search.strategy == name
            living[name] = len(run.population.living(0))
    assert living["best_of_n"] == 1 < living["plus"]


def test_finished_cells_are_used_again(studied, capsys):
    folder, _ = studied
    stores = sorted(folder.glob("study/smtt/*/seed-0/population.sqlite"))
    assert len(stores) == 2
    events = [events_of(store) for store in stores]
    again(folder, "smtt")
    shown = capsys.readouterr()
    assert "minus best_of_n" in shown.out
    assert shown.err.count("8 candidates, best gap") == 2
    assert events == [events_of(store) for store in stores]


def test_a_cell_that_was_stopped_goes_on(tmp_path, capsys):
    again(tmp_path, "smtt", candidates=2)
    folder = tmp_path / "study/smtt/plus/seed-0"
    before = events_of(folder / "population.sqlite")
    with open_run(locate(str(folder))) as run:
        run.population.set_state(State.STOPPED, "interrupted")
    again(tmp_path, "smtt", candidates=2)
    after = events_of(folder / "population.sqlite")
    assert after[: len(before)] == before
    assert len(after) > len(before)
    with open_run(locate(str(folder))) as run:
        assert run.population.info().state is State.DONE
        assert run.population.spent().candidates == 2
    assert "plus/seed-0: 2 candidates" in capsys.readouterr().err


def test_another_study_in_the_same_folder_is_refused(studied):
    folder, _ = studied
    with pytest.raises(ConfigError, match="with other settings; choose another folder"):
        again(folder, "smtt", candidates=9)
    with pytest.raises(ConfigError, match="two targets are called 'smtt'"):
        again(folder, "smtt", "smtt")


def test_runs_are_compared_with_each_other(studied, capsys):
    folder, _ = studied
    runs = [str(folder / f"study/smtt/{name}/seed-0") for name in ("plus", "best_of_n")]
    again(folder, *runs, as_json=True)
    (problem,) = json.loads(capsys.readouterr().out)["problems"]
    assert problem["candidates"] == [2, 4, 8]
    assert [row["strategy"] for row in problem["runs"]] == ["plus", "best_of_n"]
    assert all(len(row["best_gap"]) == 3 for row in problem["runs"])
    again(folder, *runs)
    assert "best gap on train after so many" in capsys.readouterr().out
    with pytest.raises(ConfigError, match="is a run and smtt is not"):
        again(folder, runs[0], "smtt")


def test_an_unknown_strategy_is_named():
    with pytest.raises(ConfigError, match="no strategy 'magic'; known: islands, map_e"):
        chosen(["plus", "magic"])


def test_the_control_is_always_run_once():
    assert chosen(["plus", "plus"]) == ("plus", "best_of_n")
    assert chosen(["best_of_n", "uct"]) == ("best_of_n", "uct")
    assert set(chosen([])) == set(STRATEGIES)


@pytest.mark.slow
def test_a_study_asks_a_model(tmp_path):
    env = os.environ | {"OPENAI_API_KEY": "any"}
    with FakeOpenAI(seed=1) as server:
        done = heuresis(
            *("compare", "smtt", "--strategy", "islands", "--model", "openai/mutator"),
            *("--base-url", server.base_url, "--out", "study", "--json", *SMALL),
            cwd=tmp_path,
            env=env,
        )
    assert done.code == 0, done.err
    (problem,) = done.json["problems"]
    assert problem["proposer"] == "openai/mutator"
    assert json.dumps(problem).count("median") >= 6
    control = tmp_path / "study/smtt/best_of_n/seed-0"
    steps = {step for _, step in events_of(control / "population.sqlite")}
    assert len(steps) > 3
