"""Sandboxes on the machines of a Ray cluster. The only module that imports ray.

Ray carries batches of jobs to actors that own zygotes. It is neither the sandbox nor
the timeout, and answers are judged here.
"""

import asyncio
import logging
import os
import socket
import threading
from collections.abc import Coroutine, Mapping, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self, TypeVar

from evaluators.backends import jobs, station
from evaluators.backends.dispatch import (
    CALLS,
    Dispatcher,
    Failed,
    Finished,
    Job,
    MemberLostError,
    Reply,
)
from evaluators.backends.station import HEARTBEAT_SECONDS, Station
from evaluators.base import (
    LEVELS,
    Evaluation,
    EvaluationRequest,
    Limits,
    Sandbox,
    Status,
)
from evaluators.errors import EvaluatorError, SandboxUnavailableError
from evaluators.judge import Judge
from evaluators.sandbox.host import ZygoteLostError
from evaluators.sandbox.outcome import Outcome, settle
from problems.base import AnyProblem, Json, Mode, Split
from problems.errors import ConfigError

ResultT = TypeVar("ResultT")

SLOTS_PER_ACTOR = 8
START_SECONDS = 120.0
"""How long the actors of an evaluator may take to start."""

PATIENCE_SECONDS = 120.0
"""How long an evaluator without any node waits for one."""

_SILENCE_SECONDS = HEARTBEAT_SECONDS + 60
_KNOCK_SECONDS = 5.0
_OBJECT_STORE_BYTES = 100 << 20
_REVIVE_SECONDS = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """Slots of one actor, and the id of the node where it is wanted."""

    node: str
    slots: int


class RayEvaluator:
    """Judges heuristics of ``problem`` in sandboxes of a Ray cluster.

    Blocks until its actors are ready. It uses the Ray of this process if there is one,
    joins the cluster at ``address`` (default: ``RAY_ADDRESS``), or else starts a Ray
    on this machine, which stays until the process ends. heuresis and the pack have to
    be installed on all nodes.

    Parameters
    ----------
    slots
        Evaluations at once, over all nodes; no more than the cluster has CPUs.
    min_sandbox
        The weakest isolation to accept; each node uses the strongest that it offers.

    Raises
    ------
    SandboxUnavailableError
        If a node does not offer ``min_sandbox``.
    EvaluatorError
        If there is no such cluster, or it has no room for the slots.
    """

    def __init__(
        self,
        problem: AnyProblem,
        *,
        slots: int,
        limits: Limits,
        min_sandbox: Sandbox = Sandbox.SECCOMP,
        address: str | None = None,
    ) -> None:
        if problem.mode is not Mode.SOLUTION:
            raise ConfigError(
                f"problem {problem.name!r} is online ({problem.mode}): its simulator "
                "cannot step with candidates on other machines; use --executor local"
            )
        self._judge = Judge(problem)
        self._instances = jobs.Instances(problem)
        self._limits = limits
        self._slots = slots
        self._closed = False
        self._ray = _connect(address, slots)
        courier = _Courier(self._ray, self._instances, jobs.recipe(problem, limits))
        self._actors = [
            _Actor(courier, share, min_sandbox)
            for share in shares(_cpus(self._ray), slots)
        ]
        # A loop of its own: one evaluator may serve several loops of its users.
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self._dispatcher = Dispatcher(self._actors, patience=PATIENCE_SECONDS)
        try:
            levels = self._do(_started(self._actors))
        except BaseException:
            self._close()
            raise
        self._sandbox = min(levels, key=LEVELS.index)

    @property
    def slots(self) -> int:
        """How many evaluations can run at once."""
        return self._slots

    @property
    def sandbox(self) -> Sandbox:
        """The weakest isolation among the nodes at the start."""
        return self._sandbox

    async def evaluate(self, request: EvaluationRequest) -> Evaluation:
        """Judge one program on one split.

        Raises
        ------
        EvaluatorError
            If sandboxes or nodes failed again and again, or the evaluator is closed.
        ConfigError
            If the problem has no such entry point.
        """
        if self._closed:
            raise EvaluatorError("the evaluator is closed")
        self._judge.check(request)
        outcome = await self._run(request)
        return await asyncio.to_thread(self._judge.judge, request, outcome)

    async def answers(self, request: EvaluationRequest) -> tuple[Json, ...]:
        """Run one program and return its answers unjudged, for pictures."""
        return (await self._run(request)).answers

    async def close(self) -> None:
        """Stop all actors; idempotent. Evaluations in progress fail."""
        await asyncio.to_thread(self._close)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.close()

    async def _run(self, request: EvaluationRequest) -> Outcome:
        job = Job(head=jobs.head(request), split=request.split)
        try:
            finished = await self._submit(job)
            outcome = self._settle(finished)
            if outcome.status is Status.TIMEOUT_WALL:
                # A busy machine, perhaps: another one may be faster.
                outcome = self._settle(await self._submit(job, finished.member))
        except ZygoteLostError:
            if self._sandbox is not Sandbox.PROCESS:
                raise
            return jobs.blamed(self._sandbox)
        return outcome

    async def _submit(self, job: Job, avoid: int | None = None) -> Finished:
        submitted = self._dispatcher.submit(job, avoid)
        return await asyncio.wrap_future(
            asyncio.run_coroutine_threadsafe(submitted, self._loop)
        )

    def _settle(self, finished: Finished) -> Outcome:
        return settle(finished.received, self._limits, finished.sandbox)

    def _do(self, coroutine: Coroutine[Any, Any, ResultT]) -> ResultT:
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result()

    def _close(self) -> None:
        if self._closed and not self._thread.is_alive():
            return
        self._closed = True
        self._do(self._dispatcher.close())
        for actor in self._actors:
            actor.close()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()


