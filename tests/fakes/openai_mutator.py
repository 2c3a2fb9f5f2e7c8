"""A stochastic mutator that answers like a chat model, in the standard library.

``answer`` is a function of a generator and the prompt alone. It changes the last
program of the prompt by one small mutation and gives it back in the form that the
prompt asks for: SEARCH/REPLACE, or the whole program in a fence.
"""

import ast
import random
import re
from collections.abc import Callable
from typing import NamedTuple

START, END = "# EVOLVE-BLOCK-START", "# EVOLVE-BLOCK-END"
_FENCED = re.compile(r"^(`{3,})\w*\n(.*?)^\1\s*$", re.DOTALL | re.MULTILINE)
_OPERATORS = ("+", "-", "*", "/")


class Edit(NamedTuple):
    """Put ``text`` in the place of a node."""

    node: ast.expr
    text: str


def answer(rng: random.Random, prompt: str) -> str:
    """Answer a prompt."""
    programs = [match[2] for match in _FENCED.finditer(prompt)]
    marked = [text for text in programs if START in text and _parses(text)]
    if not marked:
        return "There is no program with an evolve block in what you sent."
    parent = marked[-1]
    child = mutate(rng, parent, [text for text in programs if text != parent])
    thought = f"One small change, number {rng.randrange(1000)}."
    if "<<<<<<< SEARCH" in prompt:
        return f"{thought}\n\n{as_diff(parent, child)}"
    return f"{thought}\n\n```python\n{child}```\n"


def mutate(rng: random.Random, source: str, others: list[str]) -> str:
    """Change one expression inside the evolve block."""
    tree = ast.parse(source)
    lines = source.split("\n")
    first = next(i for i, x in enumerate(lines, 1) if x.strip() == START)
    last = next(i for i, x in enumerate(lines, 1) if x.strip() == END)
    nodes = [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.expr | ast.Return)
        and first < node.lineno <= (node.end_lineno or 0) < last
    ]
    kinds: list[Callable[[], Edit | None]] = [
        lambda: _constant(rng, nodes),
        lambda: _operator(rng, source, nodes),
        lambda: _term(rng, source, nodes),
        lambda: _wrap(rng, source, nodes),
        lambda: _cross(rng, source, nodes, others),
    ]
    for _ in range(8):
        edit = rng.choice(kinds)()
        child = source if edit is None else _spliced(source, edit)
        if child != source and _parses(child):
            return child
    lines.insert(last - 1, f"TUNING_{rng.randrange(10**6)} = 0")
    return "\n".join(lines)


def as_diff(parent: str, child: str) -> str:
    """One SEARCH/REPLACE block that turns ``parent`` into ``child``."""
    old, new = parent.split("\n"), child.split("\n")
    head = _common(old, new)
    tail = _common(old[head:][::-1], new[head:][::-1])
    while True:
        search = old[head : len(old) - tail]
        if any(x.strip() for x in search) and _count(old, search) == 1:
            break
        if head == tail == 0:
            break
        head, tail = max(head - 1, 0), max(tail - 1, 0)
    replace = new[head : len(new) - tail]
    return "\n".join(
        ["<<<<<<< SEARCH", *search, "=======", *replace, ">>>>>>> REPLACE", ""]
    )


def _constant(rng: random.Random, nodes: list[ast.AST]) -> Edit | None:
    found = [
        n
        for n in nodes
        if isinstance(n, ast.Constant) and type(n.value) in {int, float}
    ]
    if not found:
        return None
    node = rng.choice(found)
    return Edit(node, repr(round(node.value * rng.choice((0.5, 0.8, 1.25, 2)), 6)))


def _operator(rng: random.Random, source: str, nodes: list[ast.AST]) -> Edit | None:
    found = [n for n in nodes if isinstance(n, ast.BinOp)]
    if not found:
        return None
    node = rng.choice(found)
    left, right = _text(source, node.left), _text(source, node.right)
    return Edit(node, f"(({left}) {rng.choice(_OPERATORS)} ({right}))")


def _term(rng: random.Random, source: str, nodes: list[ast.AST]) -> Edit | None:
    target = _returned(rng, nodes)
    names = [n for n in nodes if isinstance(n, ast.Attribute)]
    if target is None or not names:
        return None
    name = _text(source, rng.choice(names))
    weight = round(rng.uniform(-1, 1), 3)
    return Edit(target, f"({_text(source, target)}) + {weight} * {name}")


def _wrap(rng: random.Random, source: str, nodes: list[ast.AST]) -> Edit | None:
    target = _returned(rng, nodes)
    if target is None:
        return None
    bound = round(rng.uniform(0, 50), 2)
    return Edit(
        target, f"{rng.choice(('max', 'min'))}({_text(source, target)}, {bound})"
    )


def _cross(
    rng: random.Random, source: str, nodes: list[ast.AST], others: list[str]
) -> Edit | None:
    target = _returned(rng, nodes)
    lent = [
        _text(other, node.value)
        for other in others
        if _parses(other)
        for node in ast.walk(ast.parse(other))
        if isinstance(node, ast.Return) and node.value is not None
    ]
    if target is None or not lent:
        return None
    return Edit(target, f"0.5 * ({_text(source, target)}) + 0.5 * ({rng.choice(lent)})")


def _returned(rng: random.Random, nodes: list[ast.AST]) -> ast.expr | None:
    found = [n.value for n in nodes if isinstance(n, ast.Return) and n.value]
    return rng.choice(found) if found else None


def _spliced(source: str, edit: Edit) -> str:
    lines = source.encode().split(b"\n")
    node = edit.node
    start = sum(len(x) + 1 for x in lines[: node.lineno - 1]) + node.col_offset
    end = sum(len(x) + 1 for x in lines[: node.end_lineno - 1]) + node.end_col_offset
    whole = source.encode()
    return (whole[:start] + edit.text.encode() + whole[end:]).decode()


def _text(source: str, node: ast.AST) -> str:
    return ast.get_source_segment(source, node) or "0"


def _parses(source: str) -> bool:
    try:
        ast.parse(source)
    except SyntaxError:
        return False
    return True


def _common(a: list[str], b: list[str]) -> int:
    count = 0
    while count < min(len(a), len(b)) and a[count] == b[count]:
        count += 1
    return count


def _count(lines: list[str], part: list[str]) -> int:
    return sum(lines[i : i + len(part)] == part for i in range(len(lines)))
