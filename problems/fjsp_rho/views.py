"""What a heuristic sees of a rolling horizon. Loaded in the sandbox: imports little."""

from typing import NamedTuple


class Op(NamedTuple):
    """An operation of the window that the last plan has put on a machine.

    ``p`` is its time there, ``p_min`` the shortest of its times, ``gain`` their mean
    less ``p``, what the machine is better than another one; ``choices`` is the number
    of its machines. ``start`` is the time from now to its planned start; ``slack`` is
    how much later it could end without a later end of the plan, if only its job
    mattered. ``rest`` is the least work of its job from it on (it included), ``left``
    the number of these operations. ``kept`` counts the plans in a row that gave it
    this machine; ``place`` is the number of operations of the overlap that start
    earlier. ``load`` is the planned work on its machine, ``room`` what it has less than
    the mean of all machines.
    """

    p: int
    p_min: int
    gain: float
    choices: int
    start: int
    slack: int
    rest: int
    left: int
    kept: int
    place: int
    load: int
    room: float


class State(NamedTuple):
    """Where the horizon stands, and how the last window went.

    ``t`` is the time at which the first machine is free; ``window`` counts the windows
    that were solved. ``n`` is the number of operations that the last plan has and that
    are still open, ``open`` that of all that are still open, ``total`` that of all
    ever. ``m`` is the number of machines, ``p_mean`` the mean shortest time and
    ``choices`` the mean number of machines of the open operations, ``load_mean`` the
    mean over machines of the work of the overlap. ``budget`` is the share of the
    solver's time that is left. Of the last window: ``size`` and ``step`` in operations,
    ``proved`` (1 if its plan was proved best, else 0), ``used``, the share that it took
    of the time it was given, ``fixed`` and ``moved``, the shares of its overlap that
    were fixed and that changed machines; all 0 before the first one.
    """

    t: int
    window: int
    n: int
    open: int
    total: int
    m: int
    p_mean: float
    choices: float
    load_mean: float
    budget: float
    size: int
    step: int
    proved: int
    used: float
    fixed: float
    moved: float
