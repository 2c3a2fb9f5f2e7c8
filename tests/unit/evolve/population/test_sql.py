"""What only a store on disk can do: be shared, be killed, be full."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from evaluators.base import InstanceVerdict, Status
from evolve import population as stores
from evolve.errors import StoreError
from evolve.population import loading
from evolve.records import Placement, State
from tests.fakes.records import (
    a_call,
    a_program,
    a_response,
    an_evaluation,
    an_info,
)

WRITER = """
import sys
from evolve import population
from evolve.records import Placement
from tests.fakes.records import a_call, a_program, a_response
store = population.open_campaign(sys.argv[1])
store.acquire()
step = store.next_step()
while True:
    store.record_call(a_call(step))
    store.record_response(step, a_response(f"answer {step}"), "")
    program = a_program(step, 0.5)
    store.add(program, [Placement(program=program.id, island=0, living=True)])
    print(step, flush=True)
    step += 1
"""
HOLDER = """
import sys
from evolve import population
store = population.open_campaign(sys.argv[1])
store.acquire()
print("held", flush=True)
sys.stdin.read()
"""


@pytest.fixture
def url(tmp_path):
    return stores.sqlite_url(tmp_path / "store.sqlite")


@pytest.fixture
def population(url):
    made = stores.create(url, an_info())
    yield made
    made.close()


def started(code, *args):
    return subprocess.Popen(
        [sys.executable, "-c", code, *args],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def ended(process):
    process.kill()
    process.communicate()


class TestLease:
    @pytest.fixture(
        params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)]
    )
    def shared_url(self, request, tmp_path):
        if request.param == "sqlite":
            return stores.sqlite_url(tmp_path / "store.sqlite")
        return request.getfixturevalue("postgres_url")

    def test_one_at_a_time_until_it_closes(self, shared_url):
        first = stores.create(shared_url, an_info())
        second = stores.open_campaign(shared_url)
        first.acquire()
        first.acquire()
        with pytest.raises(StoreError, match="demo is running in another process"):
            second.acquire()
        assert second.info().name == "demo"
        first.close()
        second.acquire()
        second.close()
        with pytest.raises(StoreError, match="closed"):
            second.acquire()

    def test_campaigns_of_one_store_run_side_by_side(self, shared_url):
        first = stores.create(shared_url, an_info("first"))
        second = stores.create(shared_url, an_info("second"))
        first.acquire()
        second.acquire()
        first.close()
        second.close()

    def test_death_releases_it(self, shared_url):
        population = stores.create(shared_url, an_info())
        process = started(HOLDER, shared_url)
        try:
            assert process.stdout.readline() == "held\n"
            with pytest.raises(StoreError, match="another process"):
                population.acquire()
        finally:
            ended(process)
        within(10, population.acquire)
        population.close()

    def test_anybody_can_see_whether_it_is_held(self, shared_url, tmp_path):
        population = stores.create(shared_url, an_info())
        reader = stores.open_campaign(shared_url)
        assert not reader.held()
        process = started(HOLDER, shared_url)
        try:
            assert process.stdout.readline() == "held\n"
            assert reader.held()
        finally:
            ended(process)
        within(10, population.acquire)
        assert reader.held()
        assert population.held()
        population.close()
        assert not reader.held()
        reader.close()

    def test_looking_does_not_hinder_taking(self, shared_url):
        population = stores.create(shared_url, an_info())
        reader = stores.open_campaign(shared_url)
        looking = threading.Event()

        def look():
            while not looking.is_set():
                reader.held()

        thread = threading.Thread(target=look)
        thread.start()
        try:
            for _ in range(20):
                population.acquire()
                population.close()
                population = stores.open_campaign(shared_url)
        finally:
            looking.set()
            thread.join()
            population.close()
            reader.close()

    def test_nothing_is_left_beside_the_store(self, shared_url, tmp_path):
        population = stores.create(shared_url, an_info())
        population.acquire()
        population.close()
        assert [p.name for p in tmp_path.iterdir()] in ([], ["store.sqlite"])


def within(seconds, action):
    """Try again while it is refused: a server notices a death a moment later."""
    end = time.monotonic() + seconds
    while True:
        try:
            return action()
        except StoreError:
            if time.monotonic() > end:
                raise
            time.sleep(0.05)


def test_a_reader_in_another_process_sees_whole_changes_while_one_writes(url):
    stores.create(url, an_info()).close()
    process = started(WRITER, url)
    reader = stores.open_campaign(url)
    try:
        seen = 0
        end = time.monotonic() + 30
        while seen < 100 and time.monotonic() < end:
            programs = reader.programs(limit=10_000)
            living = reader.living(0)
            assert [p.candidate.step for p in programs] == list(range(len(programs)))
            assert len(living) >= len(programs) >= seen
            assert reader.best(1_000)[: len(programs)] == list(programs)
            assert len(reader.pending()) <= 1
            kinds = [e.kind for e in reader.events(limit=100_000)]
            assert kinds.count("program") >= len(living)
            seen = len(programs)
        assert seen >= 100
        assert process.poll() is None
    finally:
        ended(process)
        reader.close()


def test_kill_9_loses_nothing_that_was_acknowledged(url):
    stores.create(url, an_info()).close()
    acknowledged = -1
    unanswered = set()
    for _ in range(3):
        process = started(WRITER, url)
        for _ in range(25):
            acknowledged = int(process.stdout.readline())
        process.send_signal(signal.SIGKILL)
        rest = process.communicate()[0].split()
        acknowledged = int(rest[-1]) if rest else acknowledged
        population = stores.open_campaign(url)
        programs = population.programs(limit=100_000)
        assert len(programs) >= acknowledged + 1
        assert list(programs) == [a_program(s, 0.5) for s in range(len(programs))]
        assert population.living(0) == list(programs)
        for step in set(range(len(programs))) - unanswered:
            assert population.dialogue(step)[0].response.text == f"answer {step}"
        events = population.events(limit=100_000)
        assert [e.seq for e in events] == list(range(len(events)))
        assert population.spent().candidates == len(programs)
        for proposal in population.pending():
            if proposal.response is None:
                unanswered.add(proposal.call.step)
            population.add(a_program(proposal.call.step, 0.5), [])
            program = a_program(proposal.call.step, 0.5)
            population.place([Placement(program=program.id, island=0, living=True)])
        population.close()


def test_threads_may_share_a_population(population):
    errors = []

    def write(first):
        try:
            for step in range(first, first + 20):
                population.add(a_program(step))
                population.spent()
        except StoreError as error:
            errors.append(error)

    threads = [threading.Thread(target=write, args=(i * 20,)) for i in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    assert population.spent().candidates == 80


def test_two_processes_may_write_at_once(url, population):
    process = started(WRITER, url)
    try:
        for _ in range(20):
            process.stdout.readline()
            population.request_stop()
            population.set_state(State.RUNNING)
    finally:
        ended(process)
    events = population.events(limit=100_000)
    assert [e.seq for e in events] == list(range(len(events)))
    assert sum("stop_requested" in e.payload for e in events) == 20


def test_a_full_disk_is_told_and_what_was_kept_stays(url, population):
    population.add(a_program(0))
    with population._store.reading() as connection:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
        connection.exec_driver_sql(f"PRAGMA max_page_count = {pages + 4}")

    def fill():
        for step in range(1, 1000):
            population.add(a_program(step, source=f"# {os.urandom(4000).hex()}\n"))

    with pytest.raises(StoreError, match="the disk is full; free some space"):
        fill()
    kept = population.spent().candidates
    assert 0 < kept == len(population.programs())
    assert len(population.events()) == kept + 1
    with population._store.reading() as connection:
        connection.exec_driver_sql("PRAGMA max_page_count = 1000000")
    population.add(a_program(5000))
    assert population.get(a_program(5000).id) == a_program(5000)


def test_a_store_that_somebody_keeps_locked_is_told(url, population):
    other = stores.open_campaign(url)
    with population._store.reading() as connection:
        connection.exec_driver_sql("PRAGMA busy_timeout = 50")
    with (
        other._store.writing(),
        pytest.raises(StoreError, match="kept locked by another process"),
    ):
        population.add(a_program(0))
    population.add(a_program(0))
    other.close()


def test_programs_are_the_same_whether_they_are_remembered_or_not(
    url, population, monkeypatch
):
    monkeypatch.setattr(loading, "_CACHED_PROGRAMS", 3)
    programs = [a_program(step, step / 7) for step in range(10)]
    for program in programs:
        population.add(program)
    for _ in range(2):
        assert population.best(10) == programs
        assert population.programs(after=6) == programs[7:]
    assert len(population._loader._programs) == 3


def test_more_programs_than_fit_one_statement_come_in_order(population, monkeypatch):
    monkeypatch.setattr(loading, "_CACHED_PROGRAMS", 1)
    monkeypatch.setattr(loading, "_CHUNK", 4)
    programs = [a_program(step) for step in range(11)]
    for program in programs:
        population.add(program)
    assert population.programs() == programs


def test_payloads_are_json_with_sorted_keys_and_exact_floats(url, population):
    population.add(a_program(0, 0.1 + 0.2))
    with population._store.reading() as connection:
        texts = connection.exec_driver_sql("SELECT payload FROM events").scalars().all()
    for text in texts:
        plain = json.loads(text)
        assert text == json.dumps(plain, sort_keys=True, separators=(",", ":"))
    assert "0.30000000000000004" in texts[1]


def size(url):
    return Path(url.removeprefix("sqlite:///")).stat().st_size


def candidate_of_a_campaign(step):
    """A candidate of the size of a real one: 60 instances, 400 bytes of source."""
    numbers = [float((7919 * step + 104_729 * i) % 9_973 + 1) for i in range(60)]
    verdicts = tuple(
        InstanceVerdict(
            instance=f"n20-{i:02}",
            status=Status.OK,
            objective=number,
            gap=number / (3_000 + i) - 1 / 7,
        )
        for i, number in enumerate(numbers)
    )
    constants = [f"{x / 7:.4f}" for x in numbers[:6]]
    body = "\n".join(f"    a{i} = {c} * job.w / job.p" for i, c in enumerate(constants))
    source = (
        "# EVOLVE-BLOCK-START\ndef priority(job, state):\n"
        f"{body}\n"
        "    slack = max(0.0, job.d - state.t - job.p)\n"
        "    return a0 + a1 * slack - a2 / (1.0 + a3 + a4 * a5)  # weighted\n"
        "# EVOLVE-BLOCK-END\n"
    )
    evaluation = an_evaluation(
        numbers[0] / 9_973, verdicts=verdicts, features={"length": 31.0, "depth": 1 / 7}
    )
    return a_program(
        step,
        source=source,
        evaluation=evaluation,
        parents=(a_program(0).id, a_program(1).id),
    )


@pytest.mark.slow
def test_a_candidate_costs_less_than_four_kibibytes(url, population):
    program = candidate_of_a_campaign(0)
    assert 360 < len(program.candidate.source) < 480
    population.add(program)
    population.close()
    before = size(url)
    population = stores.open_campaign(url)
    count = 400
    for step in range(1, count + 1):
        program = candidate_of_a_campaign(step)
        population.add(
            program, [Placement(program=program.id, island=step % 4, living=True)]
        )
    population.close()
    after = size(url)
    assert (after - before) / count < 4096


@pytest.mark.slow
def test_adding_costs_no_more_in_a_large_population(population):
    def cost(first, count=300):
        programs = [candidate_of_a_campaign(first + i) for i in range(count)]
        began = time.process_time()
        for p in programs:
            population.add(p, [Placement(program=p.id, island=0, living=True)])
        return (time.process_time() - began) / count

    small = cost(0)
    for step in range(300, 5_000):
        population.add(a_program(step))
    large = cost(5_000)
    assert large < 3 * small


def test_a_call_and_a_response_are_durable_one_by_one(url, population):
    population.record_call(a_call(0))
    other = stores.open_campaign(url)
    assert [p.response for p in other.pending()] == [None]
    population.record_response(0, a_response(), "")
    assert [p.response for p in other.pending()] == [a_response()]
    other.close()
