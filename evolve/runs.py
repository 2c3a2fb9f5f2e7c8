"""Where runs live: folders and stores, found by what the user types."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from difflib import get_close_matches
from pathlib import Path

from evolve import population as stores
from evolve.errors import RunNotFoundError, StoreError
from evolve.records import CampaignInfo
from problems.errors import ConfigError

STORE_FILE = "population.sqlite"
HOME = Path("runs")


@dataclass(frozen=True, slots=True, kw_only=True)
class Location:
    """A run: the store that holds its population, and the folder of its files.

    Attributes
    ----------
    url
        Of the store.
    name
        Of the campaign in the store; None for the only one.
    folder
        Where the report and the exported heuristic go.
    """

    url: str
    name: str | None
    folder: Path

    @property
    def title(self) -> str:
        """What to type to name this run again."""
        if (self.folder / STORE_FILE).exists():
            return str(self.folder)
        return f"{stores.public_url(self.url)}#{self.name}"


def locate(run: str) -> Location:
    """Find a run by folder, by name under ``runs/`` or by ``URL#name``.

    Raises
    ------
    RunNotFoundError
        Listing what there is.
    """
    if "://" in run:
        url, _, name = run.partition("#")
        if not name:
            raise ConfigError(f"{run}: which campaign? Write {run}#NAME")
        return Location(url=url, name=name, folder=HOME / name)
    for folder in (Path(run), HOME / run):
        if (folder / STORE_FILE).is_file():
            return Location(
                url=stores.sqlite_url(folder / STORE_FILE), name=None, folder=folder
            )
    known = [folder.name for folder in run_folders(HOME)]
    prefixed = [name for name in known if name.startswith(Path(run).name)]
    if len(prefixed) == 1:
        return locate(str(HOME / prefixed[0]))
    close = prefixed or get_close_matches(run, known, n=3) or known[-3:]
    hint = f"; there is {', '.join(close)}" if close else "; see heuresis ls"
    raise RunNotFoundError(f"no run {run!r}: no folder with a {STORE_FILE}{hint}")


def new_location(name: str, out: Path | None, store: str | None) -> Location:
    """Choose the place of a new run; nothing is written."""
    folder = out or HOME / name
    if store is not None:
        return Location(url=store, name=name, folder=folder)
    if (folder / STORE_FILE).exists():
        raise ConfigError(
            f"{folder} holds a run already; heuresis resume {folder}, or another --out"
        )
    return Location(
        url=stores.sqlite_url(folder / STORE_FILE), name=name, folder=folder
    )


def fresh_name(base: str, now: datetime) -> str:
    """Name a run after its campaign and the time, unused under ``runs/``."""
    name = f"{base}-{now:%Y%m%d-%H%M%S}"
    taken = {folder.name for folder in run_folders(HOME)}
    number = 2
    unique = name
    while unique in taken:
        unique, number = f"{name}-{number}", number + 1
    return unique


def run_folders(home: Path) -> list[Path]:
    """Folders directly below ``home`` that hold a run, by name."""
    if not home.is_dir():
        return []
    return sorted(p for p in home.iterdir() if (p / STORE_FILE).is_file())


def campaigns(where: str | None) -> Iterator[tuple[str, CampaignInfo | StoreError]]:
    """All runs below a folder or in a store: what to type, and the campaign.

    A store that cannot be read is listed with its error: one bad folder must not
    hide the others.
    """
    if where is not None and "://" in where:
        for info in stores.list_campaigns(where):
            yield f"{stores.public_url(where)}#{info.name}", info
        return
    for folder in run_folders(Path(where) if where else HOME):
        try:
            for info in stores.list_campaigns(stores.sqlite_url(folder / STORE_FILE)):
                yield str(folder), info
        except StoreError as error:
            yield str(folder), error
