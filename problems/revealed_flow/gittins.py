"""Gittins index of a job whose operations show their size when they begin.

The index is the best ratio, over all rules of when to give a job up, of the chance to
complete it to the expected time spent on it (J. C. Gittins, Bandit processes and
dynamic allocation indices, Journal of the Royal Statistical Society B 41 (1979)
148-177). Loaded in the sandbox: plain Python.
"""

from collections.abc import Sequence


class Gittins:
    """What a known law says of jobs.

    ``behind[k]`` is the expected work of a job behind its operation k (from 0), given
    that it has come so far.
    """

    def __init__(self, law: Sequence[tuple[float, Sequence[int]]]) -> None:
        self._law = law
        self._ranks: dict[tuple[int, int], float] = {}
        self.behind = [0.0] * len(law)
        for k in range(len(law) - 2, -1, -1):
            sizes = law[k + 1][1]
            mean = sum(sizes) / len(sizes)
            self.behind[k] = (1 - law[k][0]) * (mean + self.behind[k + 1])

    def rank(self, k: int, rest: int) -> float:
        """Give the least expected time per completion, ``rest`` of operation k to do.

        It is the inverse of the index: lower goes first.
        """
        known = self._ranks.get((k, rest))
        if known is None:
            known = self._ranks[k, rest] = self._solve(k, rest)
        return known

    def _solve(self, k: int, rest: int) -> float:
        """Improve the price of time until the best rule at that price is the same.

        The price rises from step to step to the index, which takes a few of them.
        """
        ends = self._law[k][0]
        price = 0.0
        while True:
            chance, time = self._rule(k, price)
            chance = ends + (1 - ends) * chance
            time = rest + (1 - ends) * time
            better = chance / time
            if better <= price * (1 + 1e-12):
                return time / chance
            price = better

    def _rule(self, after: int, price: float) -> tuple[float, float]:
        """Chance to complete and expected time behind operation ``after``.

        A job is given up where that is better at this price of time.
        """
        chance, time = 0.0, 0.0
        for ends, sizes in reversed(self._law[after + 1 :]):
            won = ends + (1 - ends) * chance
            more = (1 - ends) * time
            taken = [size for size in sizes if won - price * (size + more) > 0]
            share = len(taken) / len(sizes)
            chance = share * won
            time = sum(taken) / len(sizes) + share * more
        return chance, time
