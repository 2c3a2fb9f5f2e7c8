"""Figures: how charts look, and how they become SVG text that fits into a page.

Text stays text, so that it can be found, copied and read aloud; colours become CSS
variables with the light-mode value as fallback, so that a page can turn dark.
Matplotlib is used without pyplot and its settings are put back: nothing outside the
figure changes, and the same data give the same bytes.
"""

import warnings
from collections.abc import Callable, Mapping, Sequence
from io import StringIO
from types import MappingProxyType
from typing import Any, Literal, NamedTuple

from evolve.report.series import gap_axis
from evolve.report.svg import inline
from evolve.report.text import short_percent

WIDTH = 9.0
"""Of every figure, in inches."""

COLOURS = MappingProxyType(
    {
        "ink": "#1f2430",
        "muted": "#5d6472",
        "rule": "#d9dde4",
        "page": "#fdfdfe",
        "dot": "#8b93a3",
        "blue": "#0072b2",
        "orange": "#d55e00",
        "green": "#00805d",
        "purple": "#a0457f",
    }
)
"""Names of CSS variables with their colours in light mode, after Okabe & Ito (2008):
told apart by colour-blind readers. No meaning rests on colour alone."""

_STYLE: Mapping[Any, Any] = MappingProxyType(
    {
        "svg.fonttype": "none",
        "svg.hashsalt": "heuresis",
        "text.parse_math": False,
        "text.color": COLOURS["ink"],
        "axes.edgecolor": COLOURS["muted"],
        "axes.labelcolor": COLOURS["ink"],
        "axes.facecolor": "none",
        "axes.linewidth": 0.8,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.axisbelow": True,
        "axes.grid": True,
        "grid.color": COLOURS["rule"],
        "grid.linewidth": 0.7,
        "xtick.color": COLOURS["muted"],
        "ytick.color": COLOURS["muted"],
        "xtick.labelcolor": COLOURS["ink"],
        "ytick.labelcolor": COLOURS["ink"],
        "figure.facecolor": "none",
        "font.family": "sans-serif",
        "font.size": 9.0,
        "hatch.linewidth": 0.9,
    }
)


class Box(NamedTuple):
    """Margins of an axes inside its figure, in inches."""

    left: float
    right: float
    bottom: float
    top: float


def draw(name: str, title: str, painter: Callable[[], Any]) -> str:
    """Call ``painter`` for a figure and return it as an SVG element."""
    import matplotlib as mpl

    text = StringIO()
    with warnings.catch_warnings(), mpl.rc_context(dict(_STYLE)):
        # Names in a script that our measuring font lacks; the reader's browser has it.
        warnings.filterwarnings("ignore", message="Glyph .* missing from font")
        warnings.filterwarnings("ignore", message="Matplotlib currently does not supp")
        figure = painter()
        figure.savefig(text, format="svg", metadata={"Date": None})
    return inline(text.getvalue(), name, title, COLOURS)


def figure_of(height: float) -> Any:
    """Make an empty figure ``height`` inches high."""
    from matplotlib.figure import Figure

    return Figure(figsize=(WIDTH, height))


def axes_in(figure: Any, box: Box, **more: Any) -> Any:
    """Add axes with the margins of ``box``."""
    width, height = figure.get_figwidth(), figure.get_figheight()
    return figure.add_axes(
        (
            box.left / width,
            box.bottom / height,
            (width - box.left - box.right) / width,
            (height - box.bottom - box.top) / height,
        ),
        **more,
    )


def gap_scale(axes: Any, which: Literal["x", "y"], values: Sequence[float]) -> bool:
    """Scale an axis for gaps, and return whether it has room for 0 %.

    Logarithmic where all gaps are positive; else linear around zero, so that optimal
    instances, and programs better than a best known value, have a place.
    """
    from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

    scale = gap_axis(values)
    kind: dict[str, Any] = {"value": "log"}
    if scale.linear_below is not None:
        kind = {"value": "symlog", "linthresh": scale.linear_below, "linscale": 0.6}
    getattr(axes, f"set_{which}scale")(**kind)
    getattr(axes, f"set_{which}lim")(scale.low, scale.high)
    axis = getattr(axes, f"{which}axis")
    axis.set_major_locator(FixedLocator(scale.ticks))
    axis.set_minor_locator(NullLocator())
    axis.set_major_formatter(FuncFormatter(lambda value, _: short_percent(value)))
    return scale.linear_below is not None
