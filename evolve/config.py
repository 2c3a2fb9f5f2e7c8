"""A campaign file: TOML in, one frozen and checked record out.

Precedence: command line, then file, then default. Unknown keys are errors. Secrets
are named by their environment variable and never stand in a file.
"""

import json
import tomllib
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from evaluators.base import Limits, Sandbox
from evaluators.sandbox import levels
from problems.base import AnyProblem
from problems.errors import ConfigError

Strategy = Literal[
    "islands",
    "map_elites",
    "cvt",
    "pareto",
    "shinka",
    "uct",
    "plus",
    "portfolio",
    "best_of_n",
]


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class Budget(_Section):
    """When a campaign ends: whichever limit is met first."""

    seconds: float | None = Field(
        default=None, gt=0, description="Campaign time in seconds, over all sessions."
    )
    candidates: int | None = Field(
        default=None, gt=0, description="Programs judged, seed programs included."
    )
    calls: int | None = Field(
        default=None, gt=0, description="Questions to models, unanswered ones included."
    )
    tokens: int | None = Field(
        default=None, gt=0, description="Model tokens, calls in flight included."
    )
    usd: float | None = Field(
        default=None, gt=0, description="Model dollars, calls in flight included."
    )


class Search(_Section):
    """How parents are chosen and who lives."""

    strategy: Strategy = Field(
        default="islands",
        description="Rule for who breeds and who lives; best_of_n is the control.",
    )
    islands: int = Field(
        default=4,
        ge=1,
        description="Separate populations of islands, map_elites, cvt and shinka; "
        "portfolio has one for each arm, the other strategies have one.",
    )
    island_size: int = Field(
        default=60,
        ge=2,
        description="Living programs of an island; plus keeps at most ten.",
    )
    tournament: int = Field(
        default=3,
        ge=1,
        description="Programs that compete to become a parent, in the strategy "
        "islands and in that arm of portfolio.",
    )
    migration_interval: int = Field(
        default=100, ge=1, description="Steps between migrations to the next island."
    )
    crossover: float = Field(
        default=0.3, ge=0, le=1, description="Share of steps with two parents."
    )
    repair: float = Field(
        default=0.25,
        ge=0,
        le=1,
        description="With a model: share of steps that repair a failed program, while "
        "there is one.",
    )
    directions: bool = Field(
        default=True,
        description="With a model: ask for new directions when the search stagnates.",
    )


class Prompts(_Section):
    """What prompts hold, with a model."""

    evolve: bool = Field(
        default=False,
        description="Let paragraphs of advice compete for a place in prompts; the "
        "strong model writes them.",
    )
    every: int = Field(
        default=20,
        ge=1,
        description="Outcomes after which the model is asked for one more paragraph.",
    )
    paragraphs: int = Field(
        default=6,
        ge=1,
        description="How many compete, with each other and with no advice at all.",
    )


class Novelty(_Section):
    """Turns models' programs away that are much like a living one, unjudged.

    Its calls count in the budget like any others. Without this section nothing but
    the same program is turned away.
    """

    model: str = Field(
        description="Any embedding model that litellm names, such as "
        "openai/text-embedding-3-small, or replay:FILE."
    )
    base_url: str | None = Field(
        default=None, description="Of an OpenAI-compatible server."
    )
    api_key_env: str | None = Field(
        default=None,
        description="Environment variable with the key, if not the provider's usual.",
    )
    threshold: float = Field(
        default=0.99,
        gt=0,
        le=1,
        description="Cosine similarity above which a program is turned away.",
    )
    usd_per_million_tokens: float | None = Field(
        default=None, ge=0, description="If the price is not known by name."
    )
    timeout_seconds: float = Field(default=30.0, gt=0, description="Of one try.")
    total_seconds: float = Field(
        default=120.0, gt=0, description="Of one call with all its retries."
    )
    retries: int = Field(default=2, ge=0, description="After a transient failure.")
    record: str | None = Field(
        default=None, description="File that keeps all vectors for replay:FILE."
    )


