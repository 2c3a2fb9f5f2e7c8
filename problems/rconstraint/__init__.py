"""Benchmark ``rconstraint``: feasible schedules under interacting constraints."""
