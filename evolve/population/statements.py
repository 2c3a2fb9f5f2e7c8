"""The statements of a population, built once; SQLAlchemy compiles each of them once.

Parameters: ``of`` is the campaign, the others are named after what they hold.
"""

from dataclasses import fields

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from evolve.population import schema
from evolve.population.ledger import Ledger

_OF: sa.BindParameter[int] = sa.bindparam("of", type_=sa.Integer)
_STEP: sa.BindParameter[int] = sa.bindparam("of_step", type_=sa.Integer)
_TURN: sa.BindParameter[int] = sa.bindparam("of_turn", type_=sa.Integer)

_campaigns, _ledgers = schema.campaigns.c, schema.ledgers.c
_programs, _evaluations = schema.programs.c, schema.evaluations.c
_calls, _living, _events = schema.calls.c, schema.living.c, schema.events.c
_rejections = schema.rejections.c
_notes, _orders = schema.notes.c, schema.orders.c


def insert_new(table: sa.Table, dialect: str) -> sa.Insert:
    """Insert that does nothing if the row is there already."""
    if dialect == "sqlite":
        return sqlite.insert(table).on_conflict_do_nothing()
    return postgresql.insert(table).on_conflict_do_nothing()


all_campaigns = (
    sa.select(
        _campaigns.id,
        _campaigns.name,
        _campaigns.problem,
        _campaigns.problem_version,
        _campaigns.config,
        _campaigns.created,
        _ledgers.state,
        _ledgers.message,
        _ledgers.updated,
    )
    .join(schema.ledgers)
    .order_by(_campaigns.id)
)
one_campaign = all_campaigns.where(_campaigns.id == _OF)

LEDGER_NAMES = tuple(field.name for field in fields(Ledger))
read_ledger = sa.select(*(_ledgers[name] for name in LEDGER_NAMES)).where(
    _ledgers.campaign == _OF
)
lock_ledger = read_ledger.with_for_update()
change_ledger = sa.update(schema.ledgers).where(_ledgers.campaign == _OF)
stop_requested = sa.select(_ledgers.stop_requested).where(_ledgers.campaign == _OF)

record_call = sa.insert(schema.calls)
decide_calls = sa.update(schema.calls).where(
    _calls.campaign == _OF, _calls.step == _STEP
)
change_call = decide_calls.where(_calls.turn == _TURN)
call_state = sa.select(_calls.answered, _calls.reserved_tokens).where(
    _calls.campaign == _OF, _calls.step == _STEP, _calls.turn == _TURN
)
unanswered = (
    sa.select(_calls.reserved_tokens, _calls.reserved_usd)
    .where(_calls.campaign == _OF, _calls.answered == sa.false())
    .order_by(_calls.step, _calls.turn)
)
_tools = schema.texts.alias("tool_texts")
_all_calls = (
    sa.select(
        schema.calls,
        schema.texts.c.text.label("system_text"),
        _tools.c.text.label("tools_text"),
    )
    .join(schema.texts, schema.texts.c.id == _calls.system)
    .outerjoin(_tools, _tools.c.id == _calls.tools)
    .where(_calls.campaign == _OF)
    .order_by(_calls.step, _calls.turn)
)
calls_of = _all_calls.where(_calls.step == _STEP)
calls_after = _all_calls.where(
    sa.or_(
        _calls.step > sa.bindparam("after"),
        sa.and_(_calls.step == sa.bindparam("after"), _calls.turn > _TURN),
    )
).limit(sa.bindparam("most", type_=sa.Integer))
pending_calls = _all_calls.where(_calls.decided == sa.false())

insert_program = sa.insert(schema.programs)
insert_evaluation = sa.insert(schema.evaluations)
insert_rejection = sa.insert(schema.rejections)
insert_event = sa.insert(schema.events)
decided_step = sa.union_all(
    sa.select(_programs.step).where(_programs.campaign == _OF, _programs.step == _STEP),
    sa.select(_rejections.step).where(
        _rejections.campaign == _OF, _rejections.step == _STEP
    ),
)
step_of = sa.select(_programs.step).where(
    _programs.campaign == _OF, _programs.id == sa.bindparam("program")
)
steps_of = sa.select(_programs.id, _programs.step).where(
    _programs.campaign == _OF, _programs.id.in_(sa.bindparam("ids", expanding=True))
)
leave = sa.delete(schema.living).where(
    _living.campaign == _OF,
    _living.island == sa.bindparam("of_island"),
    _living.step == _STEP,
)

