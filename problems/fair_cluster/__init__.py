"""A cluster that users share: response time and fairness.

Nothing is imported here, so that the sandbox loads the driver alone.
"""
