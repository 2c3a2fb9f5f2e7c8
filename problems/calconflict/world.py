"""Organisations: people with ranks, who reports to whom, and the people outside."""

from dataclasses import dataclass
from random import Random

from problems.base import Json
from problems.calconflict.model import EXTERNAL, FAMILY, Relationship
from problems.calconflict.texts import FIRST, KINDS, LAST, NAMES

HEADCOUNT = (2, 3, 4, 5, 6, 4, 11)
"""People by standing; the user is one of ranks 1 to 3."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Someone who may invite.

    Attributes
    ----------
    reports_to
        Name of the manager; empty at the top and outside.
    """

    name: str
    role: str
    org_level: int
    reports_to: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """An organisation as one of its people sees it.

    Attributes
    ----------
    people
        All but the user, by standing.
    """

    kind: str
    name: str
    user: Person
    people: tuple[Person, ...]

    def relationship(self, other: Person) -> Relationship:
        """How another person and the user stand in the organisation."""
        if self.user.reports_to == other.name:
            return "manager"
        return "report" if other.reports_to == self.user.name else "other"

    def of_level(self, level: int) -> list[Person]:
        """People of a standing, the user left out."""
        return [one for one in self.people if one.org_level == level]

    def circle(self, organizer: Person) -> list[Person]:
        """Whom an organiser may invite beside the user."""
        family = organizer.org_level == FAMILY
        outside = organizer.org_level == EXTERNAL
        return [
            one
            for one in self.people
            if one.name != organizer.name
            and (one.org_level == FAMILY) == family
            and (outside or one.org_level != EXTERNAL)
        ]

    def shown(self) -> Json:
        """Return what a model is told."""
        return {
            "kind": self.kind,
            "name": self.name,
            "ranks": [
                [
                    {
                        "name": one.name,
                        "role": one.role,
                        "reports_to": one.reports_to,
                    }
                    for one in self._everyone(level)
                ]
                for level in range(EXTERNAL)
            ],
            "external": [[one.name, one.role] for one in self.of_level(EXTERNAL)],
            "family": [one.name for one in self.of_level(FAMILY)],
        }

    def _everyone(self, level: int) -> list[Person]:
        found = self.of_level(level)
        return [self.user, *found] if self.user.org_level == level else found


def world(number: int, rng: Random) -> World:
    """Draw the organisation of the user ``number``: kinds and ranks take turns."""
    kind = list(KINDS)[number % len(KINDS)]
    rank = 1 + number // len(KINDS) % 3
    firsts = iter(rng.sample(FIRST, sum(HEADCOUNT)))
    staff: list[Person] = []
    for level in range(EXTERNAL + 1):
        above = [one.name for one in staff if one.org_level == level - 1]
        titles = KINDS[kind][level].split(", ")
        staff += [
            Person(
                name=f"{next(firsts)} {rng.choice(LAST)}",
                role=titles[index % len(titles)],
                org_level=level,
                reports_to=rng.choice(above) if above and level < EXTERNAL else "",
            )
            for index in range(HEADCOUNT[level])
        ]
    user = next(one for one in staff if one.org_level == rank)
    surname = user.name.split()[-1]
    family = [
        Person(name=f"{first} {surname}", role=KINDS[kind][FAMILY], org_level=FAMILY)
        for first in firsts
    ]
    return World(
        kind=kind,
        name=rng.choice(NAMES[kind]),
        user=user,
        people=(*(one for one in staff if one is not user), *family),
    )
