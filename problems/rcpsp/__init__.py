"""Resource-constrained project scheduling: precedences and scarce resources.

Nothing is imported here, so that the sandbox loads the driver alone.
"""
