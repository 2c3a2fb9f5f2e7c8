"""What brought how much: sums over a small history, known by hand."""

from dataclasses import replace

import pytest

from evolve.cli.contributing import as_document
from evolve.population.memory import MemoryPopulation
from evolve.records import Note, NoteKind, Operator, Usage
from evolve.report import tables
from evolve.report.contributions import contributions
from tests.fakes.records import (
    a_call,
    a_program,
    a_rejection,
    a_response,
    an_evaluation,
    an_info,
)
from tests.unit.evolve.report.example import example


def evaluation(score):
    return replace(an_evaluation(score), cpu_seconds=0.5)


def asked(population, step, parent, cost, **changes):
    call = replace(
        a_call(step), model="m", operator=Operator.DIFF, parents=(parent,), **changes
    )
    population.record_call(call)
    usage = Usage(prompt_tokens=100, completion_tokens=20, cost_usd=cost)
    if cost is None:
        population.record_response(step, None, "it hangs", turn=call.turn)
    else:
        population.record_response(
            step, replace(a_response(), usage=usage), "", turn=call.turn
        )


@pytest.fixture
def found():
    population = MemoryPopulation(an_info())
    seed = a_program(0, evaluation=evaluation(0.5))
    population.add(seed)
    bred = {"parents": (seed.id,)}
    for step, score in ((1, 0.4), (2, 0.45), (3, None)):
        population.add(a_program(step, evaluation=evaluation(score), **bred))
    asked(population, 4, seed.id, 0.02)
    diff = a_program(4, evaluation=evaluation(0.3), operator=Operator.DIFF, **bred)
    population.add(diff)
    asked(population, 5, seed.id, None)
    population.reject(replace(a_rejection(5), operator=Operator.DIFF))
    asked(population, 6, seed.id, 0.02)
    return contributions(population)


def by_name(lines):
    return {line.name: line for line in lines}


def test_operators(found):
    lines = by_name(found.operators)
    mutation, diff, seed = lines["mutation"], lines["diff"], lines["seed"]
    assert (mutation.programs, mutation.failures) == (3, 1)
    assert (mutation.better, mutation.records) == (2, 1)
    assert mutation.cpu_seconds == 1.5
    assert mutation.better_per_program == pytest.approx(2 / 3)
    assert mutation.better_per_usd is None
    assert (diff.programs, diff.rejections, diff.better, diff.records) == (1, 1, 1, 1)
    assert (diff.calls, diff.unpriced_calls, diff.tokens) == (3, 1, 240)
    assert diff.cost_usd == pytest.approx(0.04)
    assert diff.better_per_usd is None
    assert (seed.programs, seed.records, seed.better) == (1, 1, 0)


def test_authors_and_islands(found):
    authors = by_name(found.authors)
    assert set(authors) == {"seed", "offline", "m"}
    assert authors["m"].programs == 1
    assert authors["offline"].programs == 3
    assert sum(line.programs for line in found.islands) == 5
    assert sum(line.calls for line in found.islands) == 3


def test_costs_that_are_all_known_give_a_rate():
    population = MemoryPopulation(an_info())
    seed = a_program(0, evaluation=evaluation(0.5))
    population.add(seed)
    asked(population, 1, seed.id, 0.25)
    bred = {"parents": (seed.id,), "operator": Operator.DIFF}
    population.add(a_program(1, evaluation=evaluation(0.4), **bred))
    (line,) = [
        x for x in contributions(population).operators if x.name == Operator.DIFF
    ]
    assert line.better_per_usd == 4


def test_notes_are_told_apart_from_proposals_without_one():
    population = MemoryPopulation(an_info())
    seed = a_program(0, evaluation=evaluation(0.5))
    population.add(seed)
    for number, kind in enumerate((NoteKind.DIRECTION, NoteKind.GUIDANCE)):
        title = f"t{number}"
        population.add_note(Note(kind=kind, title=title, text="x", step=0))
    for step, note, score in ((1, None, 0.6), (2, 1, 0.4), (3, 1, None), (4, 0, 0.6)):
        asked(population, step, seed.id, 0.25, note=note)
        operator = Operator.DIFF
        program = a_program(
            step,
            evaluation=evaluation(score),
            parents=(seed.id,),
            operator=operator,
            note=note,
        )
        population.add(program)
    # The question for advice follows none, and its step is a rejection.
    asked(population, 5, seed.id, 0.25, role="guide")
    asked(population, 5, seed.id, None, note=1, turn=1)
    population.reject(replace(a_rejection(5), operator=Operator.DIFF))
    population.add(a_program(6, evaluation=evaluation(0.3), parents=(seed.id,)))
    lines = contributions(population).notes
    assert [line.name for line in lines] == [
        "no note",
        "direction 0: t0",
        "guidance 1: t1",
    ]
    plain, direction, advice = lines
    assert (plain.programs, plain.better, plain.calls) == (1, 0, 1)
    assert (direction.programs, direction.calls, direction.cost_usd) == (1, 1, 0.25)
    assert (advice.programs, advice.failures, advice.better) == (2, 1, 1)
    assert (advice.records, advice.rejections, advice.calls) == (1, 1, 3)
    assert advice.cpu_seconds == 1.0
    table = tables.contributions(
        replace(example(), contributions=contributions(population))
    )
    kinds = [row[0].text for row in table.rows]
    assert kinds.count("note") == 3
    document = as_document(population)
    assert [line["programs"] for line in document["notes"]] == [1, 1, 2]


def test_without_notes_there_is_no_table_of_them(found):
    assert found.notes == ()


def test_the_report_has_the_table(found):
    table = tables.contributions(replace(example(), contributions=found))
    texts = [cell.text for row in table.rows for cell in row]
    assert "mutation" in texts
    assert len(table.rows) == 3 + 3 + 1
    assert all(len(row) == len(table.columns) for row in table.rows)
