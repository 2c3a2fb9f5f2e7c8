"""What a program says, as a text that comments, layout and local names don't change.

The compiler numbers local variables in the order in which they appear, and resolves
all scopes: equal code means equal behaviour, whatever the variables are called. It
marks some lines on which nothing happens (``pass``), so layout can matter in rare
cases: then a copy is taken for new, never the reverse.
"""

import dis
import inspect
import re
import warnings
from types import CodeType

_LOOKS_AT_NAMES = re.compile(
    r"__|\b(?:locals|vars|dir|eval|exec|globals|except|(?:co|f|gi|cr|ag)_\w+)\b"
)
"""A program might look at the names of its own variables: by introspection, or in the
text of an error that it catches."""

_BYTE = 255
"""Numbers of constants up to this one fit into one instruction."""

_VARARGS = 0x04
_VARKEYWORDS = 0x08
_READS_CONSTANT = frozenset(dis.hasconst)
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
        code = compile(source, "", "exec", dont_inherit=True, optimize=0)
    out: list[str] = []
    _write(code, out, named=_LOOKS_AT_NAMES.search(source) is not None)
    return "\n".join(out)


def _write(code: CodeType, out: list[str], *, named: bool) -> None:
    constants, instructions = _without_docstring(code)
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
        code.co_name, instructions, code.co_names, known, cells, code.co_exceptiontable,
        code.co_argcount, code.co_posonlyargcount, code.co_kwonlyargcount,
        code.co_flags & ~_MARKED, code.co_nlocals,
        len(code.co_cellvars), len(code.co_freevars),
    )  # fmt: skip
    out.append(repr(facts))
    for inner in nested:
        _write(inner, out, named=named)


def _without_docstring(code: CodeType) -> tuple[tuple[object, ...], bytes]:
    """Constants and instructions as they would be without a docstring.

    It is the first constant, where functions without one have None.
    """
    constants, instructions = code.co_consts, code.co_code
    if not _has_docstring(code):
        return constants, instructions
    if len(constants) > _BYTE:
        return constants, instructions
    place = constants.index(None) if None in constants else len(constants)
    moved = bytearray(instructions)
    for i in range(0, len(moved), 2):
        if moved[i] in _READS_CONSTANT:
            number = moved[i + 1]
            if number == 0:  # the text is a constant of the function, too
                return constants, instructions
            moved[i + 1] = 0 if number == place else number - (number > place)
    return (None, *constants[1:place], *constants[place + 1 :]), bytes(moved)


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
