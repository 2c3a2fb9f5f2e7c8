"""Placement of pods on nodes: the important ones first, and few that run disturbed.

Nothing is imported here, so that the sandbox loads the driver without numpy.
"""
