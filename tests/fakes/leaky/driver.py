"""A driver that would put its references into the memory of candidates."""

from tests.fakes.leaky.reference import SECRET


def decode(payload):
    return SECRET


def run(entry_point, heuristic, instance, seed):
    return heuristic(instance, seed)
