"""Driver of the queue: the simulator runs beside the candidate in ``run`` only."""

from tests.fakes.queue_line import Line


def decode(payload):
    return [tuple(job) for job in payload["jobs"]]


def run(entry_point, heuristic, instance, seed):
    line = Line(instance)
    while (observation := line.observe()) is not None:
        line.act(decide(entry_point, heuristic, observation))
    return line.trace()


def decide(entry_point, heuristic, observation):
    waiting = [tuple(job) for job in observation["waiting"]]
    return heuristic(observation["time"], waiting)
