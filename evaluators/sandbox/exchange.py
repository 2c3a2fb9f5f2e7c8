"""Non-blocking traffic with one child: the job out, the result and the output in."""

import os
import select
import socket
import time
from collections.abc import Callable
from typing import TypeAlias

from evaluators.sandbox import frames

OUTPUT_BYTES = 64 << 10
"""How much a candidate may print."""

_CHUNK = 1 << 16


Partner: TypeAlias = Callable[[bytes], bytes | None]
"""Answers the payload of a frame; None: that frame is the child's result."""


class Exchange:
    """Buffers of one job; a child that floods or never reads cannot block it.

    With a ``partner`` the child's frames are answered, up to its result.

    Attributes
    ----------
    data
        What the child sent.
    output
        What it printed.
    flooded
        ``answers`` or ``output`` once one of them exceeds its cap, else ``""``.
    stepped
        Whether there is a partner.
    answering
        Seconds that the partner took, while the child waited.
    """

    def __init__(
        self,
        channel: socket.socket,
        control: socket.socket,
        job: bytes,
        cap: int,
        partner: Partner | None = None,
    ) -> None:
        self._partner = partner
        self.data = bytearray()
        self.output = bytearray()
        self.flooded = ""
        self.stepped = partner is not None
        self.answering = 0.0
        self._channel = channel
        self._control = control.fileno()
        self._cap = cap + len(frames.READY) + len(frames.pack(b""))
        self._unsent = memoryview(frames.pack(job))
        self._poll = select.poll()
        self._source, self._sink = os.pipe()
        channel.setblocking(False)
        os.set_blocking(self._source, False)
        self._open = {channel.fileno(), self._source}
        self._poll.register(self._control, select.POLLIN)
        self._poll.register(self._source, select.POLLIN)
        self._poll.register(channel, select.POLLIN)
        self._send()

    @property
    def sink(self) -> int:
        """The end of the output pipe that the child gets."""
        return self._sink

    def give_away(self) -> None:
        """Close the child's end here, once the child has it."""
        os.close(self._sink)
        self._sink = -1

    def step(self, seconds: float) -> bool:
        """Move what can be moved; return whether the control socket has news."""
        news = False
        for descriptor, events in self._poll.poll(1 + 1000 * seconds):
            if descriptor == self._control:
                news = True
            elif descriptor == self._source:
                self._hear()
            else:
                if events & select.POLLOUT:
                    self._send()
                if events & ~select.POLLOUT:
                    self._receive()
        return news

    def drain(self) -> None:
        """Read what a dead child left behind."""
        while self._channel.fileno() in self._open and self._receive():
            pass
        while self._source in self._open and self._hear():
            pass

    def close(self) -> None:
        """Release the pipe."""
        os.close(self._source)
        if self._sink >= 0:
            os.close(self._sink)

    def _send(self) -> None:
        if self._channel.fileno() not in self._open:
            return
        try:
            while self._unsent:
                self._unsent = self._unsent[self._channel.send(self._unsent) :]
        except BlockingIOError:
            self._poll.modify(self._channel, select.POLLIN | select.POLLOUT)
        except OSError:  # a child that died early does not read
            self._forget(self._channel.fileno())
        else:
            self._poll.modify(self._channel, select.POLLIN)

    def _receive(self) -> bool:
        try:
            chunk = self._channel.recv(_CHUNK)
        except BlockingIOError:
            return False
        except OSError:
            chunk = b""
        self.data += chunk
        if len(self.data) > self._cap:
            self.flooded = "answers"
        if not chunk or self.flooded == "answers":
            self._forget(self._channel.fileno())
        else:
            self._reply()
        return bool(chunk) and not self.flooded

    def _reply(self) -> None:
        start = len(frames.READY)
        while self._partner is not None:
            payload = frames.whole(self.data, start)
            if payload is None:
                return
            asked = time.monotonic()
            answer = self._partner(payload)
            self.answering += time.monotonic() - asked
            if answer is None:
                self._partner = None
                return
            del self.data[start : start + len(frames.pack(payload))]
            self._unsent = memoryview(bytes(self._unsent) + frames.pack(answer))
            self._send()

    def _hear(self) -> bool:
        try:
            chunk = os.read(self._source, _CHUNK)
        except BlockingIOError:
            return False
        self.output += chunk
        if len(self.output) > OUTPUT_BYTES:
            self.flooded = self.flooded or "output"
            del self.output[OUTPUT_BYTES:]
        if not chunk or self.flooded == "output":
            self._forget(self._source)
        return bool(chunk) and not self.flooded

    def _forget(self, descriptor: int) -> None:
        if descriptor in self._open:
            self._open.remove(descriptor)
            self._poll.unregister(descriptor)
