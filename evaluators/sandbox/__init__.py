"""The sandbox: a zygote per slot, which forks one confined child per candidate."""
