"""Starting is cheap: what a verb does not need is not imported."""

import json
import subprocess
import sys

HEAVY = {
    "litellm",
    "openai",
    "ray",
    "ortools",
    "sqlalchemy",
    "alembic",
    "scipy",
    "matplotlib",
    "numpy",
}

SCRIPT = """
import sys
from evolve.cli import main
sys.argv = ["heuresis", *{arguments!r}]
try:
    main()
except SystemExit:
    pass
import json
names = sorted({{m.split(".")[0] for m in sys.modules}})
print(json.dumps(names), file=sys.stderr)
"""


def modules_after(*arguments: str) -> set[str]:
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT.format(arguments=list(arguments))],
        capture_output=True,
        text=True,
        check=True,
    )
    return set(json.loads(done.stderr.splitlines()[-1]))


def test_help_imports_nothing_heavy():
    assert not HEAVY & modules_after("--help")


def test_evaluating_a_file_needs_neither_model_nor_store(tmp_path):
    program = tmp_path / "rule.py"
    program.write_text(
        "# EVOLVE-BLOCK-START\n"
        "def priority(job, state):\n    return job.d\n"
        "# EVOLVE-BLOCK-END\n"
    )
    loaded = modules_after("evaluate", "smtt", str(program), "--json")
    assert not (HEAVY - {"numpy"}) & loaded
