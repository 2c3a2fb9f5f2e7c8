"""Continuum: keep for the time that is worth most."""

# EVOLVE-BLOCK-START


def ttl(call, program, engine, state):
    saved = state.mean_wait * state.eta + call.reload
    deciles = (
        call.d1,
        call.d2,
        call.d3,
        call.d4,
        call.d5,
        call.d6,
        call.d7,
        call.d8,
        call.d9,
        call.d10,
    )
    best, seconds = 0.0, 0.0
    for tenths, decile in enumerate(deciles, 1):
        worth = tenths / 10 * saved - decile
        if worth > best and call.seen:
            best, seconds = worth, decile
    return seconds


# EVOLVE-BLOCK-END
