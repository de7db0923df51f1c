"""People who sign in, their sessions, services' tokens, and the study group of each study."""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB

from alembic import op

revision = "0018"
down_revision = "0017"


def _time(name: str, *, nullable: bool = True) -> sa.Column:
    default = None if nullable else sa.text("clock_timestamp()")
    return sa.Column(name, sa.DateTime(timezone=True), server_default=default, nullable=nullable)


def upgrade() -> None:
    op.create_table(
        "people",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("issuer", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("name_key", sa.String(), nullable=False),
        sa.Column("email", sa.String(), server_default="", nullable=False),
        sa.Column("roles", JSONB(), nullable=False),
        sa.Column("study_groups", JSONB(), nullable=True),
        sa.Column("password_hash", sa.String(), nullable=True),
        sa.Column("is_disabled", sa.Boolean(), server_default=sa.false(), nullable=False),
        _time("created_at", nullable=False),
        _time("signed_in_at"),
        sa.PrimaryKeyConstraint("id", name="pk_people"),
        sa.UniqueConstraint("issuer", "subject", name="uq_people_issuer_subject"),
        sa.UniqueConstraint("name_key", name="uq_people_name_key"),
    )
    op.create_table(
        "sessions",
        sa.Column("sha256", sa.String(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        _time("created_at", nullable=False),
        _time("seen_at", nullable=False),
        sa.PrimaryKeyConstraint("sha256", name="pk_sessions"),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name="fk_sessions_person_id"),
    )
    op.create_index("ix_sessions_person_id", "sessions", ["person_id"])
    op.create_table(
        "tokens",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("sha256", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("permissions", JSONB(), nullable=True),
        sa.Column("study_groups", JSONB(), nullable=True),
        sa.Column("created_by", sa.String(), nullable=False),
        _time("created_at", nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        _time("revoked_at"),
        _time("used_at"),
        sa.PrimaryKeyConstraint("id", name="pk_tokens"),
        sa.UniqueConstraint("sha256", name="uq_tokens_sha256"),
    )
    op.create_table(
        "sign_in_failures",
        sa.Column("sha256", sa.String(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        _time("last_at", nullable=False),
        sa.PrimaryKeyConstraint("sha256", name="pk_sign_in_failures"),
    )
    op.add_column("studies", sa.Column("study_group", sa.String(), server_default="", nullable=False))
    op.create_index("ix_studies_study_group", "studies", ["study_group"])


def downgrade() -> None:
    op.drop_index("ix_studies_study_group", "studies")
    op.drop_column("studies", "study_group")
    op.drop_table("sign_in_failures")
    op.drop_table("tokens")
    op.drop_index("ix_sessions_person_id", "sessions")
    op.drop_table("sessions")
    op.drop_table("people")
