"""Views and briefs for tests of selectors and proposers."""

from evolve.ports import Brief, View


def a_view(*islands, step=0, **changes) -> View:
    """A campaign with these living programs, by island."""
    return View(
        step=step,
        islands={i: tuple(living) for i, living in enumerate(islands)},
        **changes,
    )


async def no_trial(source, **_):
    """A trial that nobody expects."""
    raise AssertionError(f"nothing was to be tried out: {source}")


def a_brief(parents, *, step=1, island=0, **changes) -> Brief:
    """A step with these parents, who also live."""
    values = {"view": a_view(parents, step=step), "trial": no_trial}
    return Brief(step=step, island=island, parents=parents, **(values | changes))
