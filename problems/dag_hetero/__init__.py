"""Static workflow DAGs on machines of different speeds, smallest makespan.

Nothing is imported here, so that the sandbox loads the driver alone.
"""
