import struct
import subprocess
import sys

import pytest

from evaluators.base import Sandbox
from evaluators.sandbox import landlock
from tests.fakes.sandboxes import need

ENTER = """
import os, sys
from evaluators.sandbox.landlock import Domain
Domain().enter()
for path in ("/", "/etc/passwd", "/dev/null"):
    try:
        os.open(path, os.O_RDONLY)
    except PermissionError:
        continue
    sys.exit(f"opened {path}")
"""


@pytest.mark.parametrize(
    ("abi", "fields"),
    [
        (1, (0x1FFF,)),
        (2, (0x3FFF,)),
        (3, (0x7FFF,)),
        (4, (0x7FFF, 3)),
        (5, (0xFFFF, 3)),
        (6, (0xFFFF, 3, 3)),
        (9, (0xFFFF, 3, 3)),
    ],
)
def test_all_that_a_version_knows_is_denied(abi, fields):
    assert landlock.ruleset(abi) == struct.pack(f"<{len(fields)}Q", *fields)


def test_a_domain_opens_nothing():
    need(Sandbox.LANDLOCK_SECCOMP)
    done = subprocess.run(
        [sys.executable, "-c", ENTER], capture_output=True, text=True, check=False
    )

    assert (done.returncode, done.stderr) == (0, "")


def test_a_kernel_that_refuses_is_an_error(monkeypatch):
    need(Sandbox.LANDLOCK_SECCOMP)
    domain = landlock.Domain()
    monkeypatch.setattr(domain, "_prctl", lambda *_: -1)

    with pytest.raises(OSError, match="landlock"):
        domain.enter()