class Operators(_Section):
    """How the programs of a campaign are shared out among its operators.

    Relative to each other; measured progress shifts them while it runs. What is not
    named gets nothing. Without this section: mostly ``llm`` if there is a model,
    mostly ``genetic`` if there is none, and a little of the others.
    """

    genetic: float = Field(default=0.0, ge=0, description="Genetic programming.")
    llm: float = Field(
        default=0.0, ge=0, description="Edits, rewrites and crossovers of a model."
    )
    tuning: float = Field(
        default=0.0, ge=0, description="CMA-ES on the numbers of a program."
    )
    simplification: float = Field(
        default=0.0, ge=0, description="Shorter versions with the same score."
    )
    agent: float = Field(
        default=0.0,
        ge=0,
        description="Research sessions of a model with tools, and a supervisor.",
    )


class Model(_Section):
    """Which language model proposes; without this section the proposer is offline."""

    name: str = Field(
        description="Any litellm name such as openai/NAME, or scripted:FILE, "
        "or replay:FILE."
    )
    base_url: str | None = Field(
        default=None, description="Of an OpenAI-compatible server."
    )
    api_key_env: str | None = Field(
        default=None,
        description="Environment variable with the key, if not the provider's usual.",
    )
    temperature: float = Field(default=1.0, ge=0, le=2)
    max_tokens: int = Field(default=4096, ge=16, description="Of one response.")
    timeout_seconds: float = Field(default=120.0, gt=0, description="Of one try.")
    total_seconds: float = Field(
        default=600.0, gt=0, description="Of one call with all its retries."
    )
    retries: int = Field(default=4, ge=0, description="After a transient failure.")
    concurrency: int = Field(default=4, ge=1, description="Calls in flight.")
    requests_per_minute: float | None = Field(
        default=None, gt=0, description="Limit of the provider, retries included."
    )
    tokens_per_minute: float | None = Field(
        default=None,
        gt=0,
        description="Limit of the provider, prompt and longest answer counted.",
    )
    strong: bool = Field(
        default=False,
        description="Among several models: kept for new directions and for agents; "
        "the others refine.",
    )
    usd_per_million_prompt_tokens: float | None = Field(
        default=None, ge=0, description="If the price is not known by name."
    )
    usd_per_million_completion_tokens: float | None = Field(default=None, ge=0)
    record: str | None = Field(
        default=None, description="File that keeps all responses for replay:FILE."
    )


class EvaluatorSection(_Section):
    """How candidates are judged."""

    executor: Literal["local", "ray"] = Field(
        default="local", description="Where evaluations run."
    )
    ray_address: str | None = Field(
        default=None,
        description="Of a Ray cluster to join; default: RAY_ADDRESS, else a Ray that "
        "is started on this machine.",
    )
    workers: int = Field(default=2, ge=1, description="Evaluations at once.")
    cpu_seconds: float = Field(
        default=5.0, gt=0, description="CPU time of a candidate on one split."
    )
    memory_mb: int = Field(
        default=512, ge=16, description="Memory of a candidate above the empty sandbox."
    )
    racing: bool = Field(
        default=False,
        description="Stop judging a program once no outcome of the remaining "
        "instances could let it live; worth it where programs take 50 ms or more.",
    )
    min_sandbox: Sandbox = Field(
        default=Sandbox.SECCOMP,
        strict=False,
        description="Refuse to run where the machine offers less.",
    )
    allow_weak_sandbox: bool = Field(
        default=False,
        description="Run even where candidates can read your files and use your "
        "network.",
    )

    def least_sandbox(self) -> Sandbox:
        """Weakest isolation to accept; raises ConfigError if the two keys disagree."""
        return levels.least(self.min_sandbox, allow_weak=self.allow_weak_sandbox)

    @property
    def in_flight(self) -> int:
        """Candidates under way at once, for proposers that cost nothing.

        With several workers one program is kept ready, so that no sandbox waits; a
        single worker does one step at a time, so that its run can be repeated. Ray has
        a second one waiting for each worker: the way there takes time.
        """
        if self.executor == "ray":
            return 2 * self.workers
        return self.workers + (self.workers > 1)

    def limits(self) -> Limits:
        """Limits of one evaluation."""
        return Limits(cpu_seconds=self.cpu_seconds, memory_mb=self.memory_mb)


