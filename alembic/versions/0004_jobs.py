"""Jobs: procrastinate's tables, why a reading failed, and which slice its reader looks at."""

import sqlalchemy as sa
from procrastinate.schema import SchemaManager
from sqlalchemy.dialects.postgresql import JSONB

from alembic import op

revision = "0004"
down_revision = "0003"

PROCRASTINATE = "3.10.0"
"""Whose schema this is. A later one needs a migration with what its own folder sql/migrations holds since then."""

DROP_PROCRASTINATE = """
drop table procrastinate_periodic_defers, procrastinate_events, procrastinate_jobs, procrastinate_workers cascade;
do $$ declare routine regprocedure; begin
    for routine in select oid from pg_proc where proname like 'procrastinate\\_%' loop
        execute format('drop function %s cascade', routine);
    end loop;
end $$;
drop type procrastinate_job_to_defer_v1, procrastinate_job_status, procrastinate_job_event_type;
"""


def upgrade() -> None:
    execute_as_it_is(SchemaManager.get_schema())
    op.add_column("readings", sa.Column("reason", sa.String(), nullable=True))
    op.add_column("readings", sa.Column("slice_looked_at", JSONB(), nullable=True))


def downgrade() -> None:
    op.drop_column("readings", "slice_looked_at")
    op.drop_column("readings", "reason")
    execute_as_it_is(DROP_PROCRASTINATE)


def execute_as_it_is(sql: str) -> None:
    """Several statements at once, with % and : in them that stand for no parameter."""
    op.get_bind().connection.cursor().execute(sql)
