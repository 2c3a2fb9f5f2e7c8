"""Migrations of old stores, by Alembic, without any configuration file.

A new revision is a module of ``versions``; ``schema.HEAD`` names the newest one. The
newest revision and ``schema.metadata`` describe the same tables, which a test checks.
"""

from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from alembic.util import CommandError

_HERE = Path(__file__).parent


def is_known(revision: str) -> bool:
    """Whether there is a revision of that name."""
    try:
        return ScriptDirectory.from_config(_config()).get_revision(revision) is not None
    except CommandError:
        return False


def upgrade(connection: sa.Connection) -> None:
    """Bring the tables up to date, in the transaction of the connection."""
    config = _config()
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


def _config() -> Config:
    config = Config()
    # Alembic reads a per cent sign as the start of a placeholder.
    config.set_main_option("script_location", str(_HERE).replace("%", "%%"))
    return config
