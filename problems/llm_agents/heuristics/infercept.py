"""Keep until the tool ends where that wastes less memory x time than reloading."""

# EVOLVE-BLOCK-START


def ttl(call, program, engine, state):
    kept = call.mean * call.kept
    reloaded = call.reload * (call.kept + engine.used - engine.pinned)
    return 1e6 if kept <= reloaded else 0.0


# EVOLVE-BLOCK-END
