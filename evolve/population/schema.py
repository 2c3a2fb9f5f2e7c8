"""Tables of a store. A change here needs a migration and a new ``HEAD``.

Every table is keyed by campaign, but for the content-addressed ones, which campaigns
share. Long texts are bytes (``codec``). Times are seconds since the epoch, durations
and campaign times are seconds.
"""

from typing import Any

import sqlalchemy as sa

from evolve.population.codec import pack_text, unpack_text

HEAD = "r0002"
"""Revision that ``metadata`` describes: the newest of ``migrations/versions``."""

metadata = sa.MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "uq": "uq_%(table_name)s_%(column_0_name)s",
        "ix": "ix_%(table_name)s_%(column_1_name)s",
    }
)


class PackedText(sa.types.TypeDecorator[str]):
    """A text of any length and with any characters, kept as bytes."""

    impl = sa.LargeBinary
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: sa.Dialect) -> Any:  # noqa: ARG002
        """Pack on the way in."""
        return None if value is None else pack_text(value)

    def process_result_value(self, value: Any, dialect: sa.Dialect) -> str | None:  # noqa: ARG002
        """Unpack on the way out."""
        return None if value is None else unpack_text(value)


def _campaign(target: str = "campaigns.id") -> sa.Column[int]:
    return sa.Column("campaign", sa.Integer, sa.ForeignKey(target), primary_key=True)


def _number(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger, nullable=False)


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text, nullable=False)


def _double(name: str) -> sa.Column[float]:
    return sa.Column(name, sa.Double, nullable=False)


def _flag(name: str) -> sa.Column[bool]:
    return sa.Column(name, sa.Boolean, nullable=False)


def _digest(name: str, target: str, *, nullable: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.String(32), sa.ForeignKey(target), nullable=nullable)


campaigns = sa.Table(
    "campaigns",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("name", sa.Text, nullable=False, unique=True),
    _text("problem"),
    sa.Column("problem_version", sa.Integer, nullable=False),
    sa.Column("config", PackedText, nullable=False),
    _double("created"),
)

# Apart from the campaign, because it is written with every change.
ledgers = sa.Table(
    "ledgers",
    metadata,
    _campaign(),
    _text("state"),
    sa.Column("message", PackedText, nullable=False),
    _double("updated"),
    _flag("stop_requested"),
    _number("next_step"),
    _number("next_event"),
    _number("next_entry"),
    _number("candidates"),
    _number("rejections"),
    _number("evaluations"),
    _double("seconds"),
    _number("calls"),
    _number("tokens"),
    _double("cost_usd"),
    _number("unpriced_calls"),
)

sources = sa.Table(
    "sources",
    metadata,
    sa.Column("id", sa.String(32), primary_key=True),
    sa.Column("text", PackedText, nullable=False),
)

texts = sa.Table(
    "texts",
    metadata,
    sa.Column("id", sa.String(32), primary_key=True),
    sa.Column("text", PackedText, nullable=False),
)

instance_sets = sa.Table(
    "instance_sets",
    metadata,
    sa.Column("id", sa.String(32), primary_key=True),
    sa.Column("instances", PackedText, nullable=False),
)

calls = sa.Table(
    "calls",
    metadata,
    _campaign(),
    sa.Column("step", sa.Integer, primary_key=True),
    _text("model"),
    _text("operator"),
    sa.Column("island", sa.Integer, nullable=False),
    _text("parents"),
    _text("template"),
    _text("digest"),
    _digest("system", "texts.id"),
    sa.Column("user_prompt", PackedText, nullable=False),
    _number("reserved_tokens"),
    sa.Column("reserved_usd", sa.Double),
    _flag("answered"),
    _flag("decided"),
    sa.Column("failure", PackedText),
    sa.Column("text", PackedText),
    sa.Column("response_model", PackedText),
    sa.Column("finish_reason", PackedText),
    sa.Column("prompt_tokens", sa.BigInteger),
    sa.Column("completion_tokens", sa.BigInteger),
    sa.Column("cost_usd", sa.Double),
    sa.Column("seconds", sa.Double),
    sa.Column("turn", sa.Integer, primary_key=True),
    _text("role"),
    sa.Column("note", sa.Integer),
    sa.Column("history", PackedText),
    _digest("tools", "texts.id", nullable=True),
    sa.Column("tool_calls", PackedText),
    sa.Index("ix_calls_decided", "campaign", "decided", "step"),
    sa.Index("ix_calls_answered", "campaign", "answered", "step"),
)

