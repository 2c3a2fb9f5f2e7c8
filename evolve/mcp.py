"""A campaign as a server of the Model Context Protocol, over standard input and output.

Any coding agent can be the proposer: it reads a brief, submits programs, and reads what
the judge says. Only this module knows the SDK, which is an optional extra.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

from evolve.api import Campaign
from evolve.llm.ledger import BudgetExhausted
from evolve.records import Program
from problems.errors import ConfigError, PlatformError

if TYPE_CHECKING:
    from mcp.server.mcpserver import MCPServer

INSTRUCTIONS = """\
You improve a scheduling heuristic. Call get_brief, change the program that it shows,
and submit the code with submit_candidate: the whole block, or SEARCH/REPLACE edits. You
get the gap to the reference on training instances (lower is better) and the worst
instances. Repeat until the budget is used. An independent judge computes every score.
"""

_MOST_SHOWN = 20
_T = TypeVar("_T")


def serve(campaign: Campaign) -> None:
    """Answer requests until standard input is closed.

    Raises
    ------
    ConfigError
        If the SDK is not installed.
    """
    make_server(campaign).run("stdio")


def require(what: str = "heuresis mcp") -> None:
    """Raise ConfigError, which says what needs it, if the SDK is not installed."""
    try:
        import mcp.server.mcpserver  # noqa: F401
    except ImportError as error:
        raise ConfigError(
            f"{what} needs the MCP SDK; pip install 'heuresis[mcp]'"
        ) from error


def make_server(campaign: Campaign) -> "MCPServer[Any]":
    """Make the server with its tools, not running yet."""
    require()
    from mcp.server.mcpserver import MCPServer

    server: MCPServer[Any] = MCPServer("heuresis", instructions=INSTRUCTIONS)
    tools = _Tools(campaign)
    for tool in (
        tools.get_brief,
        tools.submit_candidate,
        tools.results,
        tools.best,
        tools.leave_note,
        tools.status,
    ):
        server.add_tool(tool, structured_output=False)
    return server


class _Tools:
    """The tools; the text of a method is what an agent reads of it."""

    def __init__(self, campaign: Campaign) -> None:
        self._campaign = campaign

    def get_brief(self) -> str:
        """Choose a parent program and describe the task: interface, rules, parent."""
        asked = _told(self._campaign.ask)
        return f"Step {asked.step} on island {asked.island}.\n\n{asked.text}"

    def submit_candidate(self, code: str, rationale: str = "") -> str:
        """Judge a candidate that answers the latest brief.

        code: the whole program, or only the code of its evolve block, or
        SEARCH/REPLACE edits of the parent; helper files may follow, each after a
        line "# FILE name.py". rationale: one or two sentences why.
        """
        campaign = self._campaign
        outcome = _told(lambda: campaign.tell(code, rationale=rationale))
        best = campaign.best()
        return (
            f"{campaign.feedback(outcome)}\n"
            f"best so far: {_line(best)}\n{self._budget()}"
        )

    def results(self, program: str) -> str:
        """Show one program by the beginning of its id: code, gap, worst instances."""
        found = _told(lambda: self._campaign.get(program))
        source = found.candidate.source.rstrip()
        return f"{self._campaign.feedback(found)}\n\n{source}\n"

    def best(self, count: int = 1) -> str:
        """Show the best programs, one line each, and the code of the best one."""
        count = max(1, min(count, _MOST_SHOWN))
        programs = self._campaign.ranked(count)
        lines = [_line(program) for program in programs]
        return "\n".join([*lines, "", programs[0].candidate.source.rstrip(), ""])

    def leave_note(self, text: str) -> str:
        """Keep an insight or a hint; it stands in every brief from now on."""
        return f"note {_told(lambda: self._campaign.note(text)).number} is kept"

    def status(self) -> str:
        """Tell how far the campaign is: budget, counts, best gap."""
        return f"best so far: {_line(self._campaign.best())}\n{self._budget()}"

    def _budget(self) -> str:
        spent = self._campaign.spent
        budget = self._campaign.run.campaign.budget
        caps = [
            f"{used:.0f} of {cap:g} {name}"
            for name, used, cap in (
                ("candidates", spent.candidates, budget.candidates),
                ("seconds", spent.seconds, budget.seconds),
            )
            if cap is not None
        ]
        used = ", ".join(caps) or f"{spent.candidates} candidates"
        end = f"; over: {self._campaign.end}" if self._campaign.end else ""
        return f"budget: {used}, {spent.rejections} proposals rejected{end}"


def _told(call: Callable[[], _T]) -> _T:
    """Let an agent read our errors; anything else is hidden by the SDK."""
    from mcp.server.mcpserver.exceptions import ToolError

    try:
        return call()
    except (PlatformError, BudgetExhausted) as error:
        raise ToolError(str(error)) from error


def _line(program: Program) -> str:
    gap = "no score" if program.score is None else f"{100 * program.score:.2f} %"
    return f"{program.id[:12]} gap {gap}, step {program.candidate.step}"
