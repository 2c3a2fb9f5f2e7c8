"""Copies of a program have its normal id, and only copies."""

import time

import pytest

from evolve.program import normal_id, program_id

PLAIN = """
def order(jobs, time=0):
    total = 0
    keyed = lambda job: job + total
    for job in jobs:
        total += job
    done = [x * total for x in jobs if x]
    with open(done) as file:
        (first, *rest), last = sorted(jobs, key=keyed), file
    return first, rest, last, time
"""


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("total", "summed"),
        ("keyed", "a"),
        ("done", "zzz"),
        ("x * total for x in jobs if x", "y * total for y in jobs if y"),
        ("file", "handle"),
        ("rest", "others"),
        (
            "    total = 0\n",
            "    '''A docstring.'''\n    # and a comment\n    total = 0\n",
        ),
        ("x * total", "(x*total)"),
        ("total = 0", "total = (\n        0\n    )"),
    ],
)
def test_a_copy_with_other_names_or_layout_is_the_same(old, new):
    assert normal_id(PLAIN.replace(old, new)) == normal_id(PLAIN)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("jobs", "queue"),
        ("time", "now"),
        ("def order", "def other"),
        ("sorted", "list"),
        ("key=keyed", "ke=keyed"),
        ("total += job", "total -= job"),
        ("total = 0", "total = 0.0"),
        ("total = 0", "total = False"),
        ("total = 0", "total = -0.0"),
        ("if x", "if jobs"),
        ("first, rest, last", "rest, first, last"),
        ("lambda job: job", "lambda job, x=1: job"),
        ("for job in jobs:\n        total", "for job in jobs:\n        time"),
    ],
)
def test_what_differs_in_more_is_another(old, new):
    assert old in PLAIN
    assert normal_id(PLAIN.replace(old, new)) != normal_id(PLAIN)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        # Which name is local, global or of a closure decides.
        ("a = 1\ndef f(): return a\n", "b = 1\ndef f(): return b\n"),
        (
            "def f(q): return [a for a in q], b\n",
            "def f(q): return [a for a in q], a\n",
        ),
        (
            "def f(q): return [b for a in q]\n",
            "def f(q): return [b for b in q]\n",
        ),
        (
            "def f():\n a = 1\n b = 2\n return a\n",
            "def f():\n a = 1\n b = 2\n return b\n",
        ),
        (
            "def f():\n a = 1\n def g():\n  nonlocal a\n  a = 2\n g()\n return a\n",
            "def f():\n a = 1\n def g():\n  b = 2\n g()\n return a\n",
        ),
        # Programs that may look at names.
        (
            "def f():\n a = 1\n return locals()\n",
            "def f():\n b = 1\n return locals()\n",
        ),
        (
            "def f():\n try: return a\n except E as e: return str(e)\n a = 1\n",
            "def f():\n try: return b\n except E as e: return str(e)\n b = 1\n",
        ),
        # Attributes of a class are no local variables.
        ("class C:\n a = 1\n", "class C:\n b = 1\n"),
        # What a comprehension or a lambda starts with is no docstring.
        ("f = lambda: 'a'\n", "f = lambda: 'b'\n"),
        ("f = ['a' for _ in q]\n", "f = ['b' for _ in q]\n"),
        ("def f(): return 'a'\n", "def f(): return 'b'\n"),
        ("def f():\n 'a'\n return 'a'\n", "def f():\n return None\n"),
        ("def f():\n 'a'\n return 'a'\n", "def f():\n 'b'\n return 'b'\n"),
        ("def f():\n 'a'\n return 2, None\n", "def f():\n 'a'\n return None, 2\n"),
        ("def f(x):\n assert x\n return x\n", "def f(x):\n return x\n"),
    ],
)
def test_names_that_mean_something_are_kept(first, second):
    assert normal_id(first) != normal_id(second)


def test_a_name_of_a_comprehension_hides_nothing_outside_of_it():
    first = normal_id("def f(q): return [a for a in q], b\n")
    assert first == normal_id("def f(q): return [b for b in q], b\n")


def test_members_of_a_set_have_no_order():
    letters = [f"'{c}'" for c in "abcdefgh"]
    there = f"def f(x): return x in {{{', '.join(letters)}}}\n"
    back = f"def f(x): return x in {{{', '.join(letters[::-1])}}}\n"
    assert normal_id(there) == normal_id(back)


@pytest.mark.parametrize("text", ["def (", "x = \0", "return 1", "(" * 500])
def test_what_does_not_compile_has_its_own_id(text):
    assert normal_id(text) == program_id(text)


def test_it_costs_less_than_parsing_and_dumping_the_tree():
    import ast

    def cost(work):
        times = []
        for _ in range(20):
            start = time.process_time_ns()
            for _ in range(5):
                work()
            times.append(time.process_time_ns() - start)
        return min(times)

    source = PLAIN * 4
    assert cost(lambda: normal_id(source)) < 1.5 * cost(
        lambda: ast.dump(ast.parse(source))
    )
