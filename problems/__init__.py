"""Problem packs: families of instances, their drivers, verifiers and references."""
