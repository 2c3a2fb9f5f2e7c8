"""note, pin, ban and seed: a person's word in a campaign, running or stopped."""

from evolve import steering
from evolve.cli.output import note as say
from evolve.cli.output import percent
from evolve.records import State
from evolve.runs import locate
from evolve.session import Run, open_run


def note(run: str, text: str) -> None:
    """Leave a hint for the prompts that follow."""
    with open_run(locate(run)) as opened:
        kept = steering.hint(opened.population, text)
        say(f"note {kept.number} stands in every prompt from now on{_effect(opened)}")
        if not opened.campaign.ensemble:
            say("this campaign asks no model, so nobody reads it yet")


def pin(run: str, program: str) -> None:
    """Keep a program alive."""
    with open_run(locate(run)) as opened:
        found = steering.pin(opened.population, program)
        gap = percent(found.score)
        say(f"pinned {found.id[:12]}, train {gap}{_effect(opened)}")


def ban(run: str, program: str) -> None:
    """Take a program out of the islands."""
    with open_run(locate(run)) as opened:
        found = steering.ban(opened.population, program)
        gap = percent(found.score)
        say(f"banned {found.id[:12]}, train {gap}{_effect(opened)}")


def seed(run: str, wanted: str) -> None:
    """Have a file or a baseline judged next."""
    with open_run(locate(run)) as opened:
        identity = steering.seed(opened, wanted)
        say(f"{wanted} will be judged next, as {identity[:12]}{_effect(opened)}")


def _effect(run: Run) -> str:
    if run.population.info().state is State.RUNNING and run.population.held():
        return ""
    return f"; it takes effect with heuresis resume {run.location.title}"
