"""The running totals of a campaign, updated in the transaction of each fact."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from math import fsum

from evolve.records import Call, Response, Spent


@dataclass(frozen=True, slots=True, kw_only=True)
class Reservation:
    """What a call may use at most; dollars are None if there is no price."""

    tokens: int
    usd: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Ledger:
    """Totals that would take longer and longer to count.

    Attributes
    ----------
    next_step, next_event, next_entry
        Numbers that come next: of steps, of events, of entries into an island.
    seconds
        Campaign time; never goes back.
    calls
        Questions asked, answered or not.
    tokens, cost_usd, unpriced_calls
        Of answered calls only; the others count with their reservations.
    """

    next_step: int = 0
    next_event: int = 0
    next_entry: int = 0
    candidates: int = 0
    rejections: int = 0
    evaluations: int = 0
    seconds: float = 0.0
    calls: int = 0
    tokens: int = 0
    cost_usd: float = 0.0
    unpriced_calls: int = 0

    def logged(self) -> "Ledger":
        """After one more event."""
        return replace(self, next_event=self.next_event + 1)

    def entered(self) -> "Ledger":
        """After one more entry into an island."""
        return replace(self, next_entry=self.next_entry + 1)

    def reached(self, seconds: float) -> "Ledger":
        """After ``seconds`` of campaign time."""
        return replace(self, seconds=max(self.seconds, float(seconds)))

    def asked(self, call: Call) -> "Ledger":
        """After one more question."""
        return replace(
            self, calls=self.calls + 1, next_step=max(self.next_step, call.step + 1)
        )

    def answered(self, reserved: Reservation, response: Response | None) -> "Ledger":
        """After the answer or the failure of a call.

        What nobody reported is taken to be what was reserved, so that caps hold in
        later sessions too; without a price the call counts as unpriced.
        """
        tokens, cost = reserved.tokens, reserved.usd
        if response is not None:
            usage = response.usage
            cost = reserved.usd if usage.cost_usd is None else usage.cost_usd
            if usage.prompt_tokens is not None and usage.completion_tokens is not None:
                tokens = usage.prompt_tokens + usage.completion_tokens
        return replace(
            self,
            tokens=self.tokens + tokens,
            cost_usd=self.cost_usd + (cost or 0.0),
            unpriced_calls=self.unpriced_calls + (cost is None),
        )

    def added(self, step: int, seconds: float) -> "Ledger":
        """After one more program."""
        return replace(
            self.evaluated(seconds),
            candidates=self.candidates + 1,
            next_step=max(self.next_step, step + 1),
        )

    def rejected(self, step: int) -> "Ledger":
        """After one more rejection."""
        return replace(
            self,
            rejections=self.rejections + 1,
            next_step=max(self.next_step, step + 1),
        )

    def evaluated(self, seconds: float) -> "Ledger":
        """After one more evaluation."""
        return replace(self.reached(seconds), evaluations=self.evaluations + 1)

    def spent(self, unanswered: Iterable[Reservation]) -> Spent:
        """Return what is used up, reservations of ``unanswered`` calls included."""
        open_calls = list(unanswered)
        prices = [r.usd for r in open_calls if r.usd is not None]
        return Spent(
            candidates=self.candidates,
            rejections=self.rejections,
            evaluations=self.evaluations,
            seconds=self.seconds,
            tokens=self.tokens + sum(r.tokens for r in open_calls),
            cost_usd=self.cost_usd + fsum(prices),
            calls=self.calls,
            unpriced_calls=self.unpriced_calls + len(open_calls) - len(prices),
        )
