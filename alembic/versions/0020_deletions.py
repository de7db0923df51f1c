"""Deletions for good: what is left to be removed, and the record of what was; and the nights in which the daily work
was done."""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB

from alembic import op

revision = "0020"
down_revision = "0019"


def upgrade() -> None:
    op.create_table(
        "deletions",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("client_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("patient_hash", sa.String(), nullable=False),
        sa.Column("whole_patient", sa.Boolean(), nullable=False),
        sa.Column("although_signed", sa.Boolean(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("asked_by", sa.String(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.Column("target", JSONB(), nullable=True),
        sa.Column("counts", JSONB(), nullable=False),
        sa.Column("sent_to", JSONB(), nullable=False),
        sa.Column("waits_because", sa.String(), nullable=True),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("rewritten_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_deletions"),
        sa.UniqueConstraint("client_id", name="uq_deletions_client_id"),
        sa.UniqueConstraint("number", name="uq_deletions_number"),
    )
    op.create_table(
        "nights",
        sa.Column("day", sa.Date(), nullable=False),
        sa.PrimaryKeyConstraint("day", name="pk_nights"),
    )


def downgrade() -> None:
    op.drop_table("nights")
    op.drop_table("deletions")
