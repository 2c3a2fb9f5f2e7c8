"""The benchmarks as tasks of inspect_ai, with the models that litellm knows.

The same cores, templates and sandbox as ``heuresis bench``; only the calls go through
inspect, which writes its own log. The extra ``inspect`` installs it. Loaded through the
entry point of the group ``inspect_ai``.
"""

import asyncio
import json
from collections.abc import Mapping, Sequence
from contextlib import closing
from importlib.metadata import PackageNotFoundError, distribution
from typing import Any

from inspect_ai import Task, task
from inspect_ai.dataset import MemoryDataset
from inspect_ai.dataset import Sample as InspectSample
from inspect_ai.model import (
    ChatCompletionChoice,
    ChatMessage,
    ChatMessageAssistant,
    ChatMessageSystem,
    ChatMessageTool,
    ChatMessageUser,
    GenerateConfig,
    ModelAPI,
    ModelCall,
    ModelOutput,
    ModelUsage,
    modelapi,
)
from inspect_ai.scorer import Score, Scorer, Target, grouped, mean, scorer, stderr
from inspect_ai.solver import Generate, Solver, TaskState, solver
from inspect_ai.tool import ToolCall as InspectCall
from inspect_ai.tool import ToolInfo, ToolParams

from evaluators.programs import ProgramRunner
from evolve.bench.records import Plan, plan_of
from evolve.bench.running import LIMITS, run_program
from evolve.bench.talking import Talk
from evolve.llm.client import LiteLlmModel
from evolve.llm.settings import ModelSettings
from problems.benchmark import Outcome, Reply
from problems.benchmark import ToolCall as OurCall
from problems.registry import load_benchmark
from prompts.records import Message, Prompt, Tool

_STOPS: Mapping[str, Any] = {
    "stop": "stop",
    "length": "max_tokens",
    "tool_calls": "tool_calls",
    "content_filter": "content_filter",
}
_REASONS = {"max_tokens": "length"}
OUTCOME = "heuresis_outcome"
"""Where a sample's outcome is kept for the scorers."""


def registered(name: str) -> str:
    """Name a task as inspect will find it.

    It puts the name of the package in front, but not of one that is installed in place.
    """
    try:
        url = json.loads(distribution("heuresis").read_text("direct_url.json") or "{}")
    except (PackageNotFoundError, ValueError):
        return name
    return f"evolve/{name}" if url.get("dir_info", {}).get("editable") else name


def _task(name: str, given: Mapping[str, Any]) -> Task:
    """Make a task of a benchmark; all parameters are settings of its profile.

    But for ``samples``, ``limit``, and ``judge`` with ``judge_base_url``: a model that
    gives a second opinion on every outcome.
    """
    changes = dict(given)
    chosen = changes.pop("samples", None)
    limit = changes.pop("limit", None)
    judge, base_url = changes.pop("judge", None), changes.pop("judge_base_url", None)
    plan = plan_of(load_benchmark(name), chosen=chosen, changes=changes, limit=limit)
    return Task(
        dataset=MemoryDataset(
            [
                InspectSample(
                    id=sample.id,
                    input=sample.id,
                    metadata={"group": sample.group, "level": sample.level},
                )
                for sample in plan.samples
            ],
            name=plan.set,
        ),
        solver=_played(plan),
        scorer=_scorers(plan, judge, base_url),
        version=plan.benchmark.version,
        metadata={
            "benchmark": name,
            "set": plan.set,
            "sha256": plan.digest,
            "settings": dict(plan.settings),
            "reimplementation": True,
        },
    )


def _scorers(plan: Plan, judge: str | None, base_url: str | None) -> list[Scorer]:
    if judge is None:
        return [_judged()]
    from evolve.bench.inspect_judge import judged_by

    return [_judged(), judged_by(plan, judge, base_url)]


@task(name=registered("rconstraint"))
def rconstraint(**settings: Any) -> Task:
    """Feasible schedules under interacting constraints."""
    return _task("rconstraint", settings)


@task(name=registered("calconflict"))
def calconflict(**settings: Any) -> Task:
    """Decide a year of calendar conflicts of users whose preferences are hidden."""
    return _task("calconflict", settings)


@task(name=registered("tps"))
def tps(**settings: Any) -> Task:
    """Choose tools, and plan and call them."""
    return _task("tps", settings)


@solver(name="dialogue")
def _played(plan: Plan) -> Solver:
    samples = {sample.id: sample for sample in plan.samples}

    async def solve(state: TaskState, generate: Generate) -> TaskState:
        sample = samples[str(state.sample_id)]
        dialogue = plan.benchmark.start(sample, plan.settings)
        talk = Talk()
        from inspect_ai.model import get_model

        with closing(ProgramRunner(LIMITS)) as runner:
            while (question := dialogue.question()) is not None:
                if question.program is not None:
                    reply = await asyncio.to_thread(
                        run_program, runner, question.program
                    )
                else:
                    prompt = talk.prompt(question)
                    state.messages = messages_of(prompt)
                    state.output = await get_model().generate(
                        state.messages,
                        tools=[_tool(tool) for tool in question.tools],
                    )
                    state.messages.append(state.output.message)
                    reply = reply_of(state.output)
                    talk.heard(reply)
                dialogue.answer(reply)
        state.store.set(OUTCOME, _plain(dialogue.outcome()))
        del generate
        return state

    return solve


@scorer(name="outcome", metrics=[grouped(mean(), "group"), stderr()])
def _judged() -> Scorer:
    async def score(state: TaskState, target: Target) -> Score:
        del target
        outcome = state.store.get(OUTCOME)
        return Score(
            value=outcome["correct"],
            answer=json.dumps(outcome["parsed"])[:2000],
            explanation=", ".join(
                f"{code}: {count}" for code, count in outcome["errors"].items()
            ),
            metadata={"measures": outcome["measures"], "errors": outcome["errors"]},
        )

    return score


