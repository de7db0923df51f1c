"""Which weights serve: what was promoted, by whom, in place of what and why."""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB

from alembic import op

revision = "0023"
down_revision = "0022"


def upgrade() -> None:
    op.create_table(
        "promotions",
        sa.Column("number", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=True),
        sa.Column("sha256", sa.String(), nullable=True),
        sa.Column("replaced_name", sa.String(), nullable=False),
        sa.Column("replaced_sha256", sa.String(), nullable=False),
        sa.Column("author", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.Column("comparison", JSONB(), nullable=True),
        sa.PrimaryKeyConstraint("number", name="pk_promotions"),
    )


def downgrade() -> None:
    op.drop_table("promotions")
