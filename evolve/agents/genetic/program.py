"""A program as text around one expression: taken apart and put together again."""

import ast
import textwrap
from collections.abc import Mapping
from dataclasses import dataclass

from evolve.agents.genetic.expression import Expr, Op, walk
from evolve.agents.genetic.layout import Layout, body_lines
from evolve.agents.genetic.lower import lower_body
from evolve.agents.genetic.safety import Sign
from evolve.agents.genetic.simplify import simplify
from evolve.program import NotPython, split_blocks
from evolve.program import parse as parse_python
from problems.base import BLOCK_START


class NotEvolvableError(Exception):
    """The program has no expression that could be changed; says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Parsed:
    """A program taken apart.

    Attributes
    ----------
    before, after
        Text around the body of the entry point, kept byte for byte.
    prelude
        Statements of the body that stay as they are.
    expr
        What the function returns, in normal form.
    names
        Names that the program gave to expressions.
    taken
        Names that a new local must not have.
    """

    before: str
    after: str
    prelude: str
    expr: Expr
    names: Mapping[Expr, str]
    taken: frozenset[str]


def parse(source: str, entry_point: str, parameters: tuple[str, ...]) -> Parsed:
    """Take a program apart.

    Parameters
    ----------
    parameters
        Names of the entry point's parameters; a program that calls them otherwise is
        renamed, so that terms mean the same in all programs.

    Raises
    ------
    NotEvolvableError
        If there is no such function in the evolve block, or nothing in it to change.
    """
    blocks = split_blocks(source)
    if blocks is None:
        raise NotEvolvableError("the program has no single evolve block")
    module = parse_python(blocks.block)
    if isinstance(module, NotPython):
        raise NotEvolvableError(f"the evolve block does not parse: {module.detail}")
    lines = blocks.block.splitlines(keepends=True)
    function = _function(module, entry_point)
    _rename(function, parameters)
    lowered = lower_body(function.body)
    if lowered is None:
        raise NotEvolvableError(f"{entry_point} does not return an expression")
    start = min([function.lineno, *(d.lineno for d in function.decorator_list)])
    kept = function.body[: lowered.prelude]
    return Parsed(
        before=blocks.before + "".join(lines[: start - 1]) + _header(function),
        after="".join(lines[function.end_lineno :]) + blocks.after,
        prelude=textwrap.indent("\n".join(map(ast.unparse, kept)), "    "),
        expr=simplify(lowered.expr),
        names={simplify(expr): name for expr, name in lowered.names.items()},
        taken=frozenset(_identifiers(module, kept)) | frozenset(parameters),
    )


def render(parsed: Parsed, expr: Expr, signs: Mapping[str, Sign]) -> str:
    """Write the program with another expression in its place."""
    layout = Layout(names=parsed.names, taken=set(parsed.taken), signs=signs)
    lines = [parsed.prelude] if parsed.prelude else []
    lines += body_lines(expr, layout)
    before = parsed.before
    if _needs_math(expr) and "import math" not in before:
        before = before.replace(
            BLOCK_START + "\n", f"{BLOCK_START}\nimport math\n\n\n", 1
        )
    return before + "\n".join(lines) + "\n" + parsed.after


def _function(module: ast.Module, name: str) -> ast.FunctionDef:
    for node in module.body:
        if isinstance(node, ast.FunctionDef) and node.name == name:
            return node
    raise NotEvolvableError(f"the evolve block does not define {name}")


def _rename(function: ast.FunctionDef, parameters: tuple[str, ...]) -> None:
    args = [*function.args.posonlyargs, *function.args.args]
    renamed = {
        arg.arg: new
        for arg, new in zip(args, parameters, strict=False)
        if arg.arg != new
    }
    if not renamed:
        return
    for node in ast.walk(function):
        if isinstance(node, ast.arg):
            node.arg = renamed.get(node.arg, node.arg)
        elif isinstance(node, ast.Name):
            node.id = renamed.get(node.id, node.id)


def _header(function: ast.FunctionDef) -> str:
    """Write the ``def`` line anew: its source may share a line with the body."""
    bare = ast.FunctionDef(
        name=function.name,
        args=function.args,
        body=[],
        decorator_list=function.decorator_list,
        returns=function.returns,
        lineno=1,
    )
    return ast.unparse(bare).strip() + "\n"


def _identifiers(module: ast.Module, prelude: list[ast.stmt]) -> set[str]:
    """Names that mean something outside the evolvable tail."""
    taken = {
        node.name
        for node in module.body
        if isinstance(node, ast.FunctionDef | ast.ClassDef)
    }
    others = [node for node in module.body if not isinstance(node, ast.FunctionDef)]
    for node in [*others, *prelude]:
        taken |= {sub.id for sub in ast.walk(node) if isinstance(sub, ast.Name)}
    return taken


def _needs_math(expr: Expr) -> bool:
    return any(
        isinstance(sub, Op) and sub.name.startswith("math.") for sub in walk(expr)
    )
