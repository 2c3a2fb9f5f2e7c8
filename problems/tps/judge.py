"""A model's opinion on which items of a task were answered.

The judge of the paper sees the task and what the agent did, and no key; so does this
one. Its prompt is ours.
"""

from problems.answers import last_object
from problems.benchmark import Judge, Outcome, Question, Reply, Sample


def ask(sample: Sample, outcome: Outcome) -> Question:
    """Show the task, the calls and the final answer."""
    parsed = outcome.parsed
    return Question(
        template="bench/tps_judge",
        values={
            "items": sample.data["items"],
            "calls": [
                {"turn": turn + 1, "tool": tool, "error": error}
                for turn, tool, error, _ in parsed["calls"]
            ],
            "answer": parsed["answer"],
        },
    )


def read(sample: Sample, reply: Reply) -> tuple[bool, ...] | None:
    """Read ``{"done": [numbers of items]}``; unknown numbers make it unreadable."""
    found = last_object(reply.text)
    numbers = found.value.get("done") if found else None
    count = len(sample.data["items"])
    if not isinstance(numbers, list) or not all(
        type(number) is int and 1 <= number <= count for number in numbers
    ):
        return None
    return tuple(k + 1 in numbers for k in range(count))


def own(sample: Sample, outcome: Outcome) -> tuple[bool, ...]:
    """Return the verdicts of the scorer in the order of the items."""
    subtasks = sample.secret["subtasks"]
    done = {
        subtask["desc"]: bool(flag)
        for subtask, flag in zip(subtasks, outcome.parsed["done"], strict=True)
    }
    return tuple(done[item] for item in sample.data["items"])


JUDGE = Judge(ask=ask, read=read, own=own)
