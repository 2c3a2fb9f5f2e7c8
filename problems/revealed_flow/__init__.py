"""Flow time on one machine, with jobs that show one operation at a time.

Nothing is imported here, so that the sandbox loads the driver alone.
"""
