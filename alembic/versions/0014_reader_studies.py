"""Reader studies, and the readings that their assignments become."""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB

from alembic import op

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    op.create_table(
        "reader_studies",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("client_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("readers", JSONB(), nullable=False),
        sa.Column("arms", JSONB(), nullable=False),
        sa.Column("repeats", sa.Integer(), nullable=False),
        sa.Column("seed", sa.BigInteger(), nullable=True),
        sa.Column("alternates", sa.Boolean(), nullable=False),
        sa.Column("hides_readings", sa.Boolean(), nullable=False),
        sa.Column("created_by", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.func.clock_timestamp(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_reader_studies"),
        sa.UniqueConstraint("client_id", name="uq_reader_studies_client_id"),
        sa.UniqueConstraint("number", name="uq_reader_studies_number"),
    )
    op.create_table(
        "reader_study_stacks",
        sa.Column("reader_study_id", sa.Uuid(), nullable=False),
        sa.Column("ordinal", sa.Integer(), nullable=False),
        sa.Column("stack_id", sa.String(), nullable=False),
        _of_a_study("reader_study_stacks"),
        _of_a_stack("reader_study_stacks"),
        sa.PrimaryKeyConstraint("reader_study_id", "ordinal", name="pk_reader_study_stacks"),
    )
    op.create_index("ix_reader_study_stacks_stack_id", "reader_study_stacks", ["stack_id"])
    op.create_table(
        "reader_study_readings",
        sa.Column("reader_study_id", sa.Uuid(), nullable=False),
        sa.Column("reader", sa.String(), nullable=False),
        sa.Column("stack_id", sa.String(), nullable=False),
        sa.Column("arm", sa.String(), nullable=False),
        sa.Column("repeat", sa.Integer(), nullable=False),
        sa.Column("reading_id", sa.Uuid(), nullable=False),
        _of_a_study("reader_study_readings"),
        _of_a_stack("reader_study_readings"),
        sa.ForeignKeyConstraint(["reading_id"], ["readings.id"], name="fk_reader_study_readings_reading_id"),
        sa.PrimaryKeyConstraint(
            "reader_study_id", "reader", "stack_id", "arm", "repeat", name="pk_reader_study_readings"
        ),
        sa.UniqueConstraint("reading_id", name="uq_reader_study_readings_reading_id"),
    )


def downgrade() -> None:
    for table in ("reader_study_readings", "reader_study_stacks", "reader_studies"):
        op.drop_table(table)


def _of_a_study(table: str) -> sa.ForeignKeyConstraint:
    name = f"fk_{table}_reader_study_id"
    return sa.ForeignKeyConstraint(["reader_study_id"], ["reader_studies.id"], name=name)


def _of_a_stack(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(["stack_id"], ["stacks.stack_id"], name=f"fk_{table}_stack_id")
