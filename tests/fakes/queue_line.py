"""A single-server queue, step by step; imports nothing."""

IDLE = -1


class Line:
    """Jobs (release, processing time) on one machine; a job is known once released.

    A decision is a waiting job's index, or ``IDLE``: wait for the next arrival.
    """

    def __init__(self, jobs):
        self._jobs = [tuple(job) for job in jobs]
        self._todo = set(range(len(jobs)))
        self._trace = []
        self._time = 0
        self._broken = False

    def observe(self):
        if self._broken or not self._todo:
            return None
        self._time = max(self._time, min(self._jobs[j][0] for j in self._todo))
        waiting = [j for j in sorted(self._todo) if self._jobs[j][0] <= self._time]
        return {
            "time": self._time,
            "waiting": [[j, self._jobs[j][1]] for j in waiting],
        }

    def act(self, decision):
        self._trace.append(decision)
        later = [r for r, _ in (self._jobs[j] for j in self._todo) if r > self._time]
        if decision == IDLE and type(decision) is int and later:
            self._time = min(later)
        elif type(decision) is int and decision in self._todo:
            release, p = self._jobs[decision]
            self._broken = release > self._time
            self._todo.discard(decision)
            self._time += p
        else:
            self._broken = True

    def trace(self):
        return self._trace
