"""D2LPM: the longest prefix where the client has quantum left, else least loaded."""

# EVOLVE-BLOCK-START


def place(request, replicas, state):
    able = [replica for replica in replicas if replica.deficit > 0 and replica.match]
    if able:
        best = max(able, key=lambda one: (one.match, -one.in_flight, -one.number))
    else:
        best = min(replicas, key=lambda one: (one.in_flight, one.number))
    return best.number


# EVOLVE-BLOCK-END
