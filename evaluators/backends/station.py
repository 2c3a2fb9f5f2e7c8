"""The far side of an executor: zygotes of one machine behind one call for batches.

Nothing here knows who calls; the caller's machinery may lose calls and answers, since
jobs carry keys and a result is what came out of the sandbox, unread.
"""

import socket
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict
from queue import SimpleQueue
from typing import Any, TypeAlias

from evaluators.backends import jobs
from evaluators.backends.jobs import Recipe
from evaluators.base import Sandbox
from evaluators.errors import EvaluatorError, SandboxUnavailableError
from evaluators.sandbox import levels
from evaluators.sandbox.host import Launch, Slot, ZygoteLostError
from evaluators.sandbox.outcome import Account, Received

Plain: TypeAlias = dict[str, Any]
"""``key`` with ``received``, or with ``lost`` or ``failed`` and a message."""

LARGEST_BATCH = 16
HEARTBEAT_SECONDS = 5.0
"""A call without results returns after so long: its caller sees us alive."""

_WORTHWHILE = 4
_LINGER_SECONDS = 0.05


class Station:
    """Owns ``slots`` zygotes and the threads that feed them.

    A call of ``exchange`` brings jobs and takes results, not necessarily its own: the
    calls of one caller are equal. A newer call sends an older one home, so that a
    caller needs no more than two at once.

    A new one is empty and has to be opened; ``exchange`` tells if it is not.
    """

    def __init__(self) -> None:
        self._queue: SimpleQueue[tuple[int, bytes] | None] = SimpleQueue()
        self._changed = threading.Condition()
        self._results: list[Plain] = []
        self._pending = 0
        self._newest = 0
        self._closed = self._broken = False
        self._level: Sandbox | None = None
        self._slots: list[Slot] = []

    def open(self, recipe: Recipe, slots: int, least: Sandbox) -> Plain:
        """Start ``slots`` zygotes at the strongest level of this machine; idempotent.

        Returns ``host``, ``level`` and ``refusal``: why it cannot serve, or ``""``.

        Parameters
        ----------
        least
            The weakest isolation to accept.
        """
        host = socket.gethostname()
        try:
            level = levels.require(least)
        except SandboxUnavailableError as error:
            return {"host": host, "level": Sandbox.NONE.value, "refusal": str(error)}
        with self._changed:
            if self._level is None:
                self._level = level
                self._start(jobs.launch(recipe, level), slots)
        return {"host": host, "level": level.value, "refusal": ""}

    def exchange(
        self, work: Sequence[tuple[int, bytes, int]], *instances: bytes
    ) -> tuple[str, list[Plain]]:
        """Take jobs in; return the sandbox level and the results that are ready.

        Waits until there are some, but no longer than HEARTBEAT_SECONDS. The level is
        ``""``, and the jobs are not taken, if this station was not opened.

        Parameters
        ----------
        work
            Key, first part and index of the second part of each job.
        instances
            Second parts.
        """
        if self._level is None:
            return "", []
        for key, head, index in work:
            self._queue.put((key, jobs.job(head, instances[index])))
        with self._changed:
            self._pending += len(work)
            self._newest += 1
            self._changed.notify_all()
            self._wait(self._newest)
            if self._broken:
                raise EvaluatorError("a thread of the sandbox station ended")
            batch = self._results[:LARGEST_BATCH]
            del self._results[:LARGEST_BATCH]
            return self._level.value, batch

    def close(self) -> None:
        """End all sandboxes and threads; idempotent."""
        self._closed = True
        for slot in self._slots:
            self._queue.put(None)
            slot.close()

    def _start(self, launch: Launch, slots: int) -> None:
        self._slots = [Slot(launch) for _ in range(slots)]
        for slot in self._slots:
            # A zygote may be tied to the life of the thread that starts it.
            threading.Thread(target=self._serve, args=(slot,), daemon=True).start()

    def _wait(self, mine: int) -> None:
        """Wait for results, and for more of them while none of the slots is idle."""
        now = time.monotonic()
        end, linger = now + HEARTBEAT_SECONDS, None
        while now < end and not self._due(mine):
            if self._results:
                linger = linger or now + _LINGER_SECONDS
                if now >= linger:
                    return
            self._changed.wait((linger or end) - now)
            now = time.monotonic()

    def _due(self, mine: int) -> bool:
        if self._newest != mine or self._broken or not self._pending:
            return True
        if not self._results:
            return False
        running_out = self._queue.qsize() <= len(self._slots) // 2
        return running_out or len(self._results) >= _WORTHWHILE

    def _serve(self, slot: Slot) -> None:
        with suppress(EvaluatorError):  # the first job tries again and tells
            slot.start()
        try:
            while (task := self._queue.get()) is not None:
                key, job = task
                result = _attempt(slot, job)
                with self._changed:
                    self._results.append({"key": key, **result})
                    self._pending -= 1
                    self._changed.notify_all()
        finally:
            with self._changed:
                self._broken = not self._closed
                self._changed.notify_all()


def received(result: Plain) -> Received:
    """Read back what came out of a sandbox."""
    plain = result["received"]
    return Received(**(plain | {"account": Account(**plain["account"])}))


def _attempt(slot: Slot, job: bytes) -> Plain:
    try:
        return {"received": asdict(slot.receive(job))}
    except ZygoteLostError as error:
        return {"lost": str(error)}
    except EvaluatorError as error:
        return {"failed": str(error)}