class Campaign(_Section):
    """Everything that decides a run."""

    name: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$", max_length=100)
    problem: str
    entry_point: str | None = Field(
        default=None, description="Function to evolve; default: the pack's first."
    )
    seed: int = Field(default=0, ge=0, description="Of all randomness.")
    seeds: tuple[str, ...] = Field(
        default=(),
        strict=False,
        description="Programs to start from: names of baselines, files, or folders."
        " with main.py and helper files.",
    )
    budget: Budget = Budget(seconds=60.0)
    search: Search = Search()
    prompts: Prompts = Prompts()
    novelty: Novelty | None = None
    operators: Operators | None = Field(
        default=None, description="Which operators work, and how much."
    )
    model: Model | None = None
    models: tuple[Model, ...] = Field(
        default=(), strict=False, description="Several models instead of one."
    )
    evaluator: EvaluatorSection = EvaluatorSection()
    finalists: int = Field(
        default=50,
        ge=1,
        description="Best programs on train among which valid chooses the champion.",
    )

    @property
    def ensemble(self) -> tuple[Model, ...]:
        """All models of the campaign; empty if the proposer is offline."""
        return self.models if self.model is None else (self.model,)


def read(path: Path, overrides: dict[str, Any] | None = None) -> Campaign:
    """Read a campaign file and put ``overrides`` (nested, by section) over it.

    Raises
    ------
    ConfigError
        If the file is missing, is no TOML, or a key is unknown, missing or wrong.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise ConfigError(f"cannot read campaign {path}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path}: not UTF-8 text: {error.reason}") from error
    return parse(text, where=str(path), overrides=overrides)


def parse(
    text: str, *, where: str = "campaign", overrides: dict[str, Any] | None = None
) -> Campaign:
    """Parse TOML text; see ``read``."""
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{where}: not valid TOML: {error}") from error
    return build(_merged(data, overrides or {}), where=where)


def suited(
    problem: AnyProblem, overrides: dict[str, Any], *, where: str = "campaign"
) -> Campaign:
    """Make the campaign that suits a problem, with ``overrides`` over it.

    Raises
    ------
    ConfigError
        As ``build``.
    """
    own = {**problem.campaign, "name": problem.name, "problem": problem.name}
    return build(_merged(own, overrides), where=where)


def build(data: dict[str, Any], *, where: str = "campaign") -> Campaign:
    """Check plain data.

    Raises
    ------
    ConfigError
        Naming the path of the first wrong key, and what would be right.
    """
    try:
        campaign = Campaign.model_validate(data)
    except ValidationError as error:
        raise ConfigError(f"{where}: {_explain(error)}") from error
    try:
        campaign.evaluator.least_sandbox()
    except ConfigError as error:
        raise ConfigError(f"{where}: [evaluator] {error}") from error
    limits = campaign.budget.model_dump().values()
    if all(limit is None for limit in limits):
        raise ConfigError(
            f"{where}: [budget] sets no limit; give seconds, candidates, calls, tokens "
            "or usd"
        )
    _check_models(campaign, where)
    if not campaign.ensemble and not (
        campaign.budget.seconds or campaign.budget.candidates
    ):
        raise ConfigError(
            f"{where}: without a [model] the budget needs seconds or candidates"
        )
    _check_operators(campaign, where)
    _check_model_options(campaign, where)
    if campaign.evaluator.ray_address and campaign.evaluator.executor != "ray":
        raise ConfigError(
            f"{where}: evaluator.ray_address is given, but evaluator.executor is "
            f'"{campaign.evaluator.executor}"; set it to "ray"'
        )
    return campaign


def _check_models(campaign: Campaign, where: str) -> None:
    if campaign.model is not None and campaign.models:
        raise ConfigError(f"{where}: give either [model] or [[models]], not both")
    names = [model.name for model in campaign.models]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise ConfigError(
            f"{where}: [[models]] names {twice!r} twice; calls are booked by name"
        )


def _check_operators(campaign: Campaign, where: str) -> None:
    given = campaign.operators
    if given is None:
        return
    if not sum(given.model_dump().values()):
        known = ", ".join(Operators.model_fields)
        raise ConfigError(f"{where}: [operators] gives no share; known: {known}")
    asking = [name for name in ("llm", "agent") if getattr(given, name)]
    if asking and not campaign.ensemble:
        raise ConfigError(
            f"{where}: operators.{asking[0]} has a share, but there is no model; "
            f"name one, or leave {asking[0]} out"
        )


def _check_model_options(campaign: Campaign, where: str) -> None:
    """Refuse options of a model's proposals where no model proposes."""
    given = campaign.operators
    if campaign.ensemble and (given is None or given.llm):
        return
    wanted = {
        "prompts.evolve is set": campaign.prompts.evolve,
        "[novelty] is given": campaign.novelty is not None,
    }
    for name in (name for name, there in wanted.items() if there):
        raise ConfigError(
            f"{where}: {name}, but no model proposes programs; name one in [model] "
            "and give operators.llm a share, or leave it out"
        )


