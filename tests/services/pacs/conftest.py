"""The services' context with a network of fakes, and a reading that is signed."""

import uuid
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from scarmass.domain.pacs import Peer
from scarmass.services.context import Context
from scarmass.services.pacs import send
from scarmass.storage.spool import Spool
from tests.api.signing import ANNA, accept_all, open_reading, sign
from tests.fake_pacs import KEEPER, PACS, SENDS, FakePacs, objects_of
from tests.kept import Kept


@pytest.fixture
def pacs() -> FakePacs:
    return FakePacs(PACS)


@pytest.fixture
def keeper() -> FakePacs:
    return FakePacs(KEEPER)


@pytest.fixture
def networked(
    context: Context,
    client: TestClient,
    pacs: FakePacs,
    keeper: FakePacs,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Context:
    """The context whose peers are the two fakes; what is signed goes to the first one.

    The client's worker began before there was a network, so that tests do its jobs themselves.
    """

    def client_of(peer: Peer) -> FakePacs:
        return pacs if peer == PACS else keeper

    context.network, context.client_of = SENDS, client_of
    context.spool = Spool(tmp_path / "spool")
    monkeypatch.setattr(send, "result_objects", lambda _, reading_id, kinds: objects_of(reading_id, kinds))
    return context


@pytest.fixture
def unsigned(client: TestClient, context: Context, kept_stack: Kept[str]) -> dict:
    """A reading whose every slice is decided."""
    kept_stack.put_into(context)
    return accept_all(client, open_reading(client, kept_stack.told, ANNA))


@pytest.fixture
def signed(unsigned: dict, networked: Context, client: TestClient) -> uuid.UUID:
    return uuid.UUID(sign(client, unsigned)["id"])
