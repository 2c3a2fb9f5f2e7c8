"""Good instance files by pack, for tests of importing."""

import json

from tests.fakes import traces

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
CLUSTER = (
    "limit 2\nmachine 88 256\nmachine 44 128 44 128  # two nodes\n\n"
    "vm 0 4 8\nvm 1.1 8 16 web\nvm 1.* 32 64\nvm 0.0 2 4 web\n"
)
KUBECTL = json.dumps(
    {
        "kind": "List",
        "items": [
            {
                "kind": "Node",
                "metadata": {"name": "n0"},
                "status": {"allocatable": {"cpu": "3920m", "memory": "16Gi"}},
            },
            {
                "kind": "Pod",
                "metadata": {"name": "web", "annotations": {"a": "b"}},
                "spec": {
                    "priority": 100,
                    "nodeName": "n0",
                    "containers": [
                        {"resources": {"requests": {"cpu": "1.5", "memory": "500M"}}},
                        {"resources": {}},
                    ],
                },
            },
            {
                "kind": "Pod",
                "metadata": {"name": "job"},
                "spec": {"containers": [{"resources": {"requests": {"cpu": "9"}}}]},
            },
        ],
    },
    indent=1,
)

WORKFLOW = json.dumps(
    {
        "workflow": {
            "specification": {
                "tasks": [
                    {"id": "a", "children": ["b"], "outputFiles": ["f"]},
                    {"id": "b", "inputFiles": ["f"]},
                ],
                "files": [{"id": "f", "sizeInBytes": 1000}],
            },
            "execution": {
                "tasks": [
                    {"id": "a", "runtimeInSeconds": 1.5},
                    {"id": "b", "runtimeInSeconds": 2},
                ]
            },
        }
    },
    indent=1,
)
WORKFLOWS = json.dumps({"a": {"cost": [[3, 2], [2, 4]], "edges": [[0, 1, 5]]}})

PATTERSON = """3 2
 4 2
 0 0 0 1 2
 3 2 1 1
 3
 0 0 0 0
"""

PSPLIB = """************************************************************************
file with basedata            : own.bas
initial value random generator: 1
************************************************************************
projects                      :  1
jobs (incl. supersource/sink ):  4
horizon                       :  7
RESOURCES
  - renewable                 :  2   R
  - nonrenewable              :  0   N
  - doubly constrained        :  0   D
************************************************************************
PRECEDENCE RELATIONS:
jobnr.    #modes  #successors   successors
   1        1          2           2   3
   2        1          1           4
   3        1          1           4
   4        1          0
************************************************************************
REQUESTS/DURATIONS:
jobnr. mode duration  R 1  R 2
------------------------------------------------------------------------
  1      1     0       0    0
  2      1     3       2    1
  3      1     4       3    0
  4      1     0       0    0
************************************************************************
RESOURCEAVAILABILITIES:
  R 1  R 2
    4    2
************************************************************************
"""

FLEXIBLE = "# a comment\n2 2 1.5\n2 2 0 3 1 4 1 1 2\n\n1 1 0 5\n"

ARENA = (
    "client,prompt_len,output_len,request_latency_s,first_token_latency_s,req_time_s\n"
    "0,20,30,2.5,0.5,0.0\n3,10,5,1.0,0.5,1.25\n"
)
MOONCAKE = (
    '{"timestamp": 0, "input_length": 600, "output_length": 9, "hash_ids": [0, 1]}\n'
    '{"timestamp": 3000, "input_length": 1100, "output_length": 20, '
    '"hash_ids": [0, 2, 3]}\n'
)
TRACE = (
    "TIMESTAMP,ContextTokens,GeneratedTokens\n"
    "2023-11-16 18:15:46.6805900,374,44\n2023-11-16 18:15:50.9951690,396,109\n"
)

GOOD = {
    "dag_hetero": (WORKFLOW, WORKFLOWS),
    "fjsp": (FLEXIBLE,),
    "fjsp_rho": (FLEXIBLE,),
    "obp": (OR_LIBRARY, BINS),
    "jssp": (SHOP, SHOPS, TAILLARD),
    "jssp_lns": (SHOP, SHOPS, TAILLARD),
    "k8s_pods": (KUBECTL,),
    "llm_admission": (TRACE,),
    "llm_autoscale": (traces.AZURE, traces.ARENA),
    "llm_fair": (ARENA,),
    "llm_offline_prefix": (traces.MOONCAKE, traces.BAILIAN),
    "llm_prefix_router": (MOONCAKE,),
    "llm_slo": (TRACE,),
    "mem_alloc": (BUFFERS,),
    "rcpsp": (PATTERSON, PSPLIB),
    "smtt": (TARDY,),
    "vm_resched": (CLUSTER,),
}
