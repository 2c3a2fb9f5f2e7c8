"""Autoscalers, each a program in the form that candidates have."""

from importlib.resources import files
from types import MappingProxyType

from problems.base import Baseline

_HPA = (
    "Kubernetes documentation, Horizontal Pod Autoscaling: ceil(replicas x metric / "
    "target), tolerance 0.1"
)

_RULES = {
    "target": {
        "queue_threshold": "two thresholds on the calls per replica; folklore",
        "static_peak": "as many replicas as there can be; folklore",
        "hpa": f"{_HPA}; the metric is the KV memory, calls that wait included",
        "predictive": "exponential mean of the token rate over the capacity, with "
        "hysteresis on the way down and the backlog of ours; folklore",
    },
    "replicas": {
        "hpa_window": f"{_HPA}; calls in flight, stabilised by a window of the past",
        "trend": "least squares through the loads of five minutes; folklore",
    },
}


def baselines() -> MappingProxyType[str, Baseline]:
    """All baselines by name."""
    folder = files("problems.llm_autoscale").joinpath("heuristics")
    return MappingProxyType(
        {
            name: Baseline(
                name=name,
                entry_point=entry_point,
                source=folder.joinpath(f"{name}.py").read_text("utf-8"),
                citation=citation,
            )
            for entry_point, rules in _RULES.items()
            for name, citation in rules.items()
        }
    )
