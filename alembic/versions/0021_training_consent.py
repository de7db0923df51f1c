"""Whether a study may be trained on, as it was said last; null where nobody said so."""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB

from alembic import op

revision = "0021"
down_revision = "0020"


def upgrade() -> None:
    op.add_column("studies", sa.Column("training_consent", JSONB(), nullable=True))


def downgrade() -> None:
    op.drop_column("studies", "training_consent")
