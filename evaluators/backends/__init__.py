"""Where heuristics run: in this process, or in sandboxes of this machine."""
