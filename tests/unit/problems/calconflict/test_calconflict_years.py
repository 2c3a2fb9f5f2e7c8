"""What a year holds: organisations, conflicts, gold answers, drift and settings."""

import json
from datetime import date

import pytest

from problems.benchmark import digest, settings_of
from problems.calconflict.preferences import RULES
from problems.errors import ConfigError
from tests.unit.problems.calconflict.playing import (
    BENCHMARK,
    accept,
    answer_all,
    changed,
    frozen,
)

SETS = list(BENCHMARK.sets)
KEPT = {
    "medical": lambda e: e["topic"] == "medical",
    "family": lambda e: e["role"] == "Family",
    "top": lambda e: e["org_level"] == 0,
    "external": lambda e: e["role"] in {"Customer", "Programme officer", "Supplier"},
    "direct": lambda e: e["relationship"] in {"manager", "report"},
    "not_late": lambda e: e["start"] < 15,
    "not_large": lambda e: e["size"] < 9,
}
TOPICS = [
    "board",
    "one_on_one",
    "hiring",
    "launch",
    "review",
    "training",
    "social",
    "medical",
]


def events_of(samples):
    return [
        (sample, event)
        for sample in samples
        for one in sample.data["rounds"]
        for event in one["events"]
    ]


def points(weights, event):
    """The weighted sum again, in points, as the documentation says it."""
    return (
        weights["role"][event["org_level"]]
        + weights["topic"][TOPICS.index(event["topic"])]
        + weights["onsite"] * (event["location"] == "onsite")
        + weights["early"] * (13 - event["start"]) / 5
        + weights["size"] * (event["size"] - 6) / 5
        + weights["direct"] * (event["relationship"] != "other")
        + weights["recurring"] * (event["recurrence"] != "once")
    ) / 1000


@pytest.mark.parametrize("name", SETS)
def test_a_frozen_set_is_the_same_everywhere(name):
    _, samples = frozen(name)
    assert digest(samples) == BENCHMARK.sets[name].sha256
    assert len({one.id for one in samples}) == len(samples)


def test_samples_are_always_the_same():
    settings, samples = frozen("cal-mini-v1")
    assert BENCHMARK.samples(settings) == samples


def test_the_default_set_has_twenty_users_with_120_rounds():
    _, samples = frozen("cal-v1")
    assert SETS[0] == "cal-v1"
    assert [len(one.data["rounds"]) for one in samples] == [120] * 20
    assert {one.group for one in samples} == {"company", "laboratory", "hospital"}
    assert len({one.data["user"]["role"] for one in samples}) == 9


@pytest.mark.parametrize("name", ["cal-mini-v1", "cal-prototype-v1"])
def test_samples_are_plain_data_without_floats(name):
    for sample in frozen(name)[1]:
        for part in (sample.data, sample.secret):
            assert json.loads(json.dumps(part)) == part
            assert not _floats(part)


def _floats(value):
    if isinstance(value, dict):
        return any(map(_floats, value.values()))
    if isinstance(value, list):
        return any(map(_floats, value))
    return isinstance(value, float)


@pytest.mark.parametrize("name", SETS)
def test_the_gold_ranking_follows_from_the_hidden_preferences(name):
    settings, samples = frozen(name)
    for sample in samples:
        for number, one in enumerate(sample.data["rounds"]):
            phase = [p for p in sample.secret["phases"] if p["start"] <= number][-1]
            worth = {
                e["id"]: (
                    [KEPT[rule](e) for rule in phase["rules"]],
                    points(phase["weights"], e),
                )
                for e in one["events"]
            }
            gold = sample.secret["rounds"][number]["ranking"]
            assert gold == sorted(worth, key=worth.get, reverse=True)
            (tier, best), (other, second) = worth[gold[0]], worth[gold[1]]
            if tier == other:
                assert best - second >= max(settings["delta"], 1e-4) - 1e-9


@pytest.mark.parametrize("name", SETS)
def test_the_principle_of_a_choice_is_what_separates_the_two_best(name):
    for sample in frozen(name)[1]:
        for number, one in enumerate(sample.data["rounds"]):
            gold = sample.secret["rounds"][number]
            phase = [p for p in sample.secret["phases"] if p["start"] <= number][-1]
            named = {e["id"]: e for e in one["events"]}
            first, second = (named[name] for name in gold["ranking"][:2])
            kind, _, what = gold["principles"][0].partition("_")
            deciding = [
                r for r in phase["rules"] if KEPT[r](first) and not KEPT[r](second)
            ]
            assert (kind == "rule") == bool(deciding)
            assert what == deciding[0] if deciding else what not in RULES
            last = named[gold["ranking"][-1]]
            assert gold["rule_matters"] == any(
                KEPT[r](first) != KEPT[r](last) for r in phase["rules"]
            )


@pytest.mark.parametrize("name", SETS)
def test_all_invitations_of_a_conflict_overlap(name):
    for sample in frozen(name)[1]:
        for one in sample.data["rounds"]:
            events = one["events"]
            assert 2 <= len(events) <= 5
            assert [e["id"] for e in events] == [
                f"E{n}" for n in range(1, len(events) + 1)
            ]
            assert max(e["start"] for e in events) < min(e["end"] for e in events)


