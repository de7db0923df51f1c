"""What counts as the wall, as a reading was opened and as an edit set it; earlier readings had no such rules."""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB

from alembic import op

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    op.add_column("readings", sa.Column("wall", JSONB(), nullable=True))
    op.add_column("edits", sa.Column("wall", JSONB(), nullable=True))


def downgrade() -> None:
    op.drop_column("edits", "wall")
    op.drop_column("readings", "wall")
