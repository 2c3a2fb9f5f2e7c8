"""When to make which tool call of an agent's task: the scheduler of ``tps``, evolved.

Nothing is imported here, so that the sandbox loads the driver alone.
"""
