"""Segmentations that others made, kept beside their studies, and which of them an edit took masks from."""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB

from alembic import op

revision = "0017"
down_revision = "0016"


def upgrade() -> None:
    op.create_table(
        "segmentations",
        sa.Column("sop_instance_uid", sa.String(), nullable=False),
        sa.Column("study_instance_uid", sa.String(), nullable=False),
        sa.Column("sha256", sa.String(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("description", JSONB(), nullable=False),
        sa.Column("number", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("imported_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.PrimaryKeyConstraint("sop_instance_uid", name="pk_segmentations"),
    )
    op.create_index("ix_segmentations_study_instance_uid", "segmentations", ["study_instance_uid"])
    op.add_column("edits", sa.Column("taken_from", JSONB(), nullable=True))


def downgrade() -> None:
    op.drop_column("edits", "taken_from")
    op.drop_index("ix_segmentations_study_instance_uid", "segmentations")
    op.drop_table("segmentations")
