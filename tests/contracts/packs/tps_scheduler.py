"""Hooks of the pack ``tps_scheduler``."""

from tests.contracts.packs.records import Canary, Hooks


def _with(answer, place, at, value):
    pairs = [list(pair) for pair in answer]
    pairs[place][at] = value
    return pairs


def _last(answer):
    """Place of the attempt that begins last."""
    return max(range(len(answer)), key=lambda place: (answer[place][1], place))


def _backwards(answer):
    end = answer[_last(answer)][1]
    return [[k, end - start] for k, start in answer]


def _all_at(answer, time):
    return [[k, time] for k, _ in answer]


def _canary(body, **expected):
    return Canary(
        entry_point="priority",
        body=f"def priority(call, state):\n    {body}",
        **expected,
    )


def _valid(instance, answer):
    """Whether no limit is broken, looked at whenever an attempt begins."""
    if type(answer) is not list:
        return False
    starts = [[] for _ in instance.calls]
    for pair in answer:
        if type(pair) is not list or [type(x) for x in pair] != [int, int]:
            return False
        k, start = pair
        if not 0 <= k < instance.n or not 0 <= start <= 1 << 40:
            return False
        starts[k].append(start)
    spans, ends = [], []
    for call, row in zip(instance.calls, starts, strict=True):
        if len(row) != len(call.attempts):
            return False
        row.sort()
        end = 0
        for start, time in zip(row, call.attempts, strict=True):
            if start < end:
                return False
            end = start + time
            spans.append((start, end, call.server))
        ends.append(end)
    for call, row in zip(instance.calls, starts, strict=True):
        if any(row[0] < ends[before] for before in call.deps):
            return False
    for now, _, _ in spans:
        alive = [server for start, end, server in spans if start <= now < end]
        if len(alive) > instance.cap:
            return False
        if any(alive.count(s) > it.slots for s, it in enumerate(instance.servers)):
            return False
    for a, (start, _, server) in enumerate(spans):
        for other, _, same in spans[:a]:
            if same == server and abs(start - other) < instance.servers[server].gap:
                return False
    return True


HOOKS = Hooks(
    mutations={
        "not_a_list": lambda answer: {"calls": answer},
        "not_a_pair:0": lambda answer: [None, *answer[1:]],
        "not_a_pair:1": lambda answer: [answer[0], [*answer[1], 0], *answer[2:]],
        "not_a_pair:2": lambda answer: _with(answer, 2, 1, float(answer[2][1])),
        "not_a_pair:3": lambda answer: _with(answer, 3, 0, True),
        "not_a_pair:4": lambda answer: _with(answer, 4, 1, str(answer[4][1])),
        "not_a_call:0": lambda answer: _with(answer, 0, 0, -1),
        "not_a_call:1": lambda answer: _with(answer, 1, 0, 10**6),
        "not_a_start:0": lambda answer: _with(answer, 0, 1, -1),
        "not_a_start:2": lambda answer: _with(answer, 2, 1, 10**400),
        "wrong_attempts:": lambda answer: answer[:-1],
        "wrong_attempts:0": lambda answer: [*answer, [0, answer[_last(answer)][1]]],
        "too_early:": _backwards,
        "over_cap:": lambda answer: _all_at(answer, 0),
        "over_slots:": lambda answer: _all_at(answer, 5),
    },
    canaries={
        "not a number": _canary("return float('nan')", raises=ValueError),
        "minus infinity": _canary("return float('-inf')", raises=ValueError),
        "no value": _canary("return None", raises=ValueError),
        "a pair": _canary("return (call.tail, call.place)", raises=ValueError),
        "one's own score": _canary("return {'makespan': 0}", raises=ValueError),
        "a shorter call": _canary("call.mean = 1", raises=AttributeError),
        "a call by item": _canary("call[0] = 0", raises=TypeError),
        "the clock": _canary("state.t = 0", raises=AttributeError),
        "more under way": _canary("state.cap = 10**9", raises=AttributeError),
        "the latency": _canary("return call.attempts[0]", raises=AttributeError),
        "object.__setattr__": _canary(
            "object.__setattr__(call, 'mean', 0)", raises=AttributeError
        ),
        "an attribute that is deleted": _canary("del call.mean", raises=AttributeError),
        "waiting for ever": _canary("return 1e308"),
        "local copies": _canary("call = call._replace(mean=0); return call.mean"),
    },
    valid=_valid,
)
