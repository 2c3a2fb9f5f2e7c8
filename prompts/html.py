"""HTML from Jinja templates that treat every value as hostile."""

from collections.abc import Mapping

from markupsafe import Markup


def render_html(
    template: str, /, partials: Mapping[str, str] | None = None, **context: object
) -> str:
    """Render the text of a template; values are escaped, unknown names are errors.

    Parameters
    ----------
    partials
        Texts of the templates that it imports, by name.

    Raises
    ------
    jinja2.UndefinedError
        If the template uses a name that ``context`` does not hold.
    """
    from jinja2 import DictLoader, Environment, StrictUndefined

    environment = Environment(
        autoescape=True,
        loader=DictLoader(dict(partials or {})),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    return environment.from_string(template).render(**context)


def trusted(markup: str) -> str:
    """Mark markup that we made and escaped ourselves, to be inserted as it is."""
    return Markup(markup)  # noqa: S704  # the one place; callers escape before
