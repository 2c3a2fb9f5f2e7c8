from problems.jssp.importer import read
from problems.jssp.taillard import generate, taillard
from tests.unit.problems.jssp.shared_data import shared_file


def test_the_eighty_instances_are_the_published_ones_bit_for_bit():
    published = {one.id: one for one in read(shared_file())}
    ours = taillard()
    assert [one.id for one in ours] == [f"ta{k:02d}" for k in range(1, 81)]
    assert list(ours) == [published[one.id] for one in ours]


def test_the_first_rows_of_ta01_are_those_of_the_paper():
    first = taillard()[0]
    assert first.times[0] == (
        94,
        66,
        10,
        53,
        26,
        15,
        65,
        82,
        10,
        27,
        93,
        92,
        96,
        70,
        83,
    )
    assert first.machines[0] == (6, 12, 4, 7, 3, 2, 10, 11, 8, 14, 9, 13, 5, 0, 1)


def test_times_and_orders_come_from_separate_streams():
    one, other, third = (
        generate(n=4, m=3, time_seed=times, machine_seed=orders)
        for times, orders in ((1, 2), (1, 3), (2, 2))
    )
    assert one.times == other.times != third.times
    assert one.machines == third.machines != other.machines
