"""Single-machine total tardiness: one machine, n jobs, as little lateness as possible.

Nothing is imported here, so that the sandbox loads the driver without numpy.
"""
