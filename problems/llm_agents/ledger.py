"""What a provider knows of programs, tools and past waits. Plain Python.

Nothing of it tells what is still to come of a program that is not complete.
"""

from bisect import insort
from collections.abc import Sequence
from math import ceil, sqrt

from problems.llm_serving.cluster import Cluster
from problems.llm_serving.requests import Call, Request

_KEY = "ledger"


class Track:
    """What has happened of a program.

    ``home`` is its replica. Of its calls ``came`` have come and ``done`` are complete,
    after ``spans`` seconds in a batch each, ``served`` in all, with ``tokens`` of
    output; its tools took ``tools`` seconds.
    """

    __slots__ = ("began", "came", "done", "home", "served", "spans", "tokens", "tools")

    def __init__(self, began: float, home: int) -> None:
        self.began = began
        self.home = home
        self.came = self.done = self.tokens = 0
        self.served = self.tools = 0.0
        self.spans: list[float] = []


class Ledger:
    """What has happened in a run up to now."""

    def __init__(self, requests: Sequence[Request]) -> None:
        self._requests = requests
        self._seen = 0
        self._left: dict[int, int] = {}
        self.fanout = [0] * len(requests)
        self.next_tool = [0] * len(requests)
        for one in requests:
            self._left[one.program] = self._left.get(one.program, 0) + 1
            for parent in one.parents:
                if not self.fanout[parent]:
                    self.next_tool[parent] = one.tool
                self.fanout[parent] += 1
        self.tracks: dict[int, Track] = {}
        self.paths = [0.0] * len(requests)
        self.durations: dict[int, list[float]] = {}
        self.calls = self.finished = 0
        self.waited = self.spent = 0.0
        self.tokens = 0
        self._reached: list[int] = []
        self._calls_left: list[int] = []
        self._seconds_left: list[float] = []
        self._sums = [0, 0, 0, 0, 0, 0]

    def arrive(self, call: Call, cluster: Cluster, home: int) -> Track:
        """Take in a call that comes; ``home`` is for a program that begins."""
        track = self.tracks.get(call.program)
        if track is None:
            track = self.tracks[call.program] = Track(call.began, home)
        track.came += 1
        if call.parents:
            ends = [
                one.end for one in map(cluster.served.__getitem__, call.parents) if one
            ]
            seconds = call.arrival - max(ends)
            track.tools += seconds
            tool = self._requests[call.id].tool
            insort(self.durations.setdefault(tool, []), seconds)
        return track

    def follow(self, ended: Sequence[Call]) -> None:
        """Take in the complete calls that are new in the list."""
        while self._seen < len(ended):
            call = ended[self._seen]
            self._seen += 1
            span = call.end - call.admitted
            before = max([self.paths[one] for one in call.parents], default=0.0)
            self.paths[call.id] = before + span
            track = self.tracks[call.program]
            track.done += 1
            track.served += span
            track.tokens += call.output
            track.spans.append(span)
            self.calls += 1
            self.waited += call.admitted - call.arrival
            self.spent += span
            self.tokens += call.output
            self._left[call.program] -= 1
            if not self._left[call.program]:
                self._finish(track)

    def path(self, call: Call) -> float:
        """Seconds in a batch on the longest chain of calls in front of one."""
        return max([self.paths[one] for one in call.parents], default=0.0)

    def behind(self, done: int) -> tuple[float, float]:
        """Mean calls and seconds behind ``done`` calls, of programs that had more."""
        if done >= len(self._reached):
            return 0.0, 0.0
        count = self._reached[done]
        return self._calls_left[done] / count, self._seconds_left[done] / count

    @property
    def eta(self) -> float:
        """Minus the correlation of calls done and left, over finished programs."""
        n, sx, sy, sxx, syy, sxy = self._sums
        spread = (n * sxx - sx * sx) * (n * syy - sy * sy)
        return (sx * sy - n * sxy) / sqrt(spread) if spread > 0 else 0.0

    def deciles(self, tool: int) -> list[float]:
        """Of the durations of a tool so far, from the first to the tenth; 0 if none."""
        past = self.durations.get(tool)
        if not past:
            return [0.0] * 10
        n = len(past)
        return [past[ceil(k * n / 10) - 1] for k in range(1, 11)]

    def _finish(self, track: Track) -> None:
        self.finished += 1
        n = track.done
        while len(self._reached) < n:
            self._reached.append(0)
            self._calls_left.append(0)
            self._seconds_left.append(0.0)
        rest = track.served
        for k in range(n):
            self._reached[k] += 1
            self._calls_left[k] += n - k
            self._seconds_left[k] += rest
            rest -= track.spans[k]
        once, twice = n * (n + 1) // 2, n * (n + 1) * (2 * n + 1) // 6
        added = (n, once, once - n, twice, twice - 2 * once + n, n * once - twice)
        self._sums = [a + b for a, b in zip(self._sums, added, strict=True)]


def ledger(cluster: Cluster) -> Ledger:
    """Give the ledger of a run, up to date."""
    found: Ledger | None = cluster.memory.get(_KEY)
    if found is None:
        found = cluster.memory[_KEY] = Ledger(cluster.requests)
    found.follow(cluster.ended)
    return found
