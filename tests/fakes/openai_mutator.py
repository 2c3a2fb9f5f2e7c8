"""A stochastic mutator that answers like a chat model, in the standard library.

``answer`` is a function of a generator and the prompt alone. It changes the last
program of the prompt by one small mutation and gives it back in the form that the
prompt asks for: SEARCH/REPLACE, or the whole program in a fence. It knows no problem:
what it may read are the features and parameters that the prompt names. By hand:
``python -m tests.fakes.openai_mutator --port 8123 --seed 1``.
"""

import argparse
import ast
import random
import re
import threading
from collections.abc import Callable
from typing import NamedTuple

START, END = "# EVOLVE-BLOCK-START", "# EVOLVE-BLOCK-END"
_FENCED = re.compile(r"^(`{3,})\w*\n(.*?)^\1\s*$", re.DOTALL | re.MULTILINE)
_OPERATORS = ("+", "-", "*", "/")
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
_SCALAR = (ast.BinOp, ast.Attribute, ast.Subscript, ast.UnaryOp)
_CALLS = frozenset({"max", "min", "abs", "float", "int", "sum", "round", "len"})


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
    others = [text for text in programs if text != parent]
    child = mutate(rng, parent, others, words(prompt, parent))
    thought = f"One small change, number {rng.randrange(1000)}."
    if "<<<<<<< SEARCH" in prompt:
        return f"{thought}\n\n{as_diff(parent, child)}"
    return f"{thought}\n\n```python\n{child}```\n"


def words(prompt: str, source: str) -> list[str]:
    """Features of the parameters of the program's functions that a prompt names.

    Where it names none, the parameters themselves.
    """
    functions = [n for n in ast.walk(ast.parse(source)) if isinstance(n, _FUNCTIONS)]
    parameters = {arg.arg for f in functions for arg in f.args.args}
    dotted = re.findall(r"\b([A-Za-z_]\w*)\.([A-Za-z_]\w*)\b(?!\()", prompt)
    found = [f"{base}.{name}" for base, name in dotted if base in parameters]
    return sorted(set(found)) or sorted(parameters)


def mutate(
    rng: random.Random, source: str, others: list[str], names: list[str] | None = None
) -> str:
    """Change one expression inside the evolve block."""
    tree = ast.parse(source)
    lines = source.split("\n")
    first = next(i for i, x in enumerate(lines, 1) if x.strip() == START)
    last = next(i for i, x in enumerate(lines, 1) if x.strip() == END)
    nodes = [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.expr | ast.Return | ast.arg)
        and first < node.lineno <= (node.end_lineno or 0) < last
    ]
    terms = _terms(source, nodes, names or [])
    kinds: list[Callable[[], Edit | None]] = [
        lambda: _constant(rng, nodes),
        lambda: _operator(rng, source, nodes),
        lambda: _swap(rng, nodes, terms),
        lambda: _term(rng, source, nodes, terms),
        lambda: _wrap(rng, source, nodes, terms),
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


def _terms(source: str, nodes: list[ast.AST], names: list[str]) -> list[str]:
    """What can be read everywhere in the block: its functions share parameters."""
    bound = {node.arg for node in nodes if isinstance(node, ast.arg)}
    called = {id(node.func) for node in nodes if isinstance(node, ast.Call)}
    read = [
        _text(source, node)
        for node in nodes
        if isinstance(node, ast.Attribute)
        and id(node) not in called
        and isinstance(node.value, ast.Name)
        and node.value.id in bound
    ]
    index = {
        node.slice.id
        for node in nodes
        if isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Name)
    }
    named = [name for name in names if name.partition(".")[0] in bound - index]
    if index:
        whole = [name for name in named if "." not in name]
        named = [f"{name}[{i}]" for name in whole for i in index & bound]
    return sorted({*read, *named})


def _swap(rng: random.Random, nodes: list[ast.AST], terms: list[str]) -> Edit | None:
    """Read another feature in the place of one."""
    called = {id(node.func) for node in nodes if isinstance(node, ast.Call)}
    read = (ast.Attribute, ast.Subscript)
    found = [n for n in nodes if isinstance(n, read) and id(n) not in called]
    if not found or not terms:
        return None
    return Edit(rng.choice(found), rng.choice(terms))


def _term(
    rng: random.Random, source: str, nodes: list[ast.AST], terms: list[str]
) -> Edit | None:
    """Add a weighted feature to a number."""
    target = _number(rng, nodes)
    if target is None or not terms:
        return None
    weight = rng.choice((1, -1, round(rng.uniform(-2, 2), 2)))
    return Edit(target, f"({_text(source, target)} + {weight} * {rng.choice(terms)})")


def _wrap(
    rng: random.Random, source: str, nodes: list[ast.AST], terms: list[str]
) -> Edit | None:
    """Bound a number by a feature, or by a sum of two."""
    target = _number(rng, nodes)
    if target is None or not terms:
        return None
    bound = " + ".join(rng.choice(terms) for _ in range(rng.choice((1, 2))))
    return Edit(
        target, f"{rng.choice(('max', 'min'))}({_text(source, target)}, {bound})"
    )


def _cross(
    rng: random.Random, source: str, nodes: list[ast.AST], others: list[str]
) -> Edit | None:
    target = _number(rng, nodes)
    bound = {node.arg for node in nodes if isinstance(node, ast.arg)} | _CALLS
    lent = [
        _text(other, node.value)
        for other in others
        if _parses(other)
        for node in ast.walk(ast.parse(other))
        if isinstance(node, ast.Return)
        and node.value is not None
        and _is_number(node.value)
        and {n.id for n in ast.walk(node.value) if isinstance(n, ast.Name)} <= bound
    ]
    if target is None or not lent:
        return None
    return Edit(target, f"0.5 * ({_text(source, target)}) + 0.5 * ({rng.choice(lent)})")


def _number(rng: random.Random, nodes: list[ast.AST]) -> ast.expr | None:
    """What is a number, as far as one can see: arithmetic and what it is made of.

    In a block without arithmetic, what is returned.
    """
    found: list[ast.expr] = []
    for node in nodes:
        if isinstance(node, ast.BinOp):
            found += [node, node.left, node.right]
    found += [node.body for node in nodes if isinstance(node, ast.Lambda)]
    values = [n.value for n in nodes if isinstance(n, ast.Return) and n.value]
    found += [value for value in values if _is_number(value)]
    return rng.choice(found or values) if found or values else None


def _is_number(node: ast.expr) -> bool:
    if isinstance(node, ast.Call):
        return isinstance(node.func, ast.Name) and node.func.id in _CALLS
    return isinstance(node, _SCALAR)


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


def main() -> None:
    """Serve until interrupted."""
    from tests.fakes.openai_server import FakeOpenAI

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=8123)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    with FakeOpenAI(options.port, seed=options.seed) as server:
        print(server.base_url, flush=True)
        threading.Event().wait()


if __name__ == "__main__":
    main()