def to_toml(campaign: Campaign) -> str:
    """Write a campaign so that ``parse`` gives it back."""
    data = campaign.model_dump(mode="json", exclude_none=True)
    models = data.pop("models")
    plain = [f"{k} = {_toml(v)}" for k, v in data.items() if not isinstance(v, dict)]
    tables = [
        _table(f"[{name}]", section)
        for name, section in data.items()
        if isinstance(section, dict)
    ]
    tables += [_table("[[models]]", model) for model in models]
    return "\n\n".join(["\n".join(plain), *tables]) + "\n"


def _table(head: str, section: dict[str, Any]) -> str:
    return "\n".join([head, *(f"{name} = {_toml(v)}" for name, v in section.items())])


def schema() -> dict[str, Any]:
    """JSON Schema of a campaign file, for editors."""
    return Campaign.model_json_schema()


def _merged(base: dict[str, Any], over: dict[str, Any]) -> dict[str, Any]:
    result = dict(base)
    for key, value in over.items():
        below = result.get(key)
        if isinstance(value, dict) and isinstance(below, dict):
            result[key] = _merged(below, value)
        elif value != {}:
            result[key] = value
    return result


def _toml(value: Any) -> str:
    # JSON scalars and strings are valid TOML.
    if isinstance(value, list):
        return "[" + ", ".join(_toml(item) for item in value) + "]"
    return json.dumps(value, ensure_ascii=False)


def _explain(error: ValidationError) -> str:
    first = error.errors()[0]
    path = ".".join(str(part) for part in first["loc"])
    if first["type"] == "extra_forbidden":
        known = _known_keys(first["loc"][:-1])
        close = get_close_matches(str(first["loc"][-1]), known, n=1)
        hint = f"; did you mean {close[0]!r}?" if close else ""
        return f"unknown key {path!r}{hint} Known here: {', '.join(known)}"
    if first["type"] == "missing":
        return f"missing key {path!r}"
    more = f" (and {error.error_count() - 1} more)" if error.error_count() > 1 else ""
    return f"key {path!r}: {first['msg']}, got {first['input']!r}{more}"


def _known_keys(location: tuple[Any, ...]) -> list[str]:
    sections: dict[str, type[BaseModel]] = {
        "budget": Budget,
        "search": Search,
        "prompts": Prompts,
        "novelty": Novelty,
        "operators": Operators,
        "model": Model,
        "models": Model,
        "evaluator": EvaluatorSection,
    }
    model = sections.get(str(location[0]), Campaign) if location else Campaign
    return list(model.model_fields)
