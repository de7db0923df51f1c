"""Alembic's entry point: the URL comes from scarmass.storage.database.migrate, else from the settings."""

from alembic import context
from sqlalchemy import create_engine, pool

from scarmass.settings import Settings
from scarmass.storage.database import psycopg_url
from scarmass.storage.tables import Table, is_ours


def run_migrations() -> None:
    url = context.config.attributes.get("url")
    if url is None:
        settings = Settings()
        if settings.postgres_url is None:
            raise SystemExit("set DATABASE_URL to run alembic by hand")
        url = psycopg_url(settings.postgres_url)
    engine = create_engine(url, poolclass=pool.NullPool)
    with engine.connect() as connection:
        context.configure(
            connection=connection, target_metadata=Table.metadata, compare_type=True, include_name=is_ours
        )
        with context.begin_transaction():
            context.run_migrations()


run_migrations()
