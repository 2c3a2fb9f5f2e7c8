"""Classical rules, each a program in the form that candidates have."""

from importlib.resources import files
from types import MappingProxyType

from problems.base import Baseline

_KUBE = (
    "kube-scheduler's plugins NodeResourcesFit (LeastAllocated) and "
    "NodeResourcesBalancedAllocation with equal weights, written anew"
)
_PANIGRAHY = (
    "R. Panigrahy et al., Heuristics for vector bin packing, Microsoft Research (2011)"
)
_TETRIS = (
    "R. Grandl et al., Multi-resource packing for cluster schedulers, SIGCOMM (2014)"
)
_FGD = (
    "Q. Weng et al., Beware of fragmentation: scheduling GPU-sharing workloads with "
    "fragmentation gradient descent, USENIX ATC (2023), for CPU and memory"
)
_STAY = "best fit, and no pod is disturbed without need; this project"

_RULES = {
    "score": {
        "best_fit": "best-fit decreasing, kube-scheduler's MostAllocated",
        "dot": f"dot product with what is free, {_PANIGRAHY}",
        "cosine": f"dot product of unit vectors, {_PANIGRAHY}",
        "fragments": _FGD,
        "stay": _STAY,
    },
    "queue_score": {"kube_queue": f"{_KUBE}; pods in the order of its PrioritySort"},
    "arrival_score": {"kube_arrival": f"{_KUBE}; pods in the order of arrival"},
    "pair_score": {"pair_dot": _TETRIS, "pair_stay": _STAY},
}


def baselines() -> MappingProxyType[str, Baseline]:
    """All baselines by name, those of the default entry point first."""
    return MappingProxyType(
        {
            name: Baseline(
                name=name,
                entry_point=entry_point,
                source=files("problems.k8s_pods")
                .joinpath("heuristics", f"{name}.py")
                .read_text(encoding="utf-8"),
                citation=citation,
            )
            for entry_point, rules in _RULES.items()
            for name, citation in rules.items()
        }
    )
