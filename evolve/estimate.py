"""What a campaign will use, before it runs: the seed judged once, the prompt rendered.

What the first call may use is an upper limit; what cannot be told is left out.
"""

import time
from dataclasses import dataclass

from evaluators.backends.opening import open_evaluator
from evaluators.base import Evaluation, EvaluationRequest
from evolve.agents.guiding import GuideSettings, guidance_prompt
from evolve.agents.novelty import text_of
from evolve.config import Campaign
from evolve.llm.asking import prompt_tokens
from evolve.llm.opening import embedder_settings
from evolve.llm.pricing import FREE, Price, price_of
from evolve.llm.prompting import PromptLimits, Question, build_prompt, view
from evolve.llm.settings import ModelSettings
from evolve.program import program_id
from evolve.records import Candidate, Operator, Program
from evolve.session import entry_point, seed_programs
from problems import registry
from problems.base import AnyProblem, Split
from problems.errors import ConfigError
from prompts import embedding
from prompts.records import Prompt

_UNBILLED = ("scripted:", "replay:")


@dataclass(frozen=True, slots=True, kw_only=True)
class Cap:
    """One limit of the budget.

    Attributes
    ----------
    proposals
        About how many fit into it, one call each, and the calls for advice and for
        embeddings where there are some; for tokens and dollars if every proposal used
        all that the first one may. Later prompts are longer, and answers mostly
        shorter. None if it cannot be told before.
    """

    name: str
    limit: float
    proposals: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Further:
    """Calls beside those for proposals.

    Attributes
    ----------
    name
        ``advice`` or ``embedding``.
    share
        How many for each proposal.
    tokens
        The most that the first one may use, its answer included.
    usd
        The most that it may cost; None if the price is not known.
    """

    name: str
    share: float
    tokens: int
    usd: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """What one candidate takes, and what the budget is worth.

    Attributes
    ----------
    seed
        The judgement of the seed program on train.
    seconds
        Elapsed time of that judgement.
    prompt
        The first prompt; None offline.
    prompt_tokens, completion_tokens
        The most that the first call may use; None offline.
    usd_per_call
        The most that it may cost; None if the price is not known, or offline.
    further
        Calls beside those for proposals.
    caps
        Limits of the budget, in the order of the campaign file.
    """

    campaign: Campaign
    seed: Evaluation
    seconds: float
    prompt: Prompt | None
    prompt_tokens: int | None
    completion_tokens: int | None
    usd_per_call: float | None
    further: tuple[Further, ...]
    caps: tuple[Cap, ...]

    @property
    def first(self) -> Cap | None:
        """The cap that is met first, as far as that can be told."""
        known = [cap for cap in self.caps if cap.proposals is not None]
        return min(known, key=lambda cap: cap.proposals or 0, default=None)

    @property
    def usd(self) -> float | None:
        """What as many such calls cost as ``first`` leaves room for."""
        first = self.first
        if first is None or first.proposals is None or self.usd_per_call is None:
            return None
        cap = self.campaign.budget.usd
        more = sum(call.share * (call.usd or 0.0) for call in self.further)
        total = first.proposals * (self.usd_per_call + more)
        return total if cap is None else min(cap, total)


async def estimate(campaign: Campaign) -> Estimate:
    """Judge the seed once and work out what the budget is worth.

    Raises
    ------
    ConfigError
        If the campaign cannot be run, or its seed fails.
    """
    problem = registry.load(campaign.problem)
    name, source = seed_programs(campaign, problem)[0]
    section, begun = campaign.evaluator, 0.0
    async with open_evaluator(
        problem,
        executor=section.executor,
        slots=1,
        limits=section.limits(),
        min_sandbox=section.least_sandbox(),
        ray_address=section.ray_address,
    ) as evaluator:
        request = EvaluationRequest(
            source=source,
            entry_point=entry_point(campaign, problem),
            split=Split.TRAIN,
            seed=campaign.seed,
        )
        await evaluator.evaluate(request)  # the first one also starts the sandbox
        begun = time.monotonic()
        judged = await evaluator.evaluate(request)
        seconds = time.monotonic() - begun
    if judged.score is None:
        raise ConfigError(
            f"seed {name!r} fails on train: {judged.status}: "
            f"{'; '.join(judged.message.splitlines())}"
        )
    return summed_up(campaign, problem, source, judged, seconds)


