"""Small job shops that several tests use."""

from problems.jssp import simulate
from problems.jssp.model import JsspInstance, encode

# Two jobs on two machines in opposite order, and one that follows the first.
SMALL = JsspInstance(
    id="small",
    group="3x2",
    machines=((0, 1), (1, 0), (0, 1)),
    times=((3, 2), (2, 4), (1, 5)),
)

# Fisher and Thompson's 6 x 6, optimum 55, machines from 0 and times in turn.
FT06 = """\
6 6
2 1 0 3 1 6 3 7 5 3 4 6
1 8 2 5 4 10 5 10 0 10 3 4
2 5 3 4 5 8 0 9 1 1 4 7
1 5 0 5 2 5 3 3 4 8 5 9
2 9 1 3 4 5 5 4 0 3 3 1
1 3 3 3 5 9 0 10 4 4 2 1
"""


def schedule(instance, function, entry_point="priority", seed=7):
    """Start times that the driver makes with a rule."""
    shop = simulate.decode(encode(instance))
    return simulate.run(entry_point, function, shop, seed)
