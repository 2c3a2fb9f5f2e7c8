"""Where heuristics run: in this process, in sandboxes of this machine, or on Ray."""
