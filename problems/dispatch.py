"""The events of a shop without delay: what job shops of all kinds share.

Loaded in the sandbox: plain Python. A pack says what a queue is, where a job goes and
which operation comes first; the order in which things happen is the same for all.
"""

from collections.abc import Sequence
from heapq import heappop, heappush
from typing import Protocol


class Floor(Protocol):
    """Where every job stands; at first, each waits for its first machine."""

    @property
    def ops(self) -> Sequence[Sequence[object]]:
        """Operations that wait, by machine; an idle machine takes one of its own."""

    def advance(self, job: int, t: int) -> int:
        """Let a job wait for its next machine from ``t`` on; -1 if it is complete."""

    def first_of_queue(self, machine: int, t: int) -> int:
        """Choose among all that wait for a machine; gives a place in its queue."""

    def start(self, machine: int, at: int, t: int) -> tuple[int, int]:
        """Start the operation at place ``at`` of a queue; give its end and job."""


def non_delay(floor: Floor) -> None:
    """Let every free machine start something as soon as anything waits for it.

    What happens at one moment is done in this order: operations end and their jobs
    queue up, by job; then the free machines choose, by machine. So ties go to the job
    that came first, of those that came together to the lower index.
    """
    busy = [False] * len(floor.ops)
    ends: list[tuple[int, int, int]] = []
    touched = set(range(len(busy)))
    while True:
        t = ends[0][0] if ends else 0
        while ends and ends[0][0] == t:
            _, job, machine = heappop(ends)
            busy[machine] = False
            touched.add(machine)
            waits_for = floor.advance(job, t)
            if waits_for >= 0:
                touched.add(waits_for)
        for machine in sorted(touched):
            if floor.ops[machine] and not busy[machine]:
                end, job = floor.start(machine, floor.first_of_queue(machine, t), t)
                heappush(ends, (end, job, machine))
                busy[machine] = True
        if not ends:
            return
        touched.clear()
