"""Which programs live, and which become parents: strategies by name."""

from collections.abc import Callable, Mapping

from evolve.ports import Selector
from evolve.selection.best_of_n import BestOfNSelector
from evolve.selection.cvt import CvtSelector
from evolve.selection.islands import IslandSelector
from evolve.selection.map_elites import MapElitesSelector
from evolve.selection.pareto import ParetoSelector
from evolve.selection.plus import PlusSelector
from evolve.selection.portfolio import PortfolioSelector
from evolve.selection.settings import IslandSettings
from evolve.selection.shinka import ShinkaSelector
from evolve.selection.uct import UctSelector
from problems.errors import ConfigError

__all__ = ["STRATEGIES", "IslandSelector", "IslandSettings", "open_selector"]

STRATEGIES: Mapping[str, Callable[[IslandSettings], Selector]] = {
    "islands": IslandSelector,
    "map_elites": MapElitesSelector,
    "cvt": CvtSelector,
    "pareto": ParetoSelector,
    "shinka": ShinkaSelector,
    "uct": UctSelector,
    "plus": PlusSelector,
    "portfolio": PortfolioSelector,
    "best_of_n": BestOfNSelector,
}


def open_selector(name: str, settings: IslandSettings) -> Selector:
    """Make the strategy of a name; raises ConfigError if there is none."""
    if name not in STRATEGIES:
        known = ", ".join(STRATEGIES)
        raise ConfigError(f"no strategy {name!r}; known: {known}")
    return STRATEGIES[name](settings)
