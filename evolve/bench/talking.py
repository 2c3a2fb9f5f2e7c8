"""From the questions of a benchmark to prompts, and from responses to its replies."""

from evolve.records import Proposal, Response
from problems.benchmark import Question, Reply
from prompts import conversation, render
from prompts.records import Message, Prompt


class Talk:
    """One conversation with a model: what was said so far stands in every prompt."""

    def __init__(self) -> None:
        self._opening: Prompt | None = None
        self._history: list[Message] = []

    def prompt(self, question: Question) -> Prompt:
        """Return the prompt of a question, and remember it as asked.

        Raises
        ------
        jinja2.UndefinedError
            If the template names a value that the question does not hold.
        """
        if question.fresh or self._opening is None:
            self._opening = render(question.template, **question.values)
            self._history = []
        else:
            self._history += [
                Message(role="tool", text=text, answers=call)
                for call, text in question.results
            ]
            if question.template:
                said = render(question.template, **question.values)
                self._history.append(Message(role="user", text=said.user))
        if not self._history and not question.tools:
            return self._opening
        return conversation(
            self._opening,
            self._history,
            question.tools,
            template=question.template or None,
        )

    def heard(self, reply: Reply) -> None:
        """Remember what was answered."""
        self._history.append(
            Message(role="assistant", text=reply.text, calls=reply.calls)
        )


def reply_of(said: Proposal) -> Reply:
    """Read the end of a call: its response or its failure."""
    response = said.response
    if response is None:
        return Reply(failure=said.failure or "no answer", finish_reason="error")
    return _answered(response)


def _answered(response: Response) -> Reply:
    return Reply(
        text=response.text,
        calls=response.tool_calls,
        finish_reason=response.finish_reason,
        prompt_tokens=response.usage.prompt_tokens or 0,
        completion_tokens=response.usage.completion_tokens or 0,
        seconds=response.seconds,
    )
