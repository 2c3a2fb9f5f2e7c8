"""What a program says, as a text that comments, layout and local names don't change.

The compiler numbers local variables in the order in which they appear, and resolves
all scopes: equal code means equal behaviour, whatever the variables are called. It
marks some lines on which nothing happens (``pass``), so layout can matter in rare
cases: then a copy is taken for new, never the reverse.
"""

import ast
import inspect
import re
import warnings
from types import CodeType

_LOOKS_AT_NAMES = re.compile(
    r"__|\b(?:locals|vars|dir|eval|exec|globals|except|(?:co|f|gi|cr|ag)_\w+)\b"
)
"""A program might look at the names of its own variables: by introspection, or in the
text of an error that it catches."""

_VARARGS = 0x04
_VARKEYWORDS = 0x08
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
_MARKED = getattr(inspect, "CO_HAS_DOCSTRING", 0)
"""Flag of a function with a docstring, from Python 3.13 on."""


def normal_text(source: str) -> str:
    """Write the code of a program, docstrings of functions left out.

    Parameters keep their names, for a caller may use them, and so does all that is
    not a local variable of a function.

    Raises
    ------
    SyntaxError, ValueError, RecursionError, MemoryError
        If the text does not compile.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        code = _compiled(source)
        if _is_out_of_order(code):
            code = _compiled(_without_docstrings(source))
    out: list[str] = []
    _write(code, out, named=_LOOKS_AT_NAMES.search(source) is not None)
    return "\n".join(out)


def _write(code: CodeType, out: list[str], *, named: bool) -> None:
    constants: tuple[object, ...] = code.co_consts
    if _has_docstring(code):
        constants = (None, *constants[1:])  # where a function has its docstring
    nested = []
    for constant in constants:
        if isinstance(constant, CodeType):
            nested.append(constant)
            out.append("code")
        else:
            out.append(_constant(constant))
    parameters = code.co_argcount + code.co_kwonlyargcount
    parameters += bool(code.co_flags & _VARARGS) + bool(code.co_flags & _VARKEYWORDS)
    known = code.co_varnames if named else code.co_varnames[:parameters]
    cells = (code.co_cellvars, code.co_freevars) if named else ()
    facts = (
        code.co_name, code.co_code, code.co_names, known, cells, code.co_exceptiontable,
        code.co_argcount, code.co_posonlyargcount, code.co_kwonlyargcount,
        code.co_flags, code.co_nlocals, len(code.co_cellvars), len(code.co_freevars),
    )  # fmt: skip
    out.append(repr(facts))
    for inner in nested:
        _write(inner, out, named=named)


def _compiled(program: str | ast.Module) -> CodeType:
    return compile(program, "", "exec", dont_inherit=True, optimize=0)


def _is_out_of_order(code: CodeType) -> bool:
    """Whether a docstring stands where None would, which comes later instead."""
    constants = code.co_consts
    if _has_docstring(code) and None in constants:
        return True
    return any(_is_out_of_order(c) for c in constants if isinstance(c, CodeType))


def _without_docstrings(source: str) -> ast.Module:
    tree = ast.parse(source)
    for node in ast.walk(tree):
        if isinstance(node, _FUNCTIONS) and ast.get_docstring(node, clean=False):
            if node.body[1:]:
                del node.body[0]
            else:
                node.body[0] = ast.copy_location(ast.Pass(), node.body[0])
    return tree


def _constant(value: object) -> str:
    if isinstance(value, frozenset):  # in no order that another process would have
        return f"frozenset({sorted(map(_constant, value))})"
    if isinstance(value, tuple):
        return f"tuple({[_constant(item) for item in value]})"
    return repr(value)


def _has_docstring(code: CodeType) -> bool:
    """Whether the first constant is the docstring of a function."""
    if _MARKED:
        return bool(code.co_flags & _MARKED)
    first = next(iter(code.co_consts), None)
    # Others may start with a string of theirs: modules, classes, comprehensions.
    is_function = bool(code.co_flags & inspect.CO_OPTIMIZED) and code.co_name[0] != "<"
    return is_function and isinstance(first, str)