def summed_up(
    campaign: Campaign,
    problem: AnyProblem,
    source: str,
    judged: Evaluation,
    seconds: float,
) -> Estimate:
    """Work out an estimate from the judgement of the seed, which took ``seconds``."""
    prompt = tokens = usd = longest = None
    further: tuple[Further, ...] = ()
    if campaign.ensemble:
        seed = _seed(source, judged)
        prompt = _first_prompt(campaign, problem, seed)
        tokens = prompt_tokens(prompt)
        longest = max(model.max_tokens for model in campaign.ensemble)
        usd = _usd_per_call(campaign, tokens)
        further = (*_advice(campaign, problem, seed), *_embedding(campaign, source))
    return Estimate(
        campaign=campaign,
        seed=judged,
        seconds=seconds,
        prompt=prompt,
        prompt_tokens=tokens,
        completion_tokens=longest,
        usd_per_call=usd,
        further=further,
        caps=_caps(
            campaign,
            seconds,
            1 + sum(call.share for call in further),
            None
            if tokens is None or longest is None
            else tokens + longest + sum(call.share * call.tokens for call in further),
            None
            if usd is None
            else usd + sum(call.share * (call.usd or 0.0) for call in further),
        ),
    )


def _advice(
    campaign: Campaign, problem: AnyProblem, seed: Program
) -> tuple[Further, ...]:
    if not campaign.prompts.evolve:
        return ()
    tokens = prompt_tokens(_advice_prompt(campaign, problem, seed))
    longest = max(model.max_tokens for model in campaign.ensemble)
    return (
        Further(
            name="advice",
            share=1 / campaign.prompts.every,
            tokens=tokens + longest,
            usd=_usd_per_call(campaign, tokens),
        ),
    )


def _embedding(campaign: Campaign, source: str) -> tuple[Further, ...]:
    if campaign.novelty is None:
        return ()
    tokens = prompt_tokens(embedding([text_of(source)]))
    price = _price(embedder_settings(campaign.novelty))
    if price is None and campaign.budget.usd is not None:
        raise ConfigError(
            f"the price of {campaign.novelty.model} is not known, so a budget in usd "
            "cannot hold; set usd_per_million_tokens in [novelty], or cap tokens "
            "instead"
        )
    usd = None if price is None else price.of(tokens, 0)
    return (Further(name="embedding", share=1.0, tokens=tokens, usd=usd),)


def _caps(
    campaign: Campaign,
    seconds: float,
    calls: float,
    tokens: float | None,
    usd: float | None,
) -> tuple[Cap, ...]:
    """Say what each limit is worth; ``calls, tokens, usd`` are those of a proposal."""
    budget = campaign.budget
    fitting: dict[str, int | None] = {
        "seconds": _in_seconds(campaign, seconds),
        "candidates": budget.candidates,
        "calls": int(budget.calls / calls) if budget.calls else None,
        "tokens": int(budget.tokens // tokens) if budget.tokens and tokens else None,
        "usd": int(budget.usd // usd) if budget.usd and usd else None,
    }
    return tuple(
        Cap(name=name, limit=limit, proposals=fitting[name])
        for name, limit in budget.model_dump(exclude_none=True).items()
    )


def _in_seconds(campaign: Campaign, seconds: float) -> int | None:
    """Count what the workers judge in the time; a model's pace is not known before."""
    if campaign.budget.seconds is None or campaign.ensemble:
        return None
    return int(campaign.budget.seconds * campaign.evaluator.workers / seconds)


def _usd_per_call(campaign: Campaign, tokens: int) -> float | None:
    """Dollars of a call of the dearest model; None if a price is not known."""
    costs: list[float] = []
    for model in campaign.ensemble:
        price = _price(ModelSettings(**model.model_dump(exclude={"strong"})))
        if price is not None:
            costs.append(price.of(tokens, model.max_tokens))
        elif campaign.budget.usd is not None:
            raise ConfigError(
                f"the price of {model.name} is not known, so a budget in usd cannot "
                "hold; set usd_per_million_prompt_tokens and "
                "usd_per_million_completion_tokens in [model], or cap tokens instead"
            )
    return max(costs) if len(costs) == len(campaign.ensemble) else None


def _price(settings: ModelSettings) -> Price | None:
    if settings.name.startswith(_UNBILLED):
        return FREE
    return price_of(settings)


def _seed(source: str, judged: Evaluation) -> Program:
    candidate = Candidate(
        id=program_id(source), step=0, source=source, operator=Operator.SEED, island=0
    )
    return Program(candidate=candidate, evaluation=judged)


def _first_prompt(campaign: Campaign, problem: AnyProblem, seed: Program) -> Prompt:
    return build_prompt(
        Question(
            problem=problem,
            entry_point=problem.entry_points[entry_point(campaign, problem)],
            operator=Operator.DIFF,
            parents=[seed],
            limits=PromptLimits(),
        )
    )


def _advice_prompt(campaign: Campaign, problem: AnyProblem, seed: Program) -> Prompt:
    settings = GuideSettings(every=campaign.prompts.every)
    return guidance_prompt(
        problem,
        problem.entry_points[entry_point(campaign, problem)],
        settings,
        rows=(),
        found={
            "hints": (),
            "judged": 1,
            "operators": (),
            "best": [view(seed, settings.limits, {})],
        },
    )
