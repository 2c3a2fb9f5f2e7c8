"""Rescheduling of virtual machines: migrations that leave whole blocks of cores free.

Nothing is imported here, so that the sandbox loads the driver without numpy.
"""
