import json
import subprocess
import sys
from pathlib import Path

import pytest

from evaluators.base import Sandbox
from evaluators.sandbox import bwrap, levels
from tests.fakes.sandboxes import need

LOOK = """
import json, os, socket
def writable(path):
    try:
        open(os.path.join(path, "new"), "w").close()
    except OSError:
        return False
    return True
print(json.dumps({
    "pid": os.getpid(), "uid": os.getuid(), "root": sorted(os.listdir("/")),
    "writable": [p for p in ("/", "/tmp", "/dev", "/usr", FOLDER) if writable(p)],
    "links": [name for _, name in socket.if_nameindex()],
    "environment": sorted(os.environ), "sees": sorted(os.listdir(FOLDER)),
    "host": socket.gethostname(),
}))
"""


def binds(folders):
    words = bwrap._binds(folders)
    return [words[i + 1] for i in range(0, len(words), 3)]


def test_a_place_inside_of_another_is_bound_once():
    bound = binds(["/opt/a/b", "/opt/a", "/opt/ab"])

    assert "/opt/a/b" not in bound
    assert {"/opt/a", "/opt/ab", "/usr"} <= set(bound)


def test_a_link_is_bound_in_its_place_and_in_its_real_one(tmp_path):
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to("real")

    assert {str(tmp_path / "link"), str(tmp_path / "real")} <= set(
        binds([str(tmp_path / "link")])
    )


@pytest.fixture
def inside(tmp_path):
    need(Sandbox.BWRAP_SECCOMP)
    (tmp_path / "given").mkdir()
    (tmp_path / "given" / "file").write_text("x")
    (tmp_path / "kept").write_text("x")
    prefix = bwrap.prefix(bwrap.program(), [str(tmp_path / "given")])
    source = f"FOLDER = {str(tmp_path / 'given')!r}\n{LOOK}"
    done = subprocess.run(
        [*prefix, sys.executable, "-P", "-s", "-B", "-c", source],
        env=dict(levels.environment()),
        cwd="/",
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_nothing_is_writable_and_nothing_else_is_seen(inside):
    assert inside["writable"] == []
    assert inside["sees"] == ["file"]
    assert not {"proc", "home", "var", "sys", "boot"} & set(inside["root"]) - {
        Path(sys.prefix).parts[1],
        Path(sys.base_prefix).parts[1],
    }


def test_it_is_nobody_alone_without_network(inside):
    assert (inside["pid"], inside["uid"], inside["host"]) == (1, 65534, "sandbox")
    assert set(inside["links"]) <= {"lo"}
    assert set(inside["environment"]) <= {*levels.environment(), "PWD", "LC_CTYPE"}
