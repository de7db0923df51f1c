"""A slice thickness that the headers lack, as a reader typed it: how many mm, who, and when."""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB

from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    op.add_column("stacks", sa.Column("slice_thickness_by_reader", JSONB(), nullable=True))


def downgrade() -> None:
    op.drop_column("stacks", "slice_thickness_by_reader")
