"""Ground truth in closed form: the shortest expected processing time first."""

from collections.abc import Callable

from problems.base import Json, Reference, Split
from problems.errors import InfrastructureError
from problems.stoch_single.instances import instances
from problems.stoch_single.model import StochInstance

METHOD = "closed form of the shortest expected processing time first"
SOURCE = "M. H. Rothkopf, Scheduling with random service times, Management Science 12"


def reference(instance: StochInstance) -> Reference:
    """Give the least expected sum of completion times, that of known means."""
    value = float(sept(instance))
    return Reference(lower=value, best=value, proved=True, method=METHOD, source=SOURCE)


def sept(instance: StochInstance) -> int:
    """Give the expected sum of completion times if the means are known, in ticks.

    With the means in ascending order it is sum_k mu_k n_k (n_k + 1) / 2 + sum_{k<l} n_k
    n_l mu_k.
    """
    rows = sorted(
        (mean, len(row))
        for mean, row in zip(instance.means, instance.durations, strict=True)
    )
    total = sum(mean * n * (n + 1) // 2 for mean, n in rows)
    behind = [sum(n for _, n in rows[k + 1 :]) for k in range(len(rows))]
    return total + sum(mean * n * m for (mean, n), m in zip(rows, behind, strict=True))


def optimum(_: StochInstance) -> Json | None:
    """No decisions: what is optimal in expectation needs the means."""
    return None


def solve_references(log: Callable[[str], None]) -> None:
    """Sum over all jobs, one by one, what the closed form says of each instance.

    Raises
    ------
    InfrastructureError
        If the two differ.
    """
    for one in (one for split in Split for one in instances(split)):
        order = sorted(
            mean
            for mean, row in zip(one.means, one.durations, strict=True)
            for _ in row
        )
        total = sum(mean * (one.n - at) for at, mean in enumerate(order))
        if total != sept(one):
            raise InfrastructureError(f"{one.id}: {total} by sum, {sept(one)} in form")
        log(f"{one.id}: {total}, proved")
