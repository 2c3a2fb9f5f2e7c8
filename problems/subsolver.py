"""CP-SAT for packs that solve pieces of a problem during a run, on the trusted side."""

from problems.base import Json
from problems.errors import ConfigError


def demand() -> Json:
    """Give the module of CP-SAT.

    Raises
    ------
    ConfigError
        If OR-Tools is not installed.
    """
    try:
        from ortools.sat.python import cp_model
    except ImportError as error:
        raise ConfigError(
            "this problem is solved piece by piece with OR-Tools; install it with: "
            "pip install 'heuresis[solvers]'"
        ) from error
    return cp_model


def solver(limit: float) -> Json:
    """Give a solver that repeats itself: one thread, ``limit`` deterministic units.

    What it finds depends on the version of OR-Tools and on nothing else. A unit takes 6
    to 10 seconds of CPU time.
    """
    found = demand().CpSolver()
    found.parameters.num_workers = 1
    found.parameters.random_seed = 0
    found.parameters.max_deterministic_time = limit
    return found
