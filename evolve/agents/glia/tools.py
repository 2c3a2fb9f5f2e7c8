"""What the Researcher may call: names, documentation, arguments; all pure."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

from evolve.patch import Patched, Refused, apply
from prompts.records import Tool, ToolCall
from prompts.rendering import fenced

Arguments: TypeAlias = Mapping[str, str | int]

PROPOSE = "propose"
_TYPES: dict[type, str] = {str: "string", int: "integer"}


class ToolError(Exception):
    """A call that cannot be answered; its text is for the model that made it."""


@dataclass(frozen=True, slots=True)
class Argument:
    """One argument of a tool."""

    name: str
    kind: type
    doc: str
    required: bool = True


@dataclass(frozen=True, slots=True)
class Spec:
    """One tool."""

    name: str
    doc: str
    arguments: tuple[Argument, ...] = ()

    @property
    def tool(self) -> Tool:
        """The tool as a model is told about it."""
        schema = {
            "type": "object",
            "properties": {
                a.name: {"type": _TYPES[a.kind], "description": a.doc}
                for a in self.arguments
            },
            "required": [a.name for a in self.arguments if a.required],
            "additionalProperties": False,
        }
        return Tool(name=self.name, doc=self.doc, parameters=json.dumps(schema))


_PROGRAM = Argument(
    "program", str, "Id of a program (its first 8 digits are enough), or a baseline"
)
_CODE = Argument(
    "code", str, "Python: all that stands between the two marker lines, complete"
)
_BASE = Argument(
    "base", str, "Id of the program that it changes; default: yours", required=False
)
_OTHER = Argument("other", str, "A second program to compare with", required=False)

SPECS: Mapping[str, Spec] = {
    spec.name: spec
    for spec in (
        Spec(
            "read_card",
            "Definition of the problem, the interface of the heuristic, the names of "
            "the baselines and of the training instances.",
        ),
        Spec(
            "read_code",
            "Source of a program of the campaign, or of a baseline.",
            (_PROGRAM,),
        ),
        Spec(
            "evaluate",
            "Judge a program on the training instances. Gives its id, status, gap, "
            "worst instances and the message of the judge.",
            (
                _CODE,
                Argument("hypothesis", str, "What you expect, in one sentence"),
                _BASE,
            ),
        ),
        Spec(
            "results",
            "Objective and gap of a judged program by training instance, worst first; "
            "with a second program the differences, largest first.",
            (_PROGRAM, _OTHER),
        ),
        Spec(
            "trace",
            "Run a judged program on one training instance: the data of the instance, "
            "the decisions of the program, and its schedule in numbers.",
            (_PROGRAM, Argument("instance", str, "Id of a training instance")),
        ),
        Spec(
            "analyse",
            "Statistics of a judged program's gaps over the training instances: "
            "quantiles, groups, and rank correlations with numbers that describe the "
            "instances; with a second program of the differences of the gaps.",
            (_PROGRAM, _OTHER),
        ),
        Spec(
            "remember",
            "Keep an insight for all later sessions.",
            (
                Argument("title", str, "One line that says it all"),
                Argument("text", str, "Evidence and details"),
            ),
        ),
        Spec(
            "recall",
            "The whole text of a note.",
            (Argument("note", int, "Number of the note"),),
        ),
        Spec(
            PROPOSE,
            "Give your final program and end the session. Call it alone.",
            (
                _CODE,
                Argument("rationale", str, "What it does better, and the evidence"),
                _BASE,
            ),
        ),
    )
}

TOOLS = tuple(spec.tool for spec in SPECS.values())


def checked(call: ToolCall, *, cut: bool = False) -> Arguments:
    """Read the arguments of a call.

    Parameters
    ----------
    cut
        Whether the answer that held the call ended at the token limit.

    Raises
    ------
    ToolError
        If there is no such tool, or the arguments are not what it takes.
    """
    spec = SPECS.get(call.name)
    if spec is None:
        known = ", ".join(SPECS)
        raise ToolError(f"there is no tool {call.name!r}; the tools are: {known}")
    try:
        values = json.loads(call.arguments or "{}")
    except (ValueError, RecursionError) as error:
        why = " because your answer was cut at the token limit" if cut else ""
        raise ToolError(f"the arguments are no JSON{why}: {error}") from None
    if not isinstance(values, dict):
        raise ToolError("the arguments must be a JSON object")
    known_names = {argument.name: argument for argument in spec.arguments}
    for name in values:
        if name not in known_names:
            takes = ", ".join(known_names) or "none"
            raise ToolError(f"{call.name} has no argument {name!r}; it takes: {takes}")
    return {
        argument.name: _typed(call.name, argument, values[argument.name])
        for argument in spec.arguments
        if _given(call.name, argument, values)
    }


def built(base: str, arguments: Arguments, entry_point: str) -> Patched | Refused:
    """Put the code of a call into the frame of the program ``base``."""
    code = str(arguments["code"])
    text = code if "```" in code else fenced(code, "python")
    return apply(base, text, entry_point=entry_point, form="rewrite")


def _given(tool: str, argument: Argument, values: Mapping[str, object]) -> bool:
    if values.get(argument.name) is not None:
        return True
    if argument.required:
        raise ToolError(f"{tool} needs the argument {argument.name!r}: {argument.doc}")
    return False


def _typed(tool: str, argument: Argument, value: object) -> str | int:
    # JSON's true is an int for Python, but no number for anybody else.
    if type(value) is not argument.kind or not isinstance(value, str | int):
        kind = _TYPES[argument.kind]
        raise ToolError(
            f"the argument {argument.name!r} of {tool} must be a JSON {kind}, "
            f"not {type(value).__name__}"
        )
    return value if isinstance(value, int) else _storable(value)


def _storable(text: str) -> str:
    """Replace what no database can store as text; JSON can write it."""
    text = text.replace("\0", "\N{REPLACEMENT CHARACTER}")
    return text.encode("utf-8", "replace").decode("utf-8")
