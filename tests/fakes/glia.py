"""A scripted Researcher and Supervisor on smtt, and a campaign that asks them.

The answers depend on the prompt alone, so a session may be cut off anywhere. By hand:
``python -m tests.fakes.glia FOLDER LOG [ask:N | program:N]`` runs or resumes the
campaign, and kills itself at the N-th question or after the N-th program.
"""

import asyncio
import json
import os
import signal
import sys
from dataclasses import dataclass, replace
from pathlib import Path

from evaluators.backends.local import LocalEvaluator
from evaluators.base import Limits
from evolve import config
from evolve.agents.glia import GliaProposer, GliaSettings, Laboratory
from evolve.campaign import CampaignLoop, Plan, Ports
from evolve.llm.asking import Asker, OneModel
from evolve.llm.ledger import Ledger
from evolve.llm.scripted import ScriptedModel
from evolve.records import State
from evolve.runs import locate, new_location
from evolve.selection.islands import IslandSelector, IslandSettings
from evolve.session import create, open_run, seed_programs
from prompts.records import Message, ToolCall
from tests.fakes.records import a_response

MDD = "def priority(job, state):\n    return max(state.t + job.p, job.d)\n"
BROKEN = "def priority(job, state):\n    return slack + job.d\n"
STRETCHED = MDD.replace("job.p,", "1.1 * job.p,")
FINAL = MDD.replace("job.p,", "1.05 * job.p,")
INSTANCE = "n20-tf6-rdd2-s2000"
ADVICE = "Which instances gain? Compare both programs before you go on."
REFUSAL = "I'm sorry, but I can't help with that."


def wanted(name, **arguments):
    """A call as the script writes it."""
    return name, json.dumps(arguments)


def found(messages: list[tuple[str, str]]) -> list[str]:
    """Ids of the programs that results of ``evaluate`` name, in order."""
    ids = []
    for role, text in messages:
        if role == "tool" and '"gap_of_base"' in text:
            ids.append(json.loads(text)["program"])
    return ids


def researcher(messages: list[tuple[str, str]]):
    """Text and calls of the next answer; ``messages`` is what was said so far."""
    turn = sum(role == "assistant" for role, _ in messages)
    ids = found(messages)
    script = {
        0: (
            "First the problem, and where EDD is bad.",
            [wanted("read_card"), wanted("results", program="edd")],
        ),
        1: (
            "Does the gap go with tightness?",
            [
                wanted("analyse", program="edd"),
                wanted("trace", program="edd", instance=INSTANCE),
            ],
        ),
        2: (
            "Late jobs should be short: try the modified due date.",
            [
                wanted("evaluate", code=MDD, hypothesis="Short late jobs first."),
                ("results", "{program: mdd"),
                wanted("run_shell", command="ls"),
            ],
        ),
        3: (REFUSAL, []),
        4: (
            "Now with slack.",
            [wanted("evaluate", code=BROKEN, hypothesis="Slack helps.")],
        ),
        5: ("", [wanted("trace", program=ids[-1] if ids else "", instance=INSTANCE)]),
        6: ("MDD has a far smaller gap than EDD.\n```python\nsecret = 1\n```", []),
        7: (
            "I stretch the processing time.",
            [
                wanted("remember", title="MDD beats EDD", text="Ten times smaller."),
                wanted("evaluate", code=STRETCHED, hypothesis="1.1 is better."),
            ],
        ),
        8: (
            "Instance by instance:",
            [
                wanted("results", program=ids[-1], other=ids[0])
                if ids
                else wanted("read_card"),
                wanted("recall", note=0),
            ],
        ),
        9: ("", [wanted("propose", code=FINAL, rationale="Between the two.")]),
    }
    return script[turn]


def plainly(history: tuple[Message, ...]) -> list[tuple[str, str]]:
    return [(message.role, message.text) for message in history]


def respond(prompt, _seed):
    """Answer as the model of the campaign."""
    if prompt.template == "supervisor":
        return ADVICE
    text, calls = researcher(plainly(prompt.history))
    return scripted(text, calls, sum(m.role == "assistant" for m in prompt.history))


def scripted(text, calls, turn):
    """A response with calls by name and arguments."""
    return a_response(
        text,
        finish_reason="tool_calls" if calls else "stop",
        tool_calls=tuple(
            ToolCall(id=f"call_{turn}_{i}", name=name, arguments=arguments)
            for i, (name, arguments) in enumerate(calls)
        ),
    )


@dataclass(kw_only=True)
class Fuse:
    """Kills the process at a moment, ``ask:N`` or ``program:N``; never if empty."""

    moment: str = ""
    log: Path | None = None
    asked: int = 0
    judged: int = 0

    def answer(self, prompt, seed):
        said = sum(m.role == "assistant" for m in prompt.history)
        if self.log is not None:
            with self.log.open("a") as file:
                file.write(f"{prompt.template} {said}\n")
        self._burn("ask", self.asked)
        self.asked += 1
        return respond(prompt, seed)

    def observe(self, _outcome):
        self.judged += 1
        self._burn("program", self.judged)

    def _burn(self, kind, number):
        if self.moment == f"{kind}:{number}":
            os.kill(os.getpid(), signal.SIGKILL)


async def campaign(folder: Path, model, *, observe=lambda _: None, **settings):
    """Run or resume a campaign of one session with this model; returns its loop."""
    made = config.build(
        {
            "name": "glia",
            "problem": "smtt",
            "seeds": ["edd"],
            "budget": {"candidates": settings.pop("candidates", 5)},
        }
    )
    exists = (folder / "population.sqlite").exists()
    run = (
        open_run(locate(str(folder)))
        if exists
        else create(made, new_location(made.name, folder, None))
    )
    with run:
        run.population.acquire()
        async with LocalEvaluator(run.problem, slots=1, limits=Limits()) as evaluator:
            proposer = GliaProposer(
                Laboratory(
                    problem=run.problem,
                    entry_point=run.problem.default_entry_point,
                    population=run.population,
                    tracer=evaluator,
                    seed=0,
                    settings=replace(GliaSettings(), **settings),
                ),
                Asker(
                    router=OneModel(model),
                    population=run.population,
                    ledger=Ledger(tokens=None, usd=None),
                    max_tokens=1000,
                ),
            )
            islands = IslandSettings(
                islands=1, island_size=8, tournament=2, migration_interval=50
            )
            loop = CampaignLoop(
                Plan(
                    entry_point="priority",
                    seed=0,
                    seeds=seed_programs(run.campaign, run.problem),
                    budget=run.campaign.budget,
                    crossover=0.0,
                    concurrency=1,
                ),
                Ports(
                    population=run.population,
                    selector=IslandSelector(islands),
                    proposer=proposer,
                    evaluator=evaluator,
                    clock=lambda: 0.0,
                    resumable=proposer,
                    observe=observe,
                ),
            )
            run.population.set_state(State.RUNNING)
            await loop.run()
            run.population.set_state(State.DONE, loop.end)
    return loop


def main() -> None:
    """Run or resume; see the module."""
    folder, log, *moment = sys.argv[1:]
    fuse = Fuse(moment="".join(moment), log=Path(log))
    model = ScriptedModel(fuse.answer)
    asyncio.run(campaign(Path(folder), model, observe=fuse.observe))


if __name__ == "__main__":
    main()
