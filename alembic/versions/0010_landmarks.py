"""Where the right ventricle meets the left one, as an edit marked it; earlier edits marked nothing."""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB

from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    op.add_column("edits", sa.Column("landmarks", JSONB(), nullable=True))


def downgrade() -> None:
    op.drop_column("edits", "landmarks")
