"""A campaign's trial that judges by a function of the source, and remembers."""

from dataclasses import replace

from evolve.llm.ledger import BudgetExhausted
from evolve.program import program_id
from evolve.records import Program, Reason, Rejection
from tests.fakes.genetic import a_program


class Judge:
    """``score(source)`` is the score, None for a failure; ``room`` limits trials."""

    def __init__(self, score, *, room=1000):
        self._score = score
        self._room = room
        self.programs: dict[str, Program] = {}
        self.operators = []

    def parent(self, source) -> Program:
        """A program to start from."""
        self.programs[source] = a_program(source, score=self._score(source))
        return self.programs[source]

    async def trial(self, source, *, operator, parents, rationale=""):
        if source in self.programs:
            return self.programs[source]
        if len(self.operators) >= self._room:
            raise BudgetExhausted("no room")
        self.operators.append(operator)
        made = a_program(source, step=len(self.operators), score=self._score(source))
        candidate = replace(made.candidate, operator=operator, parents=parents)
        self.programs[source] = replace(made, candidate=candidate)
        return self.programs[source]


async def duplicate(source, *, operator, parents, rationale=""):
    """A trial that says that everything is known."""
    return Rejection(
        step=7,
        operator=operator,
        island=0,
        reason=Reason.DUPLICATE,
        detail=program_id(source),
    )
