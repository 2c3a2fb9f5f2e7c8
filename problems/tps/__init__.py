"""TPS-Bench, re-implemented: choose tools, plan their calls, answer."""
