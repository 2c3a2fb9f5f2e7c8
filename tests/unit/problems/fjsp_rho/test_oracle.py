"""The oracle fixes what stays in place, and its time is its own."""

from problems.base import Split
from problems.fjsp.instances import draw
from problems.fjsp_rho.oracle import gaps, makespan, oracle, plain
from problems.fjsp_rho.reference import reference
from problems.fjsp_rho.rolling import Horizon

SHOP = draw("mix", 8, 3, 1000)


def test_what_the_oracle_fixes_was_planned_and_costs_nothing():
    horizon = Horizon(SHOP)
    assert oracle(horizon, 18) == []
    horizon.roll(18, 6, ())
    before = horizon.state()
    fixed = oracle(horizon, 18)

    assert set(fixed) <= set(horizon.plan)
    assert fixed
    assert horizon.state() == before


def test_gaps_are_those_of_verified_makespans():
    found = gaps(Split.SMOKE, plain)
    best = [reference(one).best for one in (SHOP, draw("mix", 8, 3, 1001))]
    total = makespan(SHOP, plain) + makespan(draw("mix", 8, 3, 1001), plain)

    assert found["mix8x3"] == found["all"] == total / sum(best) - 1