def test_rounds_go_through_the_working_days_of_a_year():
    for sample in frozen("cal-v1")[1]:
        days = [date.fromisoformat(one["date"]) for one in sample.data["rounds"]]
        assert days == sorted(set(days))
        assert all(day.weekday() < 5 for day in days)
        quarters = [(day.month - 1) // 3 for day in days]
        assert all(28 <= quarters.count(quarter) <= 32 for quarter in range(4))


def test_invitations_fit_the_organisation():
    for sample, event in events_of(frozen("cal-v1")[1]):
        shown, user = sample.data["organisation"], sample.data["user"]
        staff = {p["name"]: p for rank in shown["ranks"] for p in rank}
        outside = dict(shown["external"]) | dict.fromkeys(shown["family"], "Family")
        roles = {name: p["role"] for name, p in staff.items()} | outside
        assert event["organizer"] != user["name"]
        assert event["role"] == roles[event["organizer"]]
        manager = user["reports_to"] == event["organizer"]
        report = staff.get(event["organizer"], {}).get("reports_to") == user["name"]
        expected = "manager" if manager else "report" if report else "other"
        assert event["relationship"] == expected
        people = {*event["attendees"], event["organizer"], user["name"]}
        assert len(people) == event["size"]
        assert people <= set(roles)
        if event["role"] == "Family":
            assert people - {user["name"]} <= set(shown["family"])


def test_a_calendar_depends_on_the_role_and_a_series_comes_again():
    _, samples = frozen("cal-v1")
    boards, peers = {}, {}
    for sample in samples:
        role = sample.data["user"]["role"]
        events = [e for one, e in events_of([sample]) if e["role"] != "Family"]
        boards.setdefault(role, []).extend(e["topic"] == "board" for e in events)
        titles = [e["title"] for e in events if e["recurrence"] != "once"]
        peers[sample.id] = max(map(titles.count, titles))
    share = {role: sum(found) / len(found) for role, found in boards.items()}
    assert share["CEO"] > 1.5 * share["Manager"]
    assert min(peers.values()) >= 10


def test_urgency_is_claimed_from_above_but_not_preferred():
    found = [e for _, e in events_of(frozen("cal-v1")[1])]
    high = {
        level: [e["urgency"] == "high" for e in found if e["org_level"] == level]
        for level in (0, 4)
    }
    assert sum(high[0]) / len(high[0]) > 2 * sum(high[4]) / len(high[4])


def test_preferences_drift_where_they_should():
    for sample in frozen("cal-v1")[1]:
        before, after = sample.secret["phases"]
        assert 45 <= after["start"] <= 75
        assert len(set(before["rules"]) ^ set(after["rules"])) == 2
        assert before["weights"]["topic"] != after["weights"]["topic"]
        assert before["weights"]["role"] == after["weights"]["role"]
    assert [len(s.secret["phases"]) for s in frozen("cal-prototype-v1")[1]] == [1] * 20


def transcript(settings):
    """All that a player meets who takes notes, and what it is worth."""
    samples = BENCHMARK.samples(settings)
    notes = ["a strategy of some length", "another"]
    outcome, asked = answer_all(samples[0], settings, lambda q: accept(q, memory=notes))
    values = json.dumps([dict(question.values) for question in asked])
    return [digest(samples), values, dict(outcome.measures)]


CHANGES = {
    "seed": 2,
    "users": 3,
    "rounds": 30,
    "min_events": 3,
    "max_events": 4,
    "role_specific": 0.1,
    "series": 0.9,
    "start_spread": 5,
    "hard_rules": 1,
    "principles": ["medical", "family", "top"],
    "role_sd": 2,
    "topic_sd": 0.1,
    "location_sd": 3.0,
    "early_sd": 3.0,
    "size_sd": 3.0,
    "relationship_sd": 3.0,
    "recurrence_sd": 3.0,
    "delta": 1.0,
    "drifts": 0,
    "history": "none",
    "last_n": 3,
    "feedback": "binary",
    "memory": True,
    "memory_items": 1,
    "memory_chars": 10,
    "err_window": 0.1,
}
NEEDS = {
    "last_n": {"history": "last_n"},
    "memory_items": {"memory": True},
    "memory_chars": {"memory": True},
}


@pytest.mark.slow
@pytest.mark.parametrize("name", BENCHMARK.profile)
def test_every_parameter_has_an_effect(name):
    base = {"users": 2, "rounds": 20} | NEEDS.get(name, {})
    assert transcript(changed(**base)) != transcript(
        changed(**(base | {name: CHANGES[name]}))
    )


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"rounds": 3}, "rounds is 3, but has to be between 4 and 1000"),
        ({"topic_sd": float("nan")}, "topic_sd is nan"),
        ({"delta": -0.1}, "delta is -0.1"),
        ({"history": "some"}, "history is 'some'; known: full, last_n, none"),
        ({"feedback": ""}, "feedback is ''; known: gold, binary"),
        ({"min_events": 6}, "min_events is 6, more than max_events, 5"),
        ({"principles": ["family", "family"]}, "each once"),
        ({"principles": [["family"]]}, "principles is"),
        ({"principles": ["family"]}, "hard_rules is 2, but there are only 1"),
        ({"rounds": 19}, "a drift needs 10 rounds on either side"),
        ({"delta": 50.0, "hard_rules": 0}, "none of 1000 conflicts"),
    ],
)
def test_settings_that_make_no_year_are_refused(changes, text):
    with pytest.raises(ConfigError) as caught:
        BENCHMARK.samples(changed(**({"users": 1} | changes)))
    assert text in str(caught.value)
    assert "\n" not in str(caught.value)


def test_every_parameter_says_what_it_is_and_where_it_comes_from():
    for one in BENCHMARK.profile.values():
        assert one.provenance in {"paper", "secondary", "ours"}
        assert one.doc
    assert settings_of(BENCHMARK.profile, {})["delta"] == 0.2
