"""Jobs are answered exactly once, whatever happens to the members."""

import asyncio
from dataclasses import dataclass, field

import pytest

from evaluators.backends import dispatch
from evaluators.backends.dispatch import (
    Dispatcher,
    Failed,
    Job,
    MemberLostError,
    Reply,
)
from evaluators.base import Sandbox
from evaluators.errors import EvaluatorError, SandboxUnavailableError
from evaluators.sandbox.host import ZygoteLostError
from evaluators.sandbox.outcome import Account, Received
from problems.base import Split


def job(name):
    return Job(head=str(name).encode(), split=Split.TRAIN)


def received(head):
    end = Account(signal=None, killed="", cpu_seconds=0, wall_seconds=0, peak_bytes=0)
    return Received(account=end, data=head, output=b"", flooded="")


@dataclass(eq=False)
class Fake:
    """Answers each call with what it brought; ``script`` says what happens instead.

    Entries of ``script``, one per call: ``lost`` loses the call and the member,
    ``deliver and lose`` loses the reply only, ``failed`` is a dead zygote.
    """

    slots: int = 2
    script: list = field(default_factory=list)
    seconds: float = 0.0
    revival: BaseException | None = None
    batches: list = field(default_factory=list)
    late: list = field(default_factory=list)
    at_once: int = 0
    most_at_once: int = 0
    revivals: int = 0

    async def exchange(self, work):
        self.batches.append([item.head for _, item in work])
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            await asyncio.sleep(self.seconds)
        finally:
            self.at_once -= 1
        what = self.script.pop(0) if self.script else "fine"
        results = [(key, received(item.head)) for key, item in work]
        if what == "deliver and lose":
            self.late += results
        if what in ("lost", "deliver and lose"):
            raise MemberLostError("gone")
        if what == "broken":
            raise KeyError("bug")
        if what == "failed":
            results = [(k, Failed(message="died", lost=True)) for k, _ in work]
        return Reply(sandbox=Sandbox.SECCOMP, results=[*self.late, *results])

    async def revive(self):
        self.revivals += 1
        await asyncio.sleep(0.01)
        if self.revival is not None:
            raise self.revival


def run(members, count=1, *, patience=5.0, avoid=None):
    """Submit ``count`` jobs at once; return the outcomes, which may be errors."""

    async def body():
        dispatcher = Dispatcher(members, patience=patience)
        tasks = [dispatcher.submit(job(i), avoid) for i in range(count)]
        outcomes = await asyncio.gather(*tasks, return_exceptions=True)
        await dispatcher.close()
        return outcomes

    return asyncio.run(asyncio.wait_for(body(), 20))


def heads(outcomes):
    return [outcome.received.data for outcome in outcomes]


def expected(count):
    return [str(i).encode() for i in range(count)]


def test_each_job_gets_its_own_answer():
    members = [Fake(), Fake(slots=1)]
    outcomes = run(members, 100)

    assert heads(outcomes) == expected(100)
    assert {outcome.member for outcome in outcomes} == {0, 1}
    assert outcomes[0].sandbox is Sandbox.SECCOMP


def test_what_arrives_together_travels_together_and_in_bounds():
    member = Fake(slots=8)
    run([member], 100)
    sizes = [len(batch) for batch in member.batches if batch]

    assert max(sizes) == 16
    assert len(sizes) < 20


def test_a_single_job_does_not_wait_for_company():
    member = Fake()
    run([member], 1)

    assert member.batches == [[b"0"]]


def test_no_member_holds_more_than_it_can_soon_run():
    slow = Fake(slots=2, seconds=0.05)

    async def body():
        dispatcher = Dispatcher([slow], patience=5)
        tasks = [asyncio.create_task(dispatcher.submit(job(i))) for i in range(50)]
        await asyncio.sleep(0.02)
        given = sum(map(len, slow.batches))
        await asyncio.gather(*tasks)
        await dispatcher.close()
        return given

    assert asyncio.run(body()) == 2 * 2 + 4
    assert slow.most_at_once <= dispatch.CALLS


def test_a_faster_member_gets_more():
    fast, slow = Fake(), Fake(seconds=0.05)
    run([fast, slow], 200)

    assert sum(map(len, fast.batches)) > 2 * sum(map(len, slow.batches))


