"""new: begin something of one's own."""

from pathlib import Path

from evolve.cli.output import note
from evolve.scaffold import new_problem


def problem(name: str, out: Path | None) -> None:
    """Write a pack that runs at once."""
    folder = out or Path(f"heuresis-{name}")
    for path in new_problem(name, folder):
        print(folder / path)
    note(
        f"next: pip install -e {folder} && python -m pytest {folder}/tests && "
        f"heuresis run {folder}/campaign.toml"
    )