programs = sa.Table(
    "programs",
    metadata,
    _campaign(),
    sa.Column("step", sa.Integer, primary_key=True),
    _digest("id", "sources.id"),
    _text("operator"),
    sa.Column("island", sa.Integer, nullable=False),
    _text("parents"),
    sa.Column("rationale", PackedText),
    sa.Column("split", sa.String(5), nullable=False),
    _double("seconds"),
    sa.Column("note", sa.Integer),
    sa.Column("normal", sa.String(32)),
    sa.Index("ix_programs_id", "campaign", "id", unique=True),
)

evaluations = sa.Table(
    "evaluations",
    metadata,
    sa.Column("campaign", sa.Integer, primary_key=True),
    sa.Column("step", sa.Integer, primary_key=True),
    sa.Column("split", sa.String(5), primary_key=True),
    _text("status"),
    sa.Column("score", sa.Double),
    _digest("instance_set", "instance_sets.id", nullable=True),
    sa.Column("verdicts", sa.LargeBinary),
    sa.Column("features", sa.Text),
    _double("cpu_seconds"),
    _double("wall_seconds"),
    sa.Column("message", PackedText),
    _text("sandbox"),
    _double("seconds"),
    sa.ForeignKeyConstraint(
        ["campaign", "step"], ["programs.campaign", "programs.step"]
    ),
    sa.Index("ix_evaluations_score", "campaign", "split", "score", "step"),
    sa.Index("ix_evaluations_status", "campaign", "split", "status"),
)

rejections = sa.Table(
    "rejections",
    metadata,
    _campaign(),
    sa.Column("step", sa.Integer, primary_key=True),
    _text("operator"),
    sa.Column("island", sa.Integer, nullable=False),
    _text("parents"),
    _text("reason"),
    sa.Column("detail", PackedText),
    sa.Index("ix_rejections_reason", "campaign", "reason"),
)

living = sa.Table(
    "living",
    metadata,
    sa.Column("campaign", sa.Integer, primary_key=True),
    sa.Column("island", sa.Integer, primary_key=True),
    sa.Column("step", sa.Integer, primary_key=True),
    _number("entry"),
    sa.ForeignKeyConstraint(
        ["campaign", "step"], ["programs.campaign", "programs.step"]
    ),
)

notes = sa.Table(
    "notes",
    metadata,
    _campaign(),
    sa.Column("number", sa.Integer, primary_key=True),
    _text("kind"),
    sa.Column("title", PackedText, nullable=False),
    sa.Column("text", PackedText, nullable=False),
    sa.Column("step", sa.Integer),
)

orders = sa.Table(
    "orders",
    metadata,
    _campaign(),
    sa.Column("number", sa.Integer, primary_key=True),
    _text("kind"),
    sa.Column("text", PackedText, nullable=False),
)

events = sa.Table(
    "events",
    metadata,
    _campaign(),
    sa.Column("seq", sa.BigInteger, primary_key=True),
    _text("kind"),
    _text("payload"),
    _double("time"),
)

versions = sa.Table(
    "alembic_version",
    sa.MetaData(),
    sa.Column("version_num", sa.String(32), nullable=False),
    sa.PrimaryKeyConstraint("version_num", name="alembic_version_pkc"),
)
"""Alembic's own table, described here so that a new store needs no Alembic."""
