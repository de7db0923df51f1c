"""The record of who did what, of which nothing is changed or taken away, and how far of it was sent to a syslog server."""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB

from alembic import op

revision = "0019"
down_revision = "0018"


def upgrade() -> None:
    op.create_table(
        "audit_events",
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("occurred_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("action", sa.String(), nullable=False),
        sa.Column("outcome", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=True),
        sa.Column("person", sa.String(), nullable=False),
        sa.Column("address", sa.String(), nullable=False),
        sa.Column("patient_id", sa.String(), nullable=False),
        sa.Column("study_instance_uid", sa.String(), nullable=False),
        sa.Column("about", JSONB(), nullable=False),
        sa.Column("previous", sa.String(), nullable=False),
        sa.Column("sha256", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_audit_events"),
    )
    for column in ("occurred_at", "patient_id", "study_instance_uid"):
        op.create_index(f"ix_audit_events_{column}", "audit_events", [column])
    op.execute("""
        create function audit_events_stay() returns trigger language plpgsql as $$
        begin
            raise exception 'the audit trail is only ever added to' using errcode = 'insufficient_privilege';
        end $$
    """)
    op.execute("""
        create trigger audit_events_stay before update or delete or truncate on audit_events
        for each statement execute function audit_events_stay()
    """)
    op.create_table(
        "audit_deliveries",
        sa.Column("destination", sa.String(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("destination", name="pk_audit_deliveries"),
    )


def downgrade() -> None:
    op.drop_table("audit_deliveries")
    op.drop_table("audit_events")
    op.execute("drop function audit_events_stay()")