living_steps = (
    sa.select(_living.step)
    .where(_living.campaign == _OF, _living.island == sa.bindparam("of_island"))
    .order_by(_living.entry)
)
best_steps = (
    sa.select(_evaluations.step)
    .where(
        _evaluations.campaign == _OF,
        _evaluations.split == sa.bindparam("of_split"),
        _evaluations.score.is_not(None),
    )
    .order_by(_evaluations.score, _evaluations.step)
    .limit(sa.bindparam("most", type_=sa.Integer))
)
steps_after = (
    sa.select(_programs.step)
    .where(_programs.campaign == _OF, _programs.step > sa.bindparam("after"))
    .order_by(_programs.step)
    .limit(sa.bindparam("most", type_=sa.Integer))
)
latest_steps = (
    sa.select(_programs.step)
    .where(_programs.campaign == _OF)
    .order_by(_programs.step.desc())
    .limit(sa.bindparam("most", type_=sa.Integer))
)
_first_parent = sa.func.substr(_programs.parents, 1, 32)
children = (
    sa.select(_first_parent.label("parent"), sa.func.count().label("times"))
    .where(_programs.campaign == _OF, _programs.parents != "")
    .group_by(_first_parent)
)
judged = (
    sa.select(_programs.island, sa.func.count().label("times"))
    .where(_programs.campaign == _OF)
    .group_by(_programs.island)
)
normals = sa.select(_programs.normal).where(
    _programs.campaign == _OF, _programs.normal.is_not(None)
)
insert_note = sa.insert(schema.notes)
next_note = sa.select(sa.func.coalesce(sa.func.max(_notes.number) + 1, 0)).where(
    _notes.campaign == _OF
)
notes_after = (
    sa.select(schema.notes)
    .where(_notes.campaign == _OF, _notes.number > sa.bindparam("after"))
    .order_by(_notes.number)
)
insert_order = sa.insert(schema.orders)
next_order = sa.select(sa.func.coalesce(sa.func.max(_orders.number) + 1, 0)).where(
    _orders.campaign == _OF
)
orders_after = (
    sa.select(schema.orders)
    .where(_orders.campaign == _OF, _orders.number > sa.bindparam("after"))
    .order_by(_orders.number)
)
ids = sa.select(_programs.id).where(_programs.campaign == _OF).order_by(_programs.step)
ids_between = sa.select(_programs.id).where(
    _programs.campaign == _OF,
    _programs.id >= sa.bindparam("low"),
    _programs.id < sa.bindparam("high"),
)
origin = sa.select(_programs.step, _programs.parents).where(
    _programs.campaign == _OF, _programs.id == sa.bindparam("program")
)
_evaluation_columns = [
    column
    for column in schema.evaluations.columns
    if column.name not in ("campaign", "step", "seconds")
]
load_programs = (
    sa.select(
        _programs.step,
        _programs.id,
        _programs.operator,
        _programs.island,
        _programs.parents,
        _programs.rationale,
        _programs.note,
        _programs.seconds.label("finished"),
        schema.sources.c.text.label("source"),
        *_evaluation_columns,
    )
    .join(schema.sources, schema.sources.c.id == _programs.id)
    .join(
        schema.evaluations,
        sa.and_(
            _evaluations.campaign == _programs.campaign,
            _evaluations.step == _programs.step,
            _evaluations.split == _programs.split,
        ),
    )
    .where(
        _programs.campaign == _OF,
        _programs.step.in_(sa.bindparam("steps", expanding=True)),
    )
)
evaluations_of = sa.select(*_evaluation_columns).where(
    _evaluations.campaign == _OF, _evaluations.step == _STEP
)
instance_set = sa.select(schema.instance_sets.c.instances).where(
    schema.instance_sets.c.id == sa.bindparam("set_id")
)
reasons = (
    sa.select(_rejections.reason, sa.func.count().label("times"))
    .where(_rejections.campaign == _OF)
    .group_by(_rejections.reason)
)
statuses = (
    sa.select(_evaluations.status, sa.func.count().label("times"))
    .where(
        _evaluations.campaign == _OF,
        _evaluations.split == sa.bindparam("of_split", type_=sa.String),
    )
    .group_by(_evaluations.status)
)
twins = sa.select(
    sa.func.count() - sa.func.count(sa.distinct(_evaluations.verdicts))
).where(
    _evaluations.campaign == _OF,
    _evaluations.split == sa.bindparam("of_split", type_=sa.String),
    _evaluations.score.is_not(None),
    _evaluations.verdicts.is_not(None),
)
events_after = (
    sa.select(_events.seq, _events.kind, _events.payload, _events.time)
    .where(_events.campaign == _OF, _events.seq > sa.bindparam("after"))
    .order_by(_events.seq)
    .limit(sa.bindparam("most", type_=sa.Integer))
)
