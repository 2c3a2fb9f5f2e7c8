"""Online bin packing: items come one by one, each must go into a bin at once.

Nothing is imported here, so that the sandbox loads the driver and numpy only.
"""
