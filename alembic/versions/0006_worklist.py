"""What the worklist tells: accession numbers, and studies that were taken off it, by whom and when."""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB

from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    op.add_column("studies", sa.Column("accession_number", sa.String(), server_default="", nullable=False))
    op.add_column("studies", sa.Column("is_removed", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.create_table(
        "study_changes",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("study_instance_uid", sa.String(), nullable=False),
        sa.Column("author", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False),
        sa.Column("change", JSONB(), nullable=False),
        sa.ForeignKeyConstraint(
            ["study_instance_uid"], ["studies.study_instance_uid"], name="fk_study_changes_study_instance_uid"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_study_changes"),
    )
    op.create_index("ix_study_changes_study_instance_uid", "study_changes", ["study_instance_uid"])


def downgrade() -> None:
    op.drop_table("study_changes")
    op.drop_column("studies", "is_removed")
    op.drop_column("studies", "accession_number")
