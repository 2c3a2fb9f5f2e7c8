"""Random: any replica, by a hash of the request's number, so that runs repeat."""

# EVOLVE-BLOCK-START


def match(request, replica, state):
    mixed = (request.id * 2654435761 + replica.number * 40503) % 4294967296
    mixed = (mixed ^ (mixed >> 15)) * 2246822519 % 4294967296
    return mixed / 4294967296 - 1.0


# EVOLVE-BLOCK-END
