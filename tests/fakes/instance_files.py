"""Good instance files by pack, for tests of importing."""

import json

OR_LIBRARY = "2\n u3_00\n 150 3 2\n42\n69\n67\n t2_00\n 100.0 2 1\n49.9\n50.1\n"
SHOP = "# a comment\n2 2\n0 3 1 2\n\n1 2 0 4\n"
SHOPS = json.dumps(
    {
        "a": {
            "duration_matrix": [[3, 2], [2, 4]],
            "machines_matrix": [[0, 1], [1, 0]],
            "metadata": {"lower_bound": 7, "upper_bound": 7},
        }
    },
    indent=1,
)
TAILLARD = (
    "Nb of jobs, Nb of Machines, Time seed, Machine seed, Upper bound, Lower bound\n"
    "2 2 840612802 398197754 1231 1005\nTimes\n3 2\n2 4\nMachines\n1 2\n2 1\n"
)
TARDY = json.dumps(
    {
        "sets": {
            "2": [
                {
                    "n": 2,
                    "tf": 0.2,
                    "rdd": 0.2,
                    "seed": 0,
                    "p": [3, 2],
                    "d": [2, 3],
                    "optimum": 3,
                }
            ]
        }
    },
    indent=1,
)
BINS = json.dumps({"a": {"capacity": 10, "num_items": 2, "items": [3, 10]}}, indent=1)

BUFFERS = "id,lower,upper,size\n0,0,4,1024\nb1,2,6,2048\n"

FLEXIBLE = "# a comment\n2 2 1.5\n2 2 0 3 1 4 1 1 2\n\n1 1 0 5\n"

GOOD = {
    "fjsp": (FLEXIBLE,),
    "obp": (OR_LIBRARY, BINS),
    "jssp": (SHOP, SHOPS, TAILLARD),
    "mem_alloc": (BUFFERS,),
    "smtt": (TARDY,),
}
