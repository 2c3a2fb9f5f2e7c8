"""The file in which a pack keeps its references: a line for each instance.

It is replaced as a whole or not at all, so neither a full disk nor a killed process
leaves half of it.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from problems.base import Json
from problems.errors import InfrastructureError


def write(
    path: Path,
    rows: Iterable[Sequence[Json]],
    head: Mapping[str, str] | None = None,
) -> None:
    """Write what is known of instances.

    Parameters
    ----------
    rows
        Name of an instance, then its values.
    head
        What holds for all of them, such as the method; then the rows stand under
        ``instances``.

    Raises
    ------
    InfrastructureError
        If the file cannot be written; the old one is as it was.
    """
    lines = ",\n".join(
        f"{json.dumps(name)}: {json.dumps(values)}" for name, *values in rows
    )
    text = f"{{\n{lines}\n}}\n"
    if head is not None:
        pairs = "".join(f"{json.dumps(k)}: {json.dumps(v)},\n" for k, v in head.items())
        text = f'{{\n{pairs}"instances": {text.rstrip()}\n}}\n'
    fresh = path.with_name(f"{path.name}.new")
    try:
        fresh.write_text(text, encoding="utf-8")
        fresh.replace(path)
    except OSError as error:
        with suppress(OSError):
            fresh.unlink()
        raise InfrastructureError(
            f"cannot write the references: {error}; run it in a writable checkout"
        ) from error
