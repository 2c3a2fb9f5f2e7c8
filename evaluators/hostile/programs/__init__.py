"""All hostile programs.

The first 51 are a fixed list, known by their numbers, so that results can be compared
over time and with other designs; the others were added for our protocol.
"""

from evaluators.hostile.programs import answers, files, numeric, reach, resources, state
from evaluators.hostile.records import Program


def numbered() -> dict[int, Program]:
    """Return the fixed list by number."""
    parts = (resources, reach, answers, state)
    return {n: p for part in parts for n, p in sorted(part.NUMBERED.items())}


def programs() -> tuple[Program, ...]:
    """Return all programs, those of the fixed list first."""
    ours = (resources, reach, answers, state, numeric, files)
    fixed = numbered()
    return (
        *(fixed[number] for number in sorted(fixed)),
        *(program for part in ours for program in part.MORE),
    )