def _plain(outcome: Outcome) -> dict[str, Any]:
    return {
        "correct": outcome.correct,
        "measures": dict(outcome.measures),
        "errors": dict(outcome.errors),
        "parsed": outcome.parsed,
    }


# Prompts as messages, and back.


def messages_of(prompt: Prompt) -> list[ChatMessage]:
    """Return all that is sent, as messages of inspect."""
    found: list[ChatMessage] = []
    if prompt.system:
        found.append(ChatMessageSystem(content=prompt.system))
    found.append(ChatMessageUser(content=prompt.user))
    for said in prompt.history:
        if said.role == "assistant":
            calls = [_call(call) for call in said.calls]
            found.append(
                ChatMessageAssistant(content=said.text, tool_calls=calls or None)
            )
        elif said.role == "tool":
            found.append(ChatMessageTool(content=said.text, tool_call_id=said.answers))
        else:
            found.append(ChatMessageUser(content=said.text))
    return found


def _call(call: OurCall) -> InspectCall:
    """Turn a call into inspect's; arguments that are no JSON object become text."""
    try:
        arguments = json.loads(call.arguments)
    except ValueError:
        arguments = None
    if not isinstance(arguments, dict):
        arguments = {"": call.arguments}
    return InspectCall(id=call.id, function=call.name, arguments=arguments)


def _tool(tool: Tool) -> ToolInfo:
    return ToolInfo(
        name=tool.name,
        description=tool.doc,
        parameters=ToolParams.model_validate(json.loads(tool.parameters)),
    )


def reply_of(output: ModelOutput) -> Reply:
    """Read what inspect brought back."""
    usage = output.usage
    calls = tuple(
        OurCall(
            id=call.id,
            name=call.function,
            arguments=call.arguments[""]
            if set(call.arguments) == {""}
            else json.dumps(call.arguments),
        )
        for call in output.message.tool_calls or ()
    )
    return Reply(
        text=output.completion,
        calls=calls,
        finish_reason=_REASONS.get(output.stop_reason, output.stop_reason),
        failure=output.error or "",
        prompt_tokens=usage.input_tokens if usage else 0,
        completion_tokens=usage.output_tokens if usage else 0,
        seconds=output.time or 0.0,
    )


# The provider.


class LiteLlmApi(ModelAPI):
    """Models of litellm for inspect, called as campaigns call them.

    No key is ever part of what inspect writes into its log.
    """

    def __init__(
        self,
        model_name: str,
        base_url: str | None = None,
        api_key: str | None = None,
        config: GenerateConfig | None = None,
        **model_args: Any,
    ) -> None:
        super().__init__(model_name, base_url, api_key, [], config or GenerateConfig())
        self._retries = int(model_args.pop("retries", 4))

    async def generate(
        self,
        input: list[ChatMessage],  # noqa: A002  the name that inspect uses
        tools: list[ToolInfo],
        tool_choice: Any,  # noqa: ARG002  our benchmarks leave the choice to the model
        config: GenerateConfig,
    ) -> tuple[ModelOutput, ModelCall]:
        """Ask once, with our retries."""
        prompt = _prompt(input, tools)
        model = LiteLlmModel(
            ModelSettings(
                name=self.model_name,
                base_url=self.base_url,
                temperature=1.0 if config.temperature is None else config.temperature,
                max_tokens=config.max_tokens or 4096,
                retries=self._retries,
            )
        )
        response = await model.complete(prompt, seed=config.seed or 0)
        usage = response.usage
        told = usage.prompt_tokens or 0, usage.completion_tokens or 0
        message = ChatMessageAssistant(
            content=response.text,
            tool_calls=[_call(call) for call in response.tool_calls] or None,
            model=response.model,
            source="generate",
        )
        stop = _STOPS.get(response.finish_reason, "unknown")
        output = ModelOutput(
            model=response.model,
            choices=[ChatCompletionChoice(message=message, stop_reason=stop)],
            usage=ModelUsage(
                input_tokens=told[0], output_tokens=told[1], total_tokens=sum(told)
            ),
            time=response.seconds,
        )
        call = ModelCall.create(
            {"model": self.model_name, "system": prompt.system, "user": prompt.user},
            {"text": response.text, "finish_reason": response.finish_reason},
        )
        return output, call


def _prompt(messages: Sequence[ChatMessage], tools: Sequence[ToolInfo]) -> Prompt:
    rest = list(messages)
    system = rest.pop(0).text if rest and rest[0].role == "system" else ""
    user = rest.pop(0).text if rest else ""
    history = tuple(_said(message) for message in rest)
    offered = tuple(
        Tool(
            name=tool.name,
            doc=tool.description,
            parameters=tool.parameters.model_dump_json(exclude_none=True),
        )
        for tool in tools
    )
    return Prompt(
        system=system,
        user=user,
        template="inspect",
        digest="",
        history=history,
        tools=offered,
    )


def _said(message: ChatMessage) -> Message:
    if isinstance(message, ChatMessageAssistant):
        calls = tuple(
            OurCall(id=c.id, name=c.function, arguments=json.dumps(c.arguments))
            for c in message.tool_calls or ()
        )
        return Message(role="assistant", text=message.text, calls=calls)
    if isinstance(message, ChatMessageTool):
        return Message(
            role="tool", text=message.text, answers=message.tool_call_id or ""
        )
    return Message(role="user", text=message.text)


@modelapi(name="litellm")
def litellm() -> type[ModelAPI]:
    """Provide ``litellm/NAME`` for any name that litellm knows."""
    return LiteLlmApi
