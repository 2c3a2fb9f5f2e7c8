"""Run the command line as a user does, in a process of its own."""

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Done:
    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


def heuresis(*arguments: object, cwd: Path, env: dict[str, str] | None = None) -> Done:
    done = subprocess.run(
        [
            sys.executable,
            "-c",
            "from evolve.cli import main; main()",
            *map(str, arguments),
        ],
        capture_output=True,
        text=True,
        cwd=cwd,
        env=env,
        timeout=240,
        check=False,
    )
    return Done(done.returncode, done.stdout, done.stderr)
