"""Migrations on a real PostgreSQL."""

from collections.abc import Callable

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import create_engine, inspect

from scarmass.storage.database import Database, migrate, psycopg_url
from scarmass.storage.tables import Table


def test_up_down_up_ends_in_exactly_the_tables_of_the_code(new_database: Callable[[], str]) -> None:
    url = new_database()
    engine = create_engine(psycopg_url(url))
    migrate(url)
    migrate(url, "base")
    assert set(inspect(engine).get_table_names()) == {"alembic_version"}
    migrate(url)
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, Table.metadata) == []
    engine.dispose()


def test_a_database_is_ready_only_when_it_answers_and_is_migrated(new_database: Callable[[], str]) -> None:
    url = new_database()
    database = Database(url)
    assert not database.is_ready()
    migrate(url)
    assert database.is_ready()
    database.close()
    nowhere = Database("postgresql://127.0.0.1:1/nothing")
    assert not nowhere.is_ready()
