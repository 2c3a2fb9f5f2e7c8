"""Turn the source of a program into its function, as the sandbox does."""


def define(baseline):
    """The function that the program of ``baseline`` defines."""
    names = {"__name__": "heuristic"}
    exec(compile(baseline.source, baseline.name, "exec"), names)
    return names[baseline.entry_point]
