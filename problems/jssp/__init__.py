"""Job shop, makespan: jobs visit machines in given orders, the last one ends early.

Nothing is imported here, so that the sandbox loads the driver without numpy.
"""
