"""Calls of several turns, notes, orders, and digests of programs that are alike."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "r0002"
down_revision = "r0001"

_OLD = (
    "campaign, step, model, operator, island, parents, template, digest, system, "
    "user_prompt, reserved_tokens, reserved_usd, answered, decided, failure, text, "
    "response_model, finish_reason, prompt_tokens, completion_tokens, cost_usd, seconds"
)


def upgrade() -> None:
    """Change the tables; the facts in them stay as they are."""
    _calls()
    op.add_column("programs", sa.Column("note", sa.Integer))
    op.add_column("programs", sa.Column("normal", sa.String(32)))
    _notes_and_orders()


def _calls() -> None:
    # A key cannot be changed everywhere, so the table is made anew.
    op.execute("CREATE TABLE old_calls AS SELECT * FROM calls")
    op.drop_table("calls")
    op.create_table(
        "calls",
        _key("campaign", "campaigns.id"),
        _key("step"),
        *_required(sa.Text, "model", "operator"),
        *_required(sa.Integer, "island"),
        *_required(sa.Text, "parents", "template", "digest"),
        _digest("system", nullable=False),
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
        _key("turn"),
        *_required(sa.Text, "role"),
        sa.Column("note", sa.Integer),
        sa.Column("history", sa.LargeBinary),
        _digest("tools", nullable=True),
        sa.Column("tool_calls", sa.LargeBinary),
    )
    op.execute(
        f"INSERT INTO calls ({_OLD}, turn, role) "  # noqa: S608 - names of ours
        f"SELECT {_OLD}, 0, 'proposer' FROM old_calls"
    )
    op.drop_table("old_calls")
    op.create_index("ix_calls_decided", "calls", ["campaign", "decided", "step"])
    op.create_index("ix_calls_answered", "calls", ["campaign", "answered", "step"])


def _notes_and_orders() -> None:
    op.create_table(
        "notes",
        _key("campaign", "campaigns.id"),
        _key("number"),
        *_required(sa.Text, "kind"),
        *_required(sa.LargeBinary, "title", "text"),
        sa.Column("step", sa.Integer),
    )
    op.create_table(
        "orders",
        _key("campaign", "campaigns.id"),
        _key("number"),
        *_required(sa.Text, "kind"),
        *_required(sa.LargeBinary, "text"),
    )


def _required(type_: Any, *names: str) -> list[sa.Column[Any]]:
    return [sa.Column(name, type_, nullable=False) for name in names]


def _digest(name: str, *, nullable: bool) -> sa.Column[Any]:
    key = sa.ForeignKey("texts.id")
    return sa.Column(name, sa.String(32), key, nullable=nullable)


def _key(name: str, *target: str) -> sa.Column[Any]:
    references = [sa.ForeignKey(t) for t in target]
    return sa.Column(name, sa.Integer, *references, primary_key=True)
