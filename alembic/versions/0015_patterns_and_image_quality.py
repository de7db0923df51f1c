"""The pattern that a reader states as an edit, and the image quality in a reader's word; earlier ones stated nothing."""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB

from alembic import op

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    op.add_column("edits", sa.Column("pattern", JSONB(), nullable=True))
    op.add_column("report_texts", sa.Column("quality", sa.String(), nullable=True))


def downgrade() -> None:
    op.drop_column("report_texts", "quality")
    op.drop_column("edits", "pattern")
