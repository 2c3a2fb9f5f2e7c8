"""First tables."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "r0001"
down_revision = None


def _required(type_: Any, *names: str) -> list[sa.Column[Any]]:
    return [sa.Column(name, type_, nullable=False) for name in names]


def _digest(name: str, target: str, *, nullable: bool = False) -> sa.Column[Any]:
    return sa.Column(name, sa.String(32), sa.ForeignKey(target), nullable=nullable)


def _key(name: str, *target: str) -> sa.Column[Any]:
    references = [sa.ForeignKey(t) for t in target]
    return sa.Column(name, sa.Integer, *references, primary_key=True)


def upgrade() -> None:
    """Make all tables."""
    _campaigns()
    _contents()
    _calls()
    _programs()
    _evaluations()
    _rejections_and_events()


def _campaigns() -> None:
    op.create_table(
        "campaigns",
        _key("id"),
        sa.Column("name", sa.Text, nullable=False, unique=True),
        *_required(sa.Text, "problem"),
        *_required(sa.Integer, "problem_version"),
        *_required(sa.LargeBinary, "config"),
        *_required(sa.Double, "created"),
    )
    op.create_table(
        "ledgers",
        _key("campaign", "campaigns.id"),
        *_required(sa.Text, "state"),
        *_required(sa.LargeBinary, "message"),
        *_required(sa.Double, "updated"),
        *_required(sa.Boolean, "stop_requested"),
        *_required(sa.BigInteger, "next_step", "next_event", "next_entry"),
        *_required(sa.BigInteger, "candidates", "rejections", "evaluations"),
        *_required(sa.Double, "seconds"),
        *_required(sa.BigInteger, "calls", "tokens"),
        *_required(sa.Double, "cost_usd"),
        *_required(sa.BigInteger, "unpriced_calls"),
    )


def _contents() -> None:
    for table, column in (
        ("sources", "text"),
        ("texts", "text"),
        ("instance_sets", "instances"),
    ):
        op.create_table(
            table,
            sa.Column("id", sa.String(32), primary_key=True),
            *_required(sa.LargeBinary, column),
        )


def _calls() -> None:
    op.create_table(
        "calls",
        _key("campaign", "campaigns.id"),
        _key("step"),
        *_required(sa.Text, "model", "operator"),
        *_required(sa.Integer, "island"),
        *_required(sa.Text, "parents", "template", "digest"),
        _digest("system", "texts.id"),
        *_required(sa.LargeBinary, "user_prompt"),
        *_required(sa.BigInteger, "reserved_tokens"),
        sa.Column("reserved_usd", sa.Double),
        *_required(sa.Boolean, "answered", "decided"),
        sa.Column("failure", sa.LargeBinary),
        sa.Column("text", sa.LargeBinary),
        sa.Column("response_model", sa.LargeBinary),
        sa.Column("finish_reason", sa.LargeBinary),
        sa.Column("prompt_tokens", sa.BigInteger),
        sa.Column("completion_tokens", sa.BigInteger),
        sa.Column("cost_usd", sa.Double),
        sa.Column("seconds", sa.Double),
    )
    op.create_index("ix_calls_decided", "calls", ["campaign", "decided", "step"])
    op.create_index("ix_calls_answered", "calls", ["campaign", "answered", "step"])


def _programs() -> None:
    op.create_table(
        "programs",
        _key("campaign", "campaigns.id"),
        _key("step"),
        _digest("id", "sources.id"),
        *_required(sa.Text, "operator"),
        *_required(sa.Integer, "island"),
        *_required(sa.Text, "parents"),
        sa.Column("rationale", sa.LargeBinary),
        sa.Column("split", sa.String(5), nullable=False),
        *_required(sa.Double, "seconds"),
    )
    op.create_index("ix_programs_id", "programs", ["campaign", "id"], unique=True)
    op.create_table(
        "living",
        _key("campaign"),
        _key("island"),
        _key("step"),
        *_required(sa.BigInteger, "entry"),
        sa.ForeignKeyConstraint(
            ["campaign", "step"], ["programs.campaign", "programs.step"]
        ),
    )


def _evaluations() -> None:
    op.create_table(
        "evaluations",
        _key("campaign"),
        _key("step"),
        sa.Column("split", sa.String(5), primary_key=True),
        *_required(sa.Text, "status"),
        sa.Column("score", sa.Double),
        _digest("instance_set", "instance_sets.id", nullable=True),
        sa.Column("verdicts", sa.LargeBinary),
        sa.Column("features", sa.Text),
        *_required(sa.Double, "cpu_seconds", "wall_seconds"),
        sa.Column("message", sa.LargeBinary),
        *_required(sa.Text, "sandbox"),
        *_required(sa.Double, "seconds"),
        sa.ForeignKeyConstraint(
            ["campaign", "step"], ["programs.campaign", "programs.step"]
        ),
    )
    op.create_index(
        "ix_evaluations_score", "evaluations", ["campaign", "split", "score", "step"]
    )
    op.create_index(
        "ix_evaluations_status", "evaluations", ["campaign", "split", "status"]
    )


def _rejections_and_events() -> None:
    op.create_table(
        "rejections",
        _key("campaign", "campaigns.id"),
        _key("step"),
        *_required(sa.Text, "operator"),
        *_required(sa.Integer, "island"),
        *_required(sa.Text, "parents", "reason"),
        sa.Column("detail", sa.LargeBinary),
    )
    op.create_index("ix_rejections_reason", "rejections", ["campaign", "reason"])
    op.create_table(
        "events",
        _key("campaign", "campaigns.id"),
        sa.Column("seq", sa.BigInteger, primary_key=True),
        *_required(sa.Text, "kind", "payload"),
        *_required(sa.Double, "time"),
    )