def shares(cpus: Mapping[str, int], slots: int) -> list[Share]:
    """Spread slots over nodes in proportion to their CPUs, in handfuls for an actor.

    Raises
    ------
    EvaluatorError
        If there are fewer CPUs than slots.
    """
    total = sum(cpus.values())
    if total < slots:
        raise EvaluatorError(
            f"the Ray cluster has {total} CPUs, fewer than the {slots} workers asked "
            "for: ask for fewer with --workers, or add nodes"
        )
    taken = dict.fromkeys(cpus, 0)
    for _ in range(slots):
        free = (node for node in cpus if taken[node] < cpus[node])
        taken[min(free, key=lambda node: (taken[node] / cpus[node], node))] += 1
    return [
        Share(node=node, slots=min(SLOTS_PER_ACTOR, count - start))
        for node, count in taken.items()
        for start in range(0, count, SLOTS_PER_ACTOR)
    ]


class _Courier:
    """Ray, and what is put into its object store once: instances."""

    def __init__(
        self, ray: Any, instances: jobs.Instances, recipe: jobs.Recipe
    ) -> None:
        self.ray = ray
        self.recipe = ray.put(recipe)
        self._instances = instances
        self._stored: dict[Split, Any] = {}

    def instances(self, split: Split) -> Any:
        """Return bytes, or a reference that becomes bytes where it arrives."""
        if split in jobs.PUBLIC:
            return self._instances.of(split)
        if split not in self._stored:
            self._stored[split] = self.ray.put(self._instances.of(split))
        return self._stored[split]


