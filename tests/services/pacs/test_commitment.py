"""Who asks whether we keep what a signed reading left as hears the truth."""

import uuid
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from scarmass.domain.pacs import Reference, ResultKind
from scarmass.services.context import Context
from scarmass.services.pacs.commit import commitment_of
from scarmass.services.readings.dicom_objects import dicom_objects
from tests.api.signing import accept_all, send, sign
from tests.services.readings.test_dicom_objects import Case, drawn

pytestmark = pytest.mark.slow


@pytest.fixture
def case(client: TestClient, context: Context, tmp_path: Path) -> Case:
    return Case(client, context, drawn(client, tmp_path).stack_id)


def references(case: Case, reading_id: uuid.UUID) -> list[Reference]:
    return [one.reference for one in dicom_objects(case.context, reading_id, list(ResultKind))]


def kept(case: Case, asked: list[Reference]) -> list[Reference]:
    told = commitment_of(case.context, "2.25.1", asked)
    assert {one for one, _ in told.failed} == set(asked) - set(told.committed)
    return list(told.committed)


def test_results_of_a_signed_reading_are_kept_until_another_version_replaces_them_or_an_image_is_lost(
    case: Case,
) -> None:
    draft = references(case, case.id)
    signed = case.signed()
    first = references(case, case.id)
    assert len({one.sop_class_uid for one in first}) == len(ResultKind)
    never = Reference(first[0].sop_class_uid, "2.25.42")
    assert kept(case, [*draft, *first, never]) == first

    newer = send(case.client, signed, "amend").raise_for_status().json()
    assert kept(case, first) == first, "a draft replaces nothing"
    sign(case.client, accept_all(case.client, newer))
    second = references(case, uuid.UUID(newer["id"]))
    assert kept(case, [*first, *second]) == second

    next(path for path in case.context.files.root.rglob("*") if path.is_file()).unlink()
    assert kept(case, second) == []
