"""Why a deletion left studies as they are, those that came meanwhile and are another person's, or were signed; and by
which study and which words it was asked for, as a keyed hash."""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB

from alembic import op

revision = "0025"
down_revision = "0024"


def upgrade() -> None:
    op.add_column("deletions", sa.Column("left_because", JSONB(), server_default="[]", nullable=False))
    op.add_column("deletions", sa.Column("confirmation_hash", sa.String(), nullable=True))


def downgrade() -> None:
    op.drop_column("deletions", "confirmation_hash")
    op.drop_column("deletions", "left_because")
