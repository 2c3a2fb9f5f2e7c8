"""Job shop by large neighbourhood search: what to free around a solver.

Nothing is imported here, so that the sandbox loads the driver alone.
"""
