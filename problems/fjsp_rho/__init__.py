"""Flexible job shop by rolling horizon: what to fix, and how large a window is.

Nothing is imported here, so that the sandbox loads the driver alone.
"""
