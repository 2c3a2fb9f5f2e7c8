"""Scheduling on one machine while learning how long jobs take.

Nothing is imported here, so that the sandbox loads the driver alone.
"""
