"""Hard caps on tokens and dollars that count the calls in flight."""

from collections.abc import Callable
from dataclasses import dataclass

from evolve.records import Spent, Usage
from problems.errors import ConfigError


class BudgetExhausted(Exception):  # noqa: N818 - an end, not an error
    """The next call would break a cap; its text says which one."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Reservation:
    """The most that one call may use; dollars are None if there is no price."""

    tokens: int
    usd: float | None


class Ledger:
    """Arithmetic in memory; the durable facts are in the population.

    Parameters
    ----------
    tokens, usd, calls
        Caps over all sessions; None for no cap.
    spent
        What earlier sessions used.
    """

    def __init__(
        self,
        *,
        tokens: int | None,
        usd: float | None,
        calls: int | None = None,
        spent: Spent | None = None,
    ) -> None:
        before = Spent() if spent is None else spent
        self._call_cap = calls
        self._calls = before.calls
        self._token_cap = tokens
        self._usd_cap = usd
        self._tokens = before.tokens
        self._usd = before.cost_usd
        self._open: set[Reservation] = set()

    @property
    def tokens(self) -> int:
        """Tokens used by settled calls, those of earlier sessions included."""
        return self._tokens

    @property
    def usd(self) -> float:
        """Dollars used by settled calls, those of earlier sessions included."""
        return self._usd

    @property
    def usd_left(self) -> float | None:
        """Dollars that no call has used or reserved; None if there is no cap."""
        if self._usd_cap is None:
            return None
        flying = sum(item.usd or 0.0 for item in self._open)
        return max(self._usd_cap - self._usd - flying, 0.0)

    def require_price(self, price: Callable[[int, int], float | None]) -> None:
        """Refuse a cap in dollars where calls have no price.

        Raises
        ------
        ConfigError
            If there is a cap in dollars and ``price`` does not know the model.
        """
        if self._usd_cap is not None and price(1, 1) is None:
            raise ConfigError(
                "a budget in usd needs the price of the model, which is not known; "
                "set usd_per_million_prompt_tokens and "
                "usd_per_million_completion_tokens in [model], or cap tokens instead"
            )

    def reserve(self, tokens: int, usd: float | None) -> Reservation | None:
        """Set a call's worst case aside, before it is made.

        Returns
        -------
        Reservation or None
            None if there may be room once the calls in flight have been settled.

        Raises
        ------
        BudgetExhausted
            If there is no room even if those calls cost nothing.
        """
        self._refuse(tokens, usd)
        flying = sum(item.tokens for item in self._open)
        flying_usd = sum(item.usd or 0.0 for item in self._open)
        if self._over(self._tokens + flying + tokens, self._token_cap):
            return None
        if self._over(self._usd + flying_usd + (usd or 0.0), self._usd_cap):
            return None
        reservation = Reservation(tokens=tokens, usd=usd)
        self._open.add(reservation)
        self._calls += 1
        return reservation

    def settle(self, reservation: Reservation, usage: Usage) -> None:
        """Book what a call used, in place of its reservation.

        What the provider did not report is booked as it was reserved: a cap must hold
        even then.
        """
        self._open.remove(reservation)
        known = (usage.prompt_tokens, usage.completion_tokens)
        if None in known:
            self._tokens += reservation.tokens
        else:
            self._tokens += sum(tokens or 0 for tokens in known)
        cost = reservation.usd if usage.cost_usd is None else usage.cost_usd
        self._usd += cost or 0.0

    def _refuse(self, tokens: int, usd: float | None) -> None:
        if self._over(self._calls + 1, self._call_cap):
            raise BudgetExhausted(f"budget of {self._call_cap} calls used")
        if self._over(self._tokens + tokens, self._token_cap):
            raise BudgetExhausted(
                f"budget of {self._token_cap} tokens used: {self._tokens} spent, the "
                f"next call may need {tokens}"
            )
        if self._usd_cap is None:
            return
        if usd is None:
            raise ValueError("a cap in dollars and a call without a price")
        if self._over(self._usd + usd, self._usd_cap):
            raise BudgetExhausted(
                f"budget of {self._usd_cap:g} usd used: {self._usd:.6f} spent, the "
                f"next call may cost {usd:.6f}"
            )

    @staticmethod
    def _over(value: float, cap: float | None) -> bool:
        return cap is not None and value > cap
