"""Readings that are signed and amended, several of a stack, what was written of them, and how long readers worked."""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB

from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    op.add_column("readings", sa.Column("version", sa.Integer(), server_default="1", nullable=False))
    op.add_column("readings", sa.Column("replaces", sa.Uuid(), nullable=True))
    op.add_column("readings", sa.Column("reader", sa.String(), nullable=True))
    op.add_column("readings", sa.Column("opened_by", sa.String(), nullable=True))
    op.create_foreign_key("fk_readings_replaces", "readings", "readings", ["replaces"], ["id"])
    op.create_unique_constraint("uq_readings_replaces", "readings", ["replaces"])
    op.create_table(
        "signatures",
        _of_a_reading(),
        sa.Column("client_id", sa.Uuid(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("reader", sa.String(), nullable=False),
        sa.Column("signed_at", sa.DateTime(timezone=True), server_default=sa.func.clock_timestamp(), nullable=False),
        sa.Column("recipe", JSONB(), nullable=False),
        sa.Column("masses", JSONB(), nullable=False),
        sa.Column("contrast", sa.String(), nullable=False),
        sa.Column("warnings", JSONB(), nullable=False),
        sa.ForeignKeyConstraint(["reading_id"], ["readings.id"], name="fk_signatures_reading_id"),
        sa.PrimaryKeyConstraint("reading_id", name="pk_signatures"),
    )
    op.create_table(
        "deliveries",
        _of_a_reading(),
        sa.Column("is_written", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("reason", sa.String(), nullable=True),
        sa.Column("changes", sa.Integer(), server_default="1", nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), server_default=sa.func.clock_timestamp(), nullable=False),
        sa.ForeignKeyConstraint(["reading_id"], ["readings.id"], name="fk_deliveries_reading_id"),
        sa.PrimaryKeyConstraint("reading_id", name="pk_deliveries"),
    )
    op.create_table(
        "work",
        _of_a_reading(),
        sa.Column("client_id", sa.Uuid(), nullable=False),
        sa.Column("reader", sa.String(), nullable=False),
        sa.Column("seconds", sa.Float(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.func.clock_timestamp(), nullable=False),
        sa.ForeignKeyConstraint(["reading_id"], ["readings.id"], name="fk_work_reading_id"),
        sa.PrimaryKeyConstraint("reading_id", "client_id", name="pk_work"),
    )


def downgrade() -> None:
    for table in ("work", "deliveries", "signatures"):
        op.drop_table(table)
    op.execute("update readings set state = 'draft' where state in ('signed', 'amended')")
    op.drop_constraint("uq_readings_replaces", "readings")
    op.drop_constraint("fk_readings_replaces", "readings")
    for column in ("opened_by", "reader", "replaces", "version"):
        op.drop_column("readings", column)


def _of_a_reading() -> sa.Column:
    return sa.Column("reading_id", sa.Uuid(), nullable=False)
