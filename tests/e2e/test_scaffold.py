"""A new pack is installed, passes its own tests, is evolved and judged."""

import os
import subprocess
import sys

import pytest

from tests.e2e.cli import heuresis


@pytest.mark.slow
def test_a_new_pack_runs_at_once(tmp_path):
    done = heuresis("new", "problem", "my_shop", cwd=tmp_path)
    assert done.code == 0, done.err
    folder, site = tmp_path / "heuresis-my_shop", tmp_path / "site"
    assert "pip install -e heuresis-my_shop" in done.err
    listed = {line for line in done.out.splitlines() if line}
    found = {str(p.relative_to(tmp_path)) for p in folder.rglob("*") if p.is_file()}
    assert listed == found
    install = [sys.executable, "-m", "pip", "install", "-q", "--no-deps"]
    install += ["--no-build-isolation", "--no-index", "--target", str(site)]
    env = os.environ | {
        "PYTHONPATH": str(site),
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    made = subprocess.run(
        [*install, str(folder)], capture_output=True, text=True, env=env, check=False
    )
    assert made.returncode == 0, made.stderr
    tested = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:randomly", "tests"],
        cwd=folder,
        capture_output=True,
        text=True,
        env=env,
        check=False,
    )
    assert tested.returncode == 0, tested.stdout
    (folder / "campaign.toml").write_text(
        (folder / "campaign.toml").read_text().replace("seconds", "candidates")
    )
    run = heuresis(
        "run", folder / "campaign.toml", "--out", "run", "--json", cwd=tmp_path, env=env
    )
    assert run.code == 0, run.err
    assert run.json["candidates"] == 30
    baselines = run.json["baselines"]
    assert baselines["smith"]["gap"]["test"] == 0
    assert run.json["best"]["gap"]["test"] <= baselines["spt"]["gap"]["test"]
    rule = folder / "heuresis_my_shop" / "heuristics" / "smith.py"
    judged = heuresis("evaluate", "my_shop", rule, "--json", cwd=tmp_path, env=env)
    assert judged.code == 0, judged.err
    assert judged.json["gap"] == 0
    again = heuresis(
        "new", "problem", "my_shop", "--out", "other", cwd=tmp_path, env=env
    )
    assert again.code == 2
    assert "installed already" in again.err


@pytest.mark.parametrize(
    "name", ["smtt", "class", "My", "1a", "a__b", "../x", "x" * 31]
)
def test_bad_names_are_refused(tmp_path, name):
    done = heuresis("new", "problem", name, cwd=tmp_path)
    assert done.code == 2
    assert len(done.err.splitlines()) == 1
    assert not list(tmp_path.iterdir())


def test_an_existing_folder_is_left_alone(tmp_path):
    (tmp_path / "heuresis-x").mkdir()
    done = heuresis("new", "problem", "x", cwd=tmp_path)
    assert done.code == 2
    assert "exists already" in done.err
    assert not list((tmp_path / "heuresis-x").iterdir())