def test_what_a_lost_member_had_is_done_by_another_one():
    lost, other = Fake(script=["lost"], seconds=0.01), Fake()
    outcomes = run([lost, other], 40)

    assert heads(outcomes) == expected(40)
    assert lost.revivals == 1


def test_a_lost_member_works_again_once_it_is_back():
    lonely = Fake(script=["lost"])

    assert heads(run([lonely], 20)) == expected(20)
    assert lonely.revivals == 1


def test_two_calls_that_fail_together_are_one_loss():
    member = Fake(slots=16, script=["lost", "lost"], seconds=0.01)

    assert heads(run([member], 30)) == expected(30)
    assert member.revivals == 1


def test_an_answer_that_arrives_after_all_is_counted_once():
    liar = Fake(script=["deliver and lose"], seconds=0.01)
    outcomes = run([liar, Fake(seconds=0.01)], 30)

    assert liar.late
    assert heads(outcomes) == expected(30)


def test_a_job_whose_sandbox_died_is_tried_elsewhere():
    bad, good = Fake(script=["failed"] * 99), Fake()
    outcomes = run([bad, good], 20)

    assert heads(outcomes) == expected(20)


def test_attempts_are_bounded():
    bad = Fake(script=["failed"] * 99)
    (outcome,) = run([bad], 1)

    assert isinstance(outcome, ZygoteLostError)
    assert len([batch for batch in bad.batches if batch]) == dispatch.ATTEMPTS


def test_losses_are_bounded_too():
    (outcome,) = run([Fake(script=["lost"] * 99)], 1)

    assert type(outcome) is EvaluatorError
    assert "gone" in str(outcome)


def test_a_job_avoids_a_member_if_it_can():
    members = [Fake(), Fake()]
    outcomes = run(members, 4, avoid=0)

    assert {outcome.member for outcome in outcomes} == {1}
    assert heads(run([Fake()], 4, avoid=0)) == expected(4)


def test_a_member_that_came_back_too_weak_is_left_out():
    weak = Fake(script=["lost"], revival=SandboxUnavailableError("too weak"))
    outcomes = run([weak, Fake(seconds=0.01)], 30)

    assert heads(outcomes) == expected(30)


def test_when_nobody_is_left_everybody_is_told():
    weak = Fake(script=["lost"], revival=SandboxUnavailableError("too weak"))
    outcomes = run([weak], 30)

    assert {str(outcome) for outcome in outcomes} == {"too weak"}


def test_patience_with_an_empty_cluster_ends():
    class Gone(Fake):
        async def revive(self):
            await asyncio.sleep(100)

    outcomes = run([Gone(script=["lost"])], 3, patience=0.1)

    assert all("no evaluator was there for 0.1 s" in str(o) for o in outcomes)


def test_a_bug_of_ours_ends_in_an_error_and_not_in_silence():
    (outcome,) = run([Fake(script=["broken"])], 1)

    assert isinstance(outcome, EvaluatorError)
    assert "KeyError" in str(outcome)


def test_a_cancelled_request_is_forgotten_and_the_others_are_served():
    member = Fake(slots=1, seconds=0.01)

    async def body():
        dispatcher = Dispatcher([member], patience=5)
        tasks = [asyncio.create_task(dispatcher.submit(job(i))) for i in range(20)]
        await asyncio.sleep(0.005)
        for task in tasks[::2]:
            task.cancel()
        outcomes = await asyncio.gather(*tasks, return_exceptions=True)
        await dispatcher.close()
        return outcomes

    outcomes = asyncio.run(body())
    assert all(isinstance(o, asyncio.CancelledError) for o in outcomes[::2])
    assert heads(outcomes[1::2]) == expected(20)[1::2]
    # Those that had not been given out yet never were.
    assert sum(map(len, member.batches)) < 20


def test_close_fails_what_is_under_way_and_what_comes_later():
    async def body():
        dispatcher = Dispatcher([Fake(seconds=10)], patience=5)
        task = asyncio.create_task(dispatcher.submit(job(0)))
        await asyncio.sleep(0.01)
        await dispatcher.close()
        with pytest.raises(EvaluatorError, match="closed"):
            await task
        with pytest.raises(EvaluatorError, match="closed"):
            await dispatcher.submit(job(1))

    asyncio.run(body())
