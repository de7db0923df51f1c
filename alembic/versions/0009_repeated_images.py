"""The images of positions that were imaged several times; stacks of before learn of theirs with their next import."""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB

from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    op.add_column("stacks", sa.Column("repeats", JSONB(), server_default="[]", nullable=False))


def downgrade() -> None:
    op.drop_column("stacks", "repeats")
