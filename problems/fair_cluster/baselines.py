"""The classical policies, as programs that are judged like any candidate."""

from importlib.resources import files
from types import MappingProxyType

from problems.base import Baseline

_SPARK = (
    "Apache Spark, job scheduling: pools and jobs with the fewest running tasks first"
)
_DEMERS = (
    "A. Demers, S. Keshav and S. Shenker, Analysis and simulation of a fair queueing "
    "algorithm, SIGCOMM (1989) 1-12"
)
_UWFQ = (
    "UWFQ, after Balancing fairness and performance in multi-user Spark workloads with "
    "dynamic scheduling: virtual arrival at user level, size over the share of the job"
)
_SCHRAGE = (
    "L. Schrage, A proof of the optimality of the shortest remaining processing time "
    "discipline, Operations Research 16 (1968) 687-690"
)

_RULES = {
    "priority": {
        "fifo": "first come, first served, the default of Apache Spark",
        "spark_fair": _SPARK,
        "ujf": "user-job fairness: users, then their jobs, with the fewest running "
        f"tasks; with one resource also DRF. {_SPARK}",
        "wfq": f"virtual end with a flow for each job (CFQ). {_DEMERS}",
        "wfq_users": f"virtual end with a flow for each user. {_DEMERS}",
        "uwfq": _UWFQ,
        "srpt": _SCHRAGE,
        "sjf": "shortest job first, by all its work",
    },
    "partition": {
        "as_given": "the number of tasks that the workload says",
        "by_cores": "one task for each core",
        "by_runtime": "runtime partitioning: tasks of about ten time units; "
        "as in the paper on UWFQ",
    },
}


def baselines() -> MappingProxyType[str, Baseline]:
    """All baselines by name, those of the default entry point first."""
    return MappingProxyType(
        {
            name: Baseline(
                name=name,
                entry_point=entry_point,
                source=files("problems.fair_cluster")
                .joinpath("heuristics", f"{name}.py")
                .read_text(encoding="utf-8"),
                citation=citation,
            )
            for entry_point, rules in _RULES.items()
            for name, citation in rules.items()
        }
    )
