"""The trusted judgement of pieces of work; knows nothing of who made them."""

from collections.abc import Iterator
from itertools import islice

from problems.base import Json, Verdict
from problems.revealed_flow.model import FlowInstance

_MAX_CODES = 20
"""Violations reported of one answer: enough to see the fault, whatever its size."""


def verify(instance: FlowInstance, _entry_point: str, answer: Json) -> Verdict:
    """Judge pieces of work ``[job, start, end]`` in the order of time.

    The objective is the total flow time, the sum of completions less releases.
    Violation codes: ``not_a_list``, ``not_a_piece:PLACE`` (no list of three integers),
    ``not_a_job:PLACE``, ``not_a_time:PLACE`` (no end after a start of at least 0, or
    one later than the last arrival and all work), ``overlap:PLACE`` (starts before the
    piece in front of it ends), ``before_release:PLACE``, ``wrong_work:JOB`` (more or
    less than its size). Features:
    pieces per job, largest flow time over the mean one, share of the jobs that were
    done in one piece.
    """
    codes = tuple(islice(_violations(instance, answer), _MAX_CODES))
    if codes:
        return Verdict(objective=None, violations=codes)
    pieces = [0] * instance.n
    ends = [0] * instance.n
    for job, _, end in answer:
        pieces[job] += 1
        ends[job] = end
    flows = [end - job.release for end, job in zip(ends, instance.jobs, strict=True)]
    total = sum(flows)
    return Verdict(
        objective=float(total),
        features={
            "pieces": sum(pieces) / instance.n,
            "worst_flow": max(flows) * instance.n / total,
            "whole_share": pieces.count(1) / instance.n,
        },
    )


def _violations(instance: FlowInstance, answer: Json) -> Iterator[str]:
    if type(answer) is not list:
        yield "not_a_list"
        return
    work = [0] * instance.n
    latest = max(job.release for job in instance.jobs)
    latest += sum(sum(job.sizes) for job in instance.jobs)
    before = 0
    sound = True
    for place, piece in enumerate(answer):
        code = _fault(instance, piece, before, latest)
        if code:
            sound = False
            yield f"{code}:{place}"
            continue
        job, start, before = piece
        work[job] += before - start
    if sound:
        for job, (done, one) in enumerate(zip(work, instance.jobs, strict=True)):
            if done != sum(one.sizes):
                yield f"wrong_work:{job}"


def _fault(instance: FlowInstance, piece: Json, before: int, latest: int) -> str:
    """Name what is wrong with one piece; empty if nothing is."""
    if type(piece) is not list or [type(value) for value in piece] != [int] * 3:
        return "not_a_piece"
    job, start, end = piece
    if not 0 <= job < instance.n:
        return "not_a_job"
    if not 0 <= start < end <= latest:
        return "not_a_time"
    if start < before:
        return "overlap"
    return "" if start >= instance.jobs[job].release else "before_release"
