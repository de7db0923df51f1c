"""Why a deletion left studies as they are: those that came meanwhile and are another person's, or were signed."""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB

from alembic import op

revision = "0025"
down_revision = "0024"


def upgrade() -> None:
    op.add_column("deletions", sa.Column("left_because", JSONB(), server_default="[]", nullable=False))


def downgrade() -> None:
    op.drop_column("deletions", "left_because")
