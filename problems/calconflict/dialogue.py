"""A user's year as questions, one for each conflict."""

from dataclasses import dataclass

from problems.base import Json
from problems.benchmark import Outcome, Question, Reply, Sample, Settings
from problems.calconflict.parse import Answer, Bounds, read
from problems.calconflict.score import outcome

TEMPLATE = "bench/calconflict"
UNANSWERED = Answer(errors=("no_output",))


@dataclass(frozen=True, slots=True, kw_only=True)
class Protocol:
    """How a year is told.

    Attributes
    ----------
    shown
        Earlier rounds in a question; None for all of them.
    gold
        Whether the feedback is what the user attended; otherwise right or not.
    bounds
        Of the list of strategies; None if the agent keeps none.
    window
        Share of the year at each end that ERR compares.
    """

    shown: int | None
    gold: bool
    bounds: Bounds | None
    window: float


class Year:
    """A user's year under way; every question opens a new conversation."""

    def __init__(self, sample: Sample, protocol: Protocol) -> None:
        self._sample = sample
        self._protocol = protocol
        self._answers: list[Answer] = []
        self._history: list[Json] = []
        self._memory: tuple[str, ...] = ()

    def question(self) -> Question | None:
        """Return the next conflict with what came before; None after the last one."""
        number, data = len(self._answers), self._sample.data
        if number >= len(data["rounds"]):
            return None
        shown, bounds = self._protocol.shown, self._protocol.bounds
        return Question(
            template=TEMPLATE,
            values={
                "user": data["user"],
                "organisation": data["organisation"],
                "round": number + 1,
                "rounds": len(data["rounds"]),
                "date": data["rounds"][number]["date"],
                "events": data["rounds"][number]["events"],
                "history": self._history[max(0, number - shown) :]
                if shown is not None
                else list(self._history),
                "told": shown != 0,
                "feedback": "gold" if self._protocol.gold else "binary",
                "memory": None if bounds is None else list(self._memory),
                "memory_items": bounds.items if bounds else 0,
                "memory_chars": bounds.chars if bounds else 0,
            },
        )

    def answer(self, reply: Reply) -> None:
        """Take the decision on the conflict, or the lack of one."""
        number, rounds = len(self._answers), self._sample.data["rounds"]
        if number >= len(rounds):
            return
        events = rounds[number]["events"]
        found = read(reply, [one["id"] for one in events], self._protocol.bounds)
        gold = self._sample.secret["rounds"][number]["ranking"][0]
        self._answers.append(found)
        self._history.append(
            {
                "round": number + 1,
                "date": rounds[number]["date"],
                "events": events,
                "accepted": found.accept,
                "right": found.accept == gold,
                "attended": gold if self._protocol.gold else None,
            }
        )
        if found.memory is not None:
            self._memory = found.memory

    def outcome(self) -> Outcome:
        """Judge the year; rounds that were not asked count as unanswered."""
        left = len(self._sample.data["rounds"]) - len(self._answers)
        answers = [*self._answers, *[UNANSWERED] * left]
        return outcome(self._sample, answers, self._protocol.window)


def start(sample: Sample, settings: Settings) -> Year:
    """Begin a user's year.

    An agent that keeps a list of strategies is told at least the last round.
    """
    least = int(settings["memory"])
    shown = {"full": None, "none": least}.get(settings["history"], settings["last_n"])
    bounds = Bounds(items=settings["memory_items"], chars=settings["memory_chars"])
    return Year(
        sample,
        Protocol(
            shown=shown,
            gold=settings["feedback"] == "gold",
            bounds=bounds if settings["memory"] else None,
            window=settings["err_window"],
        ),
    )
