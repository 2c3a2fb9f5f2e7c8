"""One session: the Researcher works, the Supervisor steers, until a proposal.

A session is replayed by being held again: what was answered is not asked again, and
results of tools that a recorded question holds are taken from there.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from evolve.agents.glia.tools import PROPOSE, TOOLS, Arguments, ToolError, checked
from evolve.agents.glia.transcript import shortened, size, stops, words
from evolve.agents.glia.workbench import Laboratory, Workbench
from evolve.llm.asking import Ask, Asker
from evolve.llm.ledger import BudgetExhausted
from evolve.patch import declined
from evolve.ports import Brief
from evolve.records import (
    Candidate,
    Operator,
    Proposal,
    Reason,
    Rejection,
    Response,
)
from prompts import render
from prompts.records import Message, Prompt, ToolCall
from prompts.rendering import conversation, cut

RESEARCHER, SUPERVISOR = "researcher", "supervisor"

GO_ON = "Go on."
EMPTY = "Your answer was empty. Go on with a tool call, or end with propose."
CUT = "Your answer was cut at the token limit. Be shorter, and go on."
REFUSED = (
    "You declined. This is about scheduling heuristics on a public benchmark; go on "
    "with a tool call, or end with propose."
)
ALONE = "call propose alone, after you have read the results of the other tools"

_LENGTH = frozenset({"length", "max_tokens"})
_WITHHELD = frozenset({"content_filter", "refusal"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Start:
    """What a session begins with.

    Attributes
    ----------
    opening
        The Researcher's first prompt.
    recorded
        Calls of the step that are in the store, in order of turns.
    """

    brief: Brief
    opening: Prompt
    recorded: Sequence[Proposal]


class ResearchSession:
    """Holds one session."""

    def __init__(
        self, lab: Laboratory, asker: Asker, start: Start, rng: np.random.Generator
    ) -> None:
        self._lab = lab
        self._asker = asker
        self._start = start
        self._brief = start.brief
        self._bench = Workbench(lab, start.brief)
        # Each turn has a generator of its own, replayed or not, whoever drew before.
        self._entropy = [int(x) for x in rng.bit_generator.seed_seq.generate_state(4)]
        self._turn = 0
        self._answers = self._mistakes = self._unsupervised = 0
        self._said: list[Message] = []
        self._shown = 0
        self._reported = 0
        self._heard: list[Message] = []

    async def run(self) -> Candidate | Rejection:
        """Hold the session to its end.

        Raises
        ------
        BudgetExhausted
            If there is no room in the budget for its first call.
        ModelUnavailableError
            If no call can work.
        """
        outcome: Candidate | Rejection | None = None
        while outcome is None:
            try:
                outcome = await self._exchange()
            except BudgetExhausted as error:
                if self._turn == 0:
                    raise
                outcome = self._ended(str(error))
        return outcome

    async def _exchange(self) -> Candidate | Rejection | None:
        """One answer of the Researcher, and advice if it is due; None to go on."""
        settings = self._lab.settings
        history = shortened(self._said, settings.context_chars)
        if self._answers >= settings.turns:
            return self._ended(f"no proposal within {settings.turns} answers")
        if self._mistakes >= settings.mistakes:
            return self._ended(f"{self._mistakes} useless answers in a row")
        if size(history) > settings.context_chars:
            return self._ended("the conversation is too long to go on")
        prompt = conversation(self._start.opening, history, TOOLS)
        proposal = await self._ask(RESEARCHER, prompt)
        self._shown = len(history)
        response = proposal.response
        if response is None:
            return self._failed(proposal.failure)
        self._answers += 1
        if not response.tool_calls:
            return await self._heed_words(response)
        outcome = await self._heed_calls(response)
        if outcome is None and self._unsupervised >= settings.supervise_every:
            return await self._supervise()
        return outcome

    async def _ask(self, role: str, prompt: Prompt) -> Proposal:
        """Ask, or give what was answered; calls that got no answer are passed over."""
        recorded = self._start.recorded
        while self._turn < len(recorded):
            past = recorded[self._turn]
            self._turn += 1
            if past.response is not None or past.failure:
                return past
        ask = Ask(
            step=self._brief.step,
            island=self._brief.island,
            operator=Operator.AGENT,
            parents=tuple(dict.fromkeys(p.id for p in self._brief.parents)),
            prompt=prompt,
            turn=self._turn,
            role=role,
        )
        rng = np.random.default_rng([*self._entropy, self._turn])
        proposal = await self._asker.ask(ask, rng)
        self._turn += 1
        return proposal

    # The Researcher's answers.

    async def _heed_words(self, response: Response) -> Rejection | None:
        text = response.text.strip()
        self._said.append(Message(role="assistant", text=text or "(no answer)"))
        complaint = _complaint(response)
        if complaint:
            self._mistakes += 1
            self._said.append(Message(role="user", text=complaint))
            return None
        self._mistakes = 0
        return await self._supervise()

    async def _heed_calls(self, response: Response) -> Candidate | Rejection | None:
        calls = response.tool_calls
        self._said.append(Message(role="assistant", text=response.text, calls=calls))
        self._unsupervised += 1
        outcome: Candidate | Rejection | None = None
        useful = False
        for call in calls:
            try:
                arguments = checked(call, cut=response.finish_reason in _LENGTH)
                if call.name == PROPOSE:
                    outcome = outcome or self._proposed(arguments, calls)
                    text = "the session ends with this program"
                else:
                    text = await self._called(call, arguments)
                useful = True
            except ToolError as error:
                text = f"error: {error}"
            except BudgetExhausted:
                # The step itself has room for one program: that is the last one.
                last = self._bench.candidate(checked(call))
                return replace(last, rationale=last.rationale + self._unread())
            self._said.append(Message(role="tool", text=text, answers=call.id))
        self._mistakes = 0 if useful else self._mistakes + 1
        return outcome

    async def _called(self, call: ToolCall, arguments: Arguments) -> str:
        recorded = self._recorded_result()
        if recorded is None:
            return await self._bench.answer(call, arguments)
        self._bench.recollect(call)
        return recorded

    def _recorded_result(self) -> str | None:
        """Return the result that stands next in the conversation, if it is recorded."""
        place = len(self._said)
        for past in self._start.recorded[self._turn :]:
            if past.call.role == RESEARCHER and place < len(past.call.prompt.history):
                return past.call.prompt.history[place].text
        return None

    def _proposed(
        self, arguments: Arguments, calls: Sequence[ToolCall]
    ) -> Candidate | Rejection:
        # Results that no later question holds would be in no record.
        if {call.name for call in calls} - {PROPOSE, "remember"}:
            raise ToolError(ALONE)
        return self._last(self._bench.candidate(arguments))

    def _last(self, candidate: Candidate) -> Candidate | Rejection:
        if candidate.id not in self._lab.population.known():
            return candidate
        return self._ended(f"proposed program {candidate.id}, which is judged already")

    # The Supervisor.

    async def _supervise(self) -> Rejection | None:
        response = (await self._ask(SUPERVISOR, self._report())).response
        advice = "" if response is None else response.text.strip()
        if declined(advice):
            advice = ""
        self._unsupervised = 0
        self._heard.append(Message(role="assistant", text=advice or GO_ON))
        if stops(advice):
            return self._ended("the supervisor expects nothing further")
        self._said.append(Message(role="user", text=advice or GO_ON))
        return None

    def _report(self) -> Prompt:
        """Ask about what the Researcher said since the last advice."""
        settings = self._lab.settings
        said = cut(words(self._said, self._reported), settings.output_chars)
        self._reported = len(self._said)
        report = f"After answer {self._answers} of {settings.turns}:\n\n{said}"
        self._heard.append(Message(role="user", text=report))
        opening = render(
            SUPERVISOR,
            problem=self._lab.problem,
            entry_point=self._lab.entry_point,
            report=self._heard[0].text,
        )
        return conversation(opening, self._heard[1:])

    # Ends without a candidate.

    def _failed(self, failure: str) -> Rejection:
        if self._bench.best is None:
            return self._rejection(Reason.MODEL_FAILED, failure)
        return self._ended(f"a model call failed: {failure}")

    def _ended(self, why: str) -> Rejection:
        """End with the best program that was tried out, and with what nobody read."""
        best = self._bench.best
        found = (
            "no program with a score was tried out"
            if best is None
            else f"best of the session: program {best.id} with gap {best.score:.6g}"
        )
        return self._rejection(Reason.NO_PROPOSAL, f"{why}; {found}{self._unread()}")

    def _unread(self) -> str:
        """Write out the results that no question holds: none was asked after them."""
        unread = [m for m in self._said[self._shown :] if m.role == "tool"]
        return "".join(f"\nunread result: {message.text}" for message in unread)

    def _rejection(self, reason: Reason, detail: str) -> Rejection:
        return Rejection(
            step=self._brief.step,
            operator=Operator.AGENT,
            island=self._brief.island,
            reason=reason,
            detail=detail,
            parents=tuple(dict.fromkeys(p.id for p in self._brief.parents)),
        )


def _complaint(response: Response) -> str:
    """Say what is wrong with an answer in words; nothing if it may be discussed."""
    if response.finish_reason in _WITHHELD or declined(response.text.strip()):
        return REFUSED
    if response.finish_reason in _LENGTH:
        return CUT
    return "" if response.text.strip() else EMPTY
