"""What a heuristic sees of a schedule to improve. Loaded in the sandbox."""

from typing import NamedTuple


class Op(NamedTuple):
    """An operation in the incumbent schedule, the best one so far.

    ``job`` and ``k`` say which one it is, ``machine`` where it is done, ``p`` for how
    long. ``start`` is when; ``slack`` is how much later it could start, with the order
    on every machine as it is, before the makespan grows: 0 on a critical path.
    ``wait`` is the time between the end of the job's operation before it and its start;
    ``rest`` is the work of its job from it on (it included). ``freed`` counts the
    rounds since it was last free, the rounds so far if it never was. ``distance`` is
    the time between its middle and ``spot`` (see ``State``); ``luck``, ``job_luck`` and
    ``machine_luck`` are drawn for each round from 0 to 1: one for each operation, one
    for all of a job, one for all of a machine.
    """

    job: int
    k: int
    machine: int
    p: int
    start: int
    slack: int
    wait: int
    rest: int
    freed: int
    distance: float
    luck: float
    job_luck: float
    machine_luck: float


class State(NamedTuple):
    """Where the search stands.

    ``round`` counts from 0 to ``rounds`` - 1 at most, ``most`` is the number of
    operations that are freed. ``makespan`` is that of the incumbent, ``bound`` the
    larger of the longest job and the largest load. ``stalled`` counts the rounds since
    the makespan last fell, ``spot`` is a time from 0 to the makespan that is drawn for
    each round, ``budget`` the share of the solver's time that is left. ``proved`` is 1
    if the last round was searched to the end, else 0; ``n`` and ``m`` are the numbers
    of jobs and machines, ``p_mean`` is the mean time of an operation.
    """

    round: int
    rounds: int
    most: int
    makespan: int
    bound: int
    stalled: int
    spot: float
    budget: float
    proved: int
    n: int
    m: int
    p_mean: float


class Schedule(NamedTuple):
    """The incumbent: operations by job, in order, and where the search stands."""

    jobs: tuple[tuple[Op, ...], ...]
    state: State