class _Actor:
    """A Station in a Ray actor; restarted by Ray wherever there is room."""

    def __init__(self, courier: _Courier, share: Share, least: Sandbox) -> None:
        from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

        self._courier = courier
        self._ray = courier.ray
        self._least = least
        self.slots = share.slots
        self._handle = (
            self._ray.remote(Station)
            .options(
                num_cpus=share.slots,
                max_concurrency=CALLS + 1,
                max_restarts=-1,
                max_task_retries=0,
                scheduling_strategy=NodeAffinitySchedulingStrategy(
                    share.node, soft=True
                ),
            )
            .remote()
        )

    async def exchange(self, work: Sequence[tuple[int, Job]]) -> Reply:
        splits = list(dict.fromkeys(job.split for _, job in work))
        call = self._handle.exchange.remote(
            [(key, job.head, splits.index(job.split)) for key, job in work],
            *(self._courier.instances(split) for split in splits),
        )
        try:
            level, results = await self._answer(call, _SILENCE_SECONDS)
        except TimeoutError:
            self._kill(for_good=False)
            raise MemberLostError("a Ray actor went silent") from None
        if not level:
            raise MemberLostError("a Ray actor was started anew")
        return Reply(
            sandbox=Sandbox(level),
            results=[(result["key"], _read(result)) for result in results],
        )

    async def revive(self) -> None:
        """Wait until Ray has restarted it, with patience: nodes may come back."""
        while True:
            try:
                await self.started(_REVIVE_SECONDS)
            except (MemberLostError, TimeoutError):
                await asyncio.sleep(1)
            else:
                return

    async def started(self, seconds: float) -> Sandbox:
        """Return the level of its machine once it serves.

        Raises
        ------
        SandboxUnavailableError
            If that machine is too weak; the actor is ended.
        """
        opening = self._handle.open.remote(
            self._courier.recipe, self.slots, self._least
        )
        report = await self._answer(opening, seconds)
        if report["refusal"]:
            self.close()
            raise SandboxUnavailableError(
                f"Ray node {report['host']}: {report['refusal']}"
            )
        return Sandbox(report["level"])

    def close(self) -> None:
        """End it; its zygotes end with it."""
        self._kill(for_good=True)

    def _kill(self, *, for_good: bool) -> None:
        if self._ray.is_initialized():
            self._ray.kill(self._handle, no_restart=for_good)

    async def _answer(self, call: Any, seconds: float) -> Any:
        try:
            return await asyncio.wait_for(call, seconds)
        except self._ray.exceptions.RayTaskError as error:
            # Ours, not a candidate's: a fresh actor is the cure, if there is one.
            self._kill(for_good=False)
            raise MemberLostError(_line(error)) from error
        except self._ray.exceptions.RayError as error:
            raise MemberLostError(_line(error)) from error


async def _started(actors: Sequence[_Actor]) -> list[Sandbox]:
    """Return the levels of all actors once they serve."""
    try:
        return await asyncio.gather(*(actor.started(START_SECONDS) for actor in actors))
    except TimeoutError:
        raise EvaluatorError(
            f"Ray did not start all workers within {START_SECONDS:g} s; "
            "are the CPUs of the cluster in use? See: ray status"
        ) from None
    except MemberLostError as error:
        raise EvaluatorError(
            f"a Ray worker did not start ({error}); are heuresis and the problem "
            "installed on all nodes, in equal versions?"
        ) from error


def _connect(address: str | None, slots: int) -> Any:
    """Import ray and connect it, or start one here."""
    # Read when ray is imported: nothing is sent anywhere, nothing is swallowed.
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    os.environ.setdefault("RAY_DEDUP_LOGS", "0")
    import ray

    if ray.is_initialized():
        return ray
    address = address or os.environ.get("RAY_ADDRESS")
    options: dict[str, Any] = {"log_to_driver": False, "logging_level": logging.ERROR}
    if address:
        options |= {"address": address}
    else:
        options |= {
            "address": "local",
            "num_cpus": slots,
            "include_dashboard": False,
            "object_store_memory": _OBJECT_STORE_BYTES,
        }
    try:
        _knock(address)
        _initialise(ray, options)
    except Exception as error:
        where = f"at {address}" if address else "on this machine"
        raise EvaluatorError(f"cannot use Ray {where}: {_line(error)}") from error
    return ray


def _knock(address: str | None) -> None:
    """See whether somebody listens: Ray itself would try for minutes."""
    host, _, port = (address or "").rpartition(":")
    if host and port.isdigit() and "/" not in host:
        socket.create_connection((host, int(port)), _KNOCK_SECONDS).close()


def _initialise(ray: Any, options: Mapping[str, Any]) -> None:
    try:
        ray.init(**options)
    except Exception:
        # A node that takes more than 30 s to start is given up; the second time
        # its programs are in the page cache.
        ray.shutdown()
        if options["address"] != "local":
            raise
        ray.init(**options)


def _cpus(ray: Any) -> dict[str, int]:
    """Return the CPUs of the living nodes by id."""
    return {
        node["NodeID"]: int(node["Resources"]["CPU"])
        for node in ray.nodes()
        if node["Alive"] and node["Resources"].get("CPU", 0) >= 1
    }


def _read(result: station.Plain) -> Any:
    if "received" in result:
        return station.received(result)
    lost = "lost" in result
    return Failed(message=result["lost" if lost else "failed"], lost=lost)


def _line(error: Exception) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return lines[-1][:300] if lines else type(error).__name__
