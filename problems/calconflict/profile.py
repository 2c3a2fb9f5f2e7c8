"""Settings of the benchmark, where their defaults come from, and what they may be."""

from types import MappingProxyType

from problems.benchmark import Parameter, Profile, Provenance, Settings
from problems.calconflict.preferences import RULES
from problems.errors import ConfigError


def _one(value: object, doc: str, provenance: Provenance = "ours") -> Parameter:
    return Parameter(value=value, provenance=provenance, doc=doc)


PROFILE: Profile = MappingProxyType(
    {
        "seed": _one(1, "all randomness comes from it"),
        "users": _one(20, "number of samples, one user-year each"),
        "rounds": _one(120, "conflicts in a year"),
        "min_events": _one(2, "fewest invitations in a conflict"),
        "max_events": _one(5, "most invitations in a conflict"),
        "role_specific": _one(
            0.7,
            "share of invitations drawn from the calendar of the user's role and the "
            "season; the others are uniform",
        ),
        "series": _one(0.3, "chance that an invitation is part of a series"),
        "start_spread": _one(3, "hours between the first and last possible start"),
        "hard_rules": _one(2, "hard rules of a user, in lexicographic order"),
        "principles": _one(list(RULES), "hard rules that users may have"),
        "role_sd": _one(1.0, "spread of the weights of organisers' ranks, points"),
        "topic_sd": _one(1.0, "spread of the weights of topics"),
        "location_sd": _one(0.5, "spread of the weight of being on site"),
        "early_sd": _one(0.7, "spread of the weight of 5 hours earlier"),
        "size_sd": _one(0.4, "spread of the weight of 5 more people"),
        "relationship_sd": _one(0.5, "spread of the weight of the direct line"),
        "recurrence_sd": _one(0.4, "spread of the weight of a series"),
        "delta": _one(0.2, "least lead of the best invitation by weights, points"),
        "drifts": _one(1, "changes of preference in a year"),
        "history": _one(
            "full",
            "earlier rounds in a question: full, last_n, none (memory: the last)",
            "secondary",
        ),
        "last_n": _one(20, "rounds in a question if history is last_n"),
        "feedback": _one("gold", "gold: what the user attended; binary: right or not"),
        "memory": _one(False, "whether the agent keeps a list of strategies"),
        "memory_items": _one(20, "longest list of strategies"),
        "memory_chars": _one(200, "longest strategy, characters"),
        "err_window": _one(0.25, "share of the year at each end that ERR compares"),
    }
)

_RANGES = {
    "seed": (0, 2**63),
    "users": (1, 1000),
    "rounds": (4, 1000),
    "min_events": (2, 8),
    "max_events": (2, 8),
    "role_specific": (0, 1),
    "series": (0, 1),
    "start_spread": (0, 9),
    "hard_rules": (0, len(RULES)),
    "role_sd": (0, 100),
    "topic_sd": (0, 100),
    "location_sd": (0, 100),
    "early_sd": (0, 100),
    "size_sd": (0, 100),
    "relationship_sd": (0, 100),
    "recurrence_sd": (0, 100),
    "delta": (0, 100),
    "drifts": (0, 10),
    "last_n": (1, 1000),
    "memory_items": (1, 100),
    "memory_chars": (10, 1000),
    "err_window": (0.01, 0.5),
}
_CHOICES = {"history": ("full", "last_n", "none"), "feedback": ("gold", "binary")}


def check(settings: Settings) -> None:
    """Refuse values that make no year.

    Raises
    ------
    ConfigError
        Naming the parameter and what it may be.
    """
    for name, (low, high) in _RANGES.items():
        if not low <= settings[name] <= high:
            raise ConfigError(
                f"parameter {name} is {settings[name]!r}, but has to be between {low} "
                f"and {high}"
            )
    for name, known in _CHOICES.items():
        if settings[name] not in known:
            raise ConfigError(
                f"parameter {name} is {settings[name]!r}; known: {', '.join(known)}"
            )
    _check_together(settings)


def _check_together(settings: Settings) -> None:
    if settings["min_events"] > settings["max_events"]:
        raise ConfigError(
            f"parameter min_events is {settings['min_events']}, more than max_events, "
            f"{settings['max_events']}"
        )
    principles = settings["principles"]
    unknown = [n for n in principles if not isinstance(n, str) or n not in RULES]
    if unknown or len(set(map(str, principles))) < len(principles):
        raise ConfigError(
            f"parameter principles is {principles!r}, but has to hold some of "
            f"{', '.join(RULES)}, each once"
        )
    if settings["hard_rules"] > len(principles):
        raise ConfigError(
            f"parameter hard_rules is {settings['hard_rules']}, but there are only "
            f"{len(principles)} principles"
        )
    if settings["drifts"] and settings["rounds"] < 10 * (settings["drifts"] + 1):
        raise ConfigError(
            f"parameter drifts is {settings['drifts']}, but a drift needs 10 rounds on "
            f"either side; parameter rounds is {settings['rounds']}"
        )
