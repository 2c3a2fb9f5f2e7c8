"""Past-Future: in order of arrival, held while the forecast sees no memory."""

# EVOLVE-BLOCK-START


def pick(waiting, running, state):
    capacity = 0.95 * 16 * state.blocks
    call = waiting[0]
    batch = [(one.rest, one.tokens) for one in running]
    batch.append((call.rest, call.tokens))
    batch.sort(reverse=True)
    held, peak = 0, 0.0
    for place, (rest, tokens) in enumerate(batch, start=1):
        held += tokens
        peak = max(peak, held + place * rest)
    return call.id if peak <= capacity or not running else None


# EVOLVE-BLOCK-END
