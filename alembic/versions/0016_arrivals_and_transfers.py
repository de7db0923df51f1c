"""What comes from the network, and what is on its way to it."""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB

from alembic import op

revision = "0016"
down_revision = "0015"


def upgrade() -> None:
    op.create_table(
        "arrivals",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("study_instance_uid", sa.String(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("objects", sa.Integer(), server_default="0", nullable=False),
        sa.Column("refused_count", sa.Integer(), server_default="0", nullable=False),
        sa.Column("refused", JSONB(), nullable=False),
        _time("first_object_at"),
        _time("last_object_at"),
        sa.Column("prepared_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("readings", sa.Integer(), server_default="0", nullable=False),
        sa.Column("because", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_arrivals"),
        sa.UniqueConstraint("number", name="uq_arrivals_number"),
        sa.UniqueConstraint("study_instance_uid", "source", name="uq_arrivals_study_instance_uid_source"),
    )
    op.create_table(
        "transfers",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("client_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("direction", sa.String(), nullable=False),
        sa.Column("peer", sa.String(), nullable=False),
        sa.Column("reading_id", sa.Uuid(), nullable=True),
        sa.Column("study_instance_uid", sa.String(), nullable=False),
        sa.Column("kinds", JSONB(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("done", sa.Integer(), server_default="0", nullable=False),
        sa.Column("of", sa.Integer(), nullable=True),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("next_attempt_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reason", sa.String(), nullable=True),
        sa.Column("asked_by", sa.String(), nullable=False),
        sa.Column("transaction_uid", sa.String(), nullable=True),
        sa.Column("committed_at", sa.DateTime(timezone=True), nullable=True),
        _time("created_at"),
        _time("changed_at"),
        sa.Column("changes", sa.Integer(), server_default="1", nullable=False),
        sa.ForeignKeyConstraint(["reading_id"], ["readings.id"], name="fk_transfers_reading_id"),
        sa.PrimaryKeyConstraint("id", name="pk_transfers"),
        sa.UniqueConstraint("client_id", name="uq_transfers_client_id"),
        sa.UniqueConstraint("number", name="uq_transfers_number"),
        sa.UniqueConstraint("reading_id", "peer", name="uq_transfers_reading_id_peer"),
    )
    for column in ("state", "transaction_uid"):
        op.create_index(f"ix_transfers_{column}", "transfers", [column])


def downgrade() -> None:
    for table in ("transfers", "arrivals"):
        op.drop_table(table)


def _time(name: str) -> sa.Column:
    return sa.Column(name, sa.DateTime(timezone=True), server_default=sa.func.clock_timestamp(), nullable=False)
