"""Static memory allocation: buffers with known lifetimes, one block of memory.

Nothing is imported here, so that the sandbox loads the driver alone.
"""
