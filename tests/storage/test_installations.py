"""A bucket is one installation's: another database neither stores nor removes anything there."""

import uuid
from pathlib import Path

import pytest

from scarmass.domain.errors import StoreNotOurs
from scarmass.services.context import Context
from scarmass.storage.installations import RESTORING, installation_id, require_ours, set_installation_id
from scarmass.storage.object_store import ObjectStore
from tests.object_service import ObjectService


@pytest.fixture
def store(object_service: ObjectService, tmp_path: Path) -> ObjectStore:
    return ObjectStore(object_service.new_bucket(), tmp_path)


def become_another(context: Context) -> uuid.UUID:
    with context.database.transaction() as session:
        set_installation_id(session, another := uuid.uuid4())
    return another


def test_an_installation_keeps_its_id(context: Context) -> None:
    with context.database.transaction() as session:
        first = installation_id(session)
    with context.database.transaction() as session:
        assert installation_id(session) == first


def test_an_empty_store_is_of_whoever_opens_it_first_and_of_nobody_else(context: Context, store: ObjectStore) -> None:
    for _ in range(2):
        require_ours(context.database, store)
    assert list(store.names()) == [], "what says whose it is is no stored file"
    become_another(context)
    with pytest.raises(StoreNotOurs, match="another installation"):
        require_ours(context.database, store)


def test_a_store_of_objects_that_says_nothing_is_of_nobody_until_somebody_says_so(
    context: Context, store: ObjectStore
) -> None:
    sha256 = store.put(b"x")
    with pytest.raises(StoreNotOurs, match="empty prefix"):
        require_ours(context.database, store)
    with context.database.transaction() as session:
        store.say_whose(f"{installation_id(session)}\n")
    require_ours(context.database, store)
    assert store.has(sha256)


def test_a_store_that_is_being_restored_into_is_of_the_installation_that_this_makes(
    context: Context, store: ObjectStore
) -> None:
    restored = uuid.uuid4()
    store.say_whose(f"{RESTORING}{restored}")
    with pytest.raises(StoreNotOurs, match="restore again"):
        require_ours(context.database, store)
    with context.database.transaction() as session:
        set_installation_id(session, restored)
    require_ours(context.database, store)
    assert store.whose() == str(restored)


def test_a_folder_of_this_machine_is_asked_for_nothing(context: Context) -> None:
    context.files.put(b"x")
    require_ours(context.database, context.files)
