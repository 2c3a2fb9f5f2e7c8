"""Flexible job shop: choose a machine and an order for each operation.

Nothing is imported here, so that the sandbox loads the driver alone.
"""
