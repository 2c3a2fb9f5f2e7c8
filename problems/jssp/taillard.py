"""Taillard's generator of job shops, bit for bit, and the seeds of his 80 instances.

E. Taillard, Benchmarks for basic scheduling problems, European Journal of Operational
Research 64 (1993) 278-285. Times are U{1..99}; each job visits the machines in a random
order. Both come from the generator x <- 16807 x mod 2^31 - 1, one stream for the times
and one for the orders.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from problems.jssp.model import JsspInstance, Rows

MODULUS = 2**31 - 1
_MULTIPLIER = 16807


@dataclass(frozen=True, slots=True, kw_only=True)
class Shop:
    """Times and machines by job and operation, machines from 0."""

    times: Rows
    machines: Rows


def generate(*, n: int, m: int, time_seed: int, machine_seed: int) -> Shop:
    """Draw ``n`` jobs on ``m`` machines.

    Parameters
    ----------
    time_seed, machine_seed
        From 1 to ``MODULUS - 1``; equal seeds give equal instances.
    """
    draws = _uniform(time_seed)
    times = [[1 + int(next(draws) * 99) for _ in range(m)] for _ in range(n)]
    draws = _uniform(machine_seed)
    machines = []
    for _ in range(n):
        order = list(range(m))
        for k in range(m):
            other = k + int(next(draws) * (m - k))
            order[k], order[other] = order[other], order[k]
        machines.append(order)
    return Shop(times=tuple(map(tuple, times)), machines=tuple(map(tuple, machines)))


def taillard() -> tuple[JsspInstance, ...]:
    """Generate ta01 to ta80."""
    return tuple(map(_instance, range(len(_SEEDS))))


def _uniform(seed: int) -> Iterator[float]:
    """Draw from U(0, 1)."""
    state = seed
    while True:
        state = _MULTIPLIER * state % MODULUS
        yield state / MODULUS


def _instance(index: int) -> JsspInstance:
    n, m = _SIZES[index // 10]
    time_seed, machine_seed = _SEEDS[index]
    shop = generate(n=n, m=m, time_seed=time_seed, machine_seed=machine_seed)
    return JsspInstance(
        id=f"ta{index + 1:02d}",
        group=f"{n}x{m}",
        machines=shop.machines,
        times=shop.times,
    )


_SIZES = (
    (15, 15), (20, 15), (20, 20), (30, 15), (30, 20), (50, 15), (50, 20), (100, 20),
)  # fmt: skip
"""Jobs and machines of each ten instances."""

_SEEDS = (
    (840612802, 398197754), (1314640371, 386720536), (1227221349, 316176388),
    (342269428, 1806358582), (1603221416, 1501949241), (1357584978, 1734077082),
    (44531661, 1374316395), (302545136, 2092186050), (1153780144, 1393392374),
    (73896786, 1544979948), (533484900, 317419073), (1894307698, 1474268163),
    (874340513, 509669280), (1124986343, 1209573668), (1463788335, 529048107),
    (1056908795, 25321885), (195672285, 1717580117), (961965583, 1353003786),
    (1610169733, 1734469503), (532794656, 998486810), (1035939303, 773961798),
    (5997802, 1872541150), (1357503601, 722225039), (806159563, 1166962073),
    (1902815253, 1879990068), (1503184031, 1850351876), (1032645967, 99711329),
    (229894219, 1158117804), (823349822, 108033225), (1297900341, 489486403),
    (98640593, 1981283465), (1839268120, 248890888), (573875290, 2081512253),
    (1670898570, 788294565), (1118914567, 1074349202), (178750207, 294279708),
    (1549372605, 596993084), (798174738, 151685779), (553410952, 1329272528),
    (1661531649, 1173386294), (1841414609, 1357882888), (2116959593, 1546338557),
    (796392706, 1230864158), (532496463, 254174057), (2020525633, 978943053),
    (524444252, 185526083), (1569394691, 487269855), (1460267840, 1631446539),
    (198324822, 1937476577), (38071822, 1541985579), (17271, 718939),
    (660481279, 449650254), (352229765, 949737911), (1197518780, 166840558),
    (1376020303, 483922052), (2106639239, 955932362), (1765352082, 1209982549),
    (1105092880, 1349003108), (907248070, 919544535), (2011630757, 1845447001),
    (8493988, 2738939), (1991925010, 709517751), (342093237, 786960785),
    (1634043183, 973178279), (341706507, 286513148), (320167954, 1411193018),
    (1089696753, 298068750), (433032965, 1589656152), (615974477, 331205412),
    (236150141, 592292984), (302034063, 1203569070), (1437643198, 1692025209),
    (1792475497, 1039908559), (1647273132, 1012841433), (696480901, 1689682358),
    (1785569423, 1092647459), (117806902, 739059626), (1639154709, 1319962509),
    (2007423389, 749368241), (682761130, 262763021),
)  # fmt: skip
"""Time seed and machine seed of each instance, as published."""
