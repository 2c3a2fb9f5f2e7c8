"""The trusted end of a sandbox: a slot owns one zygote and runs one job at a time."""

import os
import signal
import socket
import subprocess
import tempfile
import threading
import time
from dataclasses import dataclass

from evaluators.base import Limits, Sandbox
from evaluators.errors import EvaluatorError
from evaluators.sandbox import frames, levels
from evaluators.sandbox.exchange import Exchange, Partner
from evaluators.sandbox.outcome import Outcome, Received, account, settle

START_SECONDS = 30.0
GRACE_SECONDS = 2.0
"""How long after its own deadline a zygote may be silent before it is replaced."""


class ZygoteLostError(EvaluatorError):
    """The zygote died or went silent during a job."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Launch:
    """How to start a zygote.

    Attributes
    ----------
    config
        JSON for ``evaluators.sandbox.zygote.prepare``, encoded.
    folders
        What it reads besides the interpreter and this package.
    """

    level: Sandbox
    limits: Limits
    config: bytes
    folders: tuple[str, ...] = ()


class Slot:
    """One zygote and the right to use it; ``run`` blocks its thread.

    ``start`` returns at once; the zygote's readiness is awaited by the first ``run``.
    ``close`` may be called from any thread, and ends a ``run`` in progress.
    """

    def __init__(self, launch: Launch) -> None:
        self._launch = launch
        self._lock = threading.Lock()
        self._closed = False
        self._zygote: _Zygote | None = None

    @property
    def pid(self) -> int | None:
        """Process that was started: the zygote, or what wraps it."""
        zygote = self._zygote
        return None if zygote is None else zygote.pid

    def start(self) -> None:
        """Start the zygote."""
        with self._lock:
            if self._closed:
                raise EvaluatorError("the sandbox is closed")
            if self._zygote is None:
                self._zygote = _Zygote(self._launch)

    def run(self, job: bytes, partner: Partner | None = None) -> Outcome:
        """Run one job (the payload of its frame); ``partner`` answers the child.

        Raises as ``receive`` does.
        """
        received = self.receive(job, partner)
        return settle(received, self._launch.limits, self._launch.level)

    def receive(self, job: bytes, partner: Partner | None = None) -> Received:
        """Run one job and return all that came back, unread.

        Raises
        ------
        ZygoteLostError
            If the zygote died; the next ``run`` starts another one.
        EvaluatorError
            If no zygote can be started, or a child cannot be confined.
        """
        self.start()
        zygote = self._zygote
        if zygote is None:
            raise EvaluatorError("the sandbox is closed")
        try:
            zygote.await_ready()
            return zygote.run(job, partner)
        except EvaluatorError:
            self._discard(zygote)
            raise

    def close(self) -> None:
        """Stop the zygote and whatever it runs; idempotent."""
        with self._lock:
            self._closed = True
            zygote = self._zygote
        if zygote is not None:
            self._discard(zygote)

    def _discard(self, zygote: "_Zygote") -> None:
        with self._lock:
            mine = self._zygote is zygote
            if mine:
                self._zygote = None
        if mine:
            zygote.stop()


class _Zygote:
    """A started zygote and the host's end of its control socket."""

    def __init__(self, launch: Launch) -> None:
        self._launch = launch
        self._ready = False
        self._control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        try:
            with theirs:
                self._process = _spawn(launch, theirs.fileno())
        except OSError as error:
            self._control.close()
            raise EvaluatorError(f"cannot start a sandbox process: {error}") from error

    @property
    def pid(self) -> int:
        """Process that was started."""
        return self._process.pid

    def await_ready(self) -> None:
        """Wait until it can serve; raises EvaluatorError with its last words."""
        if self._ready:
            return
        self._control.settimeout(START_SECONDS)
        try:
            self._ready = bool(self._control.recv(frames.PACKET))
        except TimeoutError:
            raise EvaluatorError(
                f"a sandbox process was not ready after {START_SECONDS:g} s"
            ) from None
        except OSError:
            self._ready = False
        if not self._ready:
            raise EvaluatorError(
                f"a sandbox process did not start: {self._last_words()}"
            )
        self._control.settimeout(None)
        self._close_stderr()

    def run(self, job: bytes, partner: Partner | None) -> Received:
        """Run one job; raises ZygoteLostError if there is no account of the child."""
        cap = frames.result_cap(self._launch.limits.answer_bytes)
        mine, theirs = socket.socketpair()
        try:
            with mine, theirs:
                exchange = Exchange(mine, self._control, job, cap, partner)
                return self._converse(exchange, theirs)
        except OSError as error:
            raise ZygoteLostError(f"a sandbox process died: {error}") from error

    def stop(self) -> None:
        """End the process; the end of the control socket ends its child too."""
        try:
            self._control.shutdown(socket.SHUT_RDWR)
        except OSError:  # it is gone already
            self._kill()
        try:
            self._process.wait(GRACE_SECONDS)
        except subprocess.TimeoutExpired:
            self._kill()
            self._process.wait()
        self._close_stderr()
        self._control.close()

    def _converse(self, exchange: Exchange, theirs: socket.socket) -> Received:
        try:
            descriptors = [theirs.fileno(), exchange.sink]
            kind = frames.STEP if exchange.stepped else frames.RUN
            socket.send_fds(self._control, [kind], descriptors)
            theirs.close()
            exchange.give_away()
            report = self._await_report(exchange)
            exchange.drain()
        finally:
            exchange.close()
        if not exchange.data.startswith(frames.READY):
            words = exchange.output[:200].decode(errors="replace")
            raise EvaluatorError(f"a candidate could not be confined: {words}")
        return Received(
            account=account(report),
            data=bytes(exchange.data[len(frames.READY) :]),
            output=bytes(exchange.output),
            flooded=exchange.flooded,
        )

    def _await_report(self, exchange: Exchange) -> bytes:
        """Wait for the account of the child; the time of its partner does not count."""
        limit = self._launch.limits.wall_seconds
        patience = limit if exchange.stepped else limit + GRACE_SECONDS
        begin = time.monotonic()
        asked = False
        while True:
            left = begin + exchange.answering + patience - time.monotonic()
            if left <= 0 and patience > limit:
                break
            if left <= 0:
                self._control.send(frames.LATE)
                patience += GRACE_SECONDS
            elif exchange.step(left):
                message = self._control.recv(frames.PACKET)
                if not message:
                    raise ZygoteLostError("a sandbox process died")
                return message
            if exchange.flooded and not asked:
                self._control.send(frames.KILL)
                asked = True
        self._kill()
        raise ZygoteLostError("a sandbox process went silent")

    def _kill(self) -> None:
        """Kill the process and what it wraps, which is in its group."""
        if self._process.poll() is None:
            os.killpg(self._process.pid, signal.SIGKILL)

    def _last_words(self) -> str:
        self._kill()
        self._process.wait()
        if self._process.stderr is None or self._process.stderr.closed:
            return "no reason given"
        try:
            lines = self._process.stderr.read().decode(errors="replace").split("\n")
        except ValueError:  # closed meanwhile by another thread
            lines = []
        return next((line for line in reversed(lines) if line), "no reason given")

    def _close_stderr(self) -> None:
        if self._process.stderr is not None:
            self._process.stderr.close()


def _spawn(launch: Launch, control: int) -> subprocess.Popen[bytes]:
    with tempfile.TemporaryFile() as config:
        config.write(launch.config)
        config.seek(0)
        return subprocess.Popen(  # noqa: S603  our own command
            levels.command(launch.level, control, launch.folders),
            stdin=config,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            env=dict(levels.environment()),
            cwd="/",
            pass_fds=(control,),
            # A terminal's Ctrl-C is for the host to handle.
            start_new_session=True,
        )
