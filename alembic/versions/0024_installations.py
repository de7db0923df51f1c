"""What tells an installation from others: a store of files that several could name is one installation's alone."""

import sqlalchemy as sa

from alembic import op

revision = "0024"
down_revision = "0023"


def upgrade() -> None:
    op.create_table(
        "installations",
        sa.Column("single", sa.Boolean(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("single", name="pk_installations"),
        sa.CheckConstraint("single", name="ck_installations_single"),
    )


def downgrade() -> None:
    op.drop_table("installations")
