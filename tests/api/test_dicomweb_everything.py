"""Instances of whatever study are looked for by QIDO-RS: what the store is asked for is the page alone."""

from hashlib import sha256
from pathlib import Path
from unittest.mock import Mock

import pytest
from fastapi.testclient import TestClient
from pydicom import dcmread

from scarmass.services.context import Context
from tests.conftest import upload

pytestmark = pytest.mark.slow


def found(client: TestClient, query: str = "") -> list[str]:
    answer = client.get(f"/dicomweb/instances{query}").raise_for_status().json()
    return [one["00080018"]["Value"][0] for one in answer]


def test_the_store_is_asked_for_the_files_of_the_page_and_the_next_one_and_for_no_others(
    client: TestClient, context: Context, phantom_files: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    upload(client, phantom_files)
    everything = found(client)
    assert len(everything) == len(phantom_files)
    opened, asked = Mock(wraps=context.files.local), Mock(wraps=context.files.present)
    monkeypatch.setattr(context.files, "local", opened)
    monkeypatch.setattr(context.files, "present", asked)
    assert found(client, "?limit=2&offset=1") == everything[1:3]
    assert opened.call_count == 3
    assert not asked.called


def test_an_instance_whose_file_is_lost_is_left_out(
    client: TestClient, context: Context, phantom_files: list[Path]
) -> None:
    upload(client, phantom_files)
    everything = found(client)
    context.files.remove([sha256(phantom_files[0].read_bytes()).hexdigest()])
    everything.remove(str(dcmread(phantom_files[0]).SOPInstanceUID))
    assert found(client) == everything
    assert found(client, f"?limit={len(everything)}") == everything, "a page is as long as it may be"
