"""Segmentations of others stand beside the images of their study: found by QIDO-RS, fetched by WADO-RS."""

import hashlib
from contextlib import AbstractContextManager
from io import BytesIO
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from pydicom import Dataset, dcmread
from sqlalchemy import text

from scarmass.domain.errors import FileDamaged
from scarmass.domain.pacs import Reference, ResultKind, ResultObject
from scarmass.services.context import Context
from scarmass.services.dicomweb import results
from scarmass.services.pacs.commit import commitment_of
from tests.api.dicomweb_requests import RELATED, body, files_of, stored
from tests.api.signing import accept_all, open_reading, problem_of, sign
from tests.conftest import upload
from tests.imaging.segmentation_objects import changed, segmentation_of

pytestmark = pytest.mark.slow

STUDIES = "/dicomweb/studies"
SERIES, INSTANCE = "1.2.3.7", "1.2.3.7.1"


@pytest.fixture
def content(phantom_files: list[Path]) -> bytes:
    """A SEG of the phantom's first slice."""
    return segmentation_of(phantom_files[0], SeriesDescription="Core lab", SeriesNumber=70, InstanceNumber=3)


@pytest.fixture
def study(phantom_files: list[Path]) -> str:
    return str(dcmread(phantom_files[0]).StudyInstanceUID)


def found(client: TestClient, path: str) -> list[Dataset]:
    return [Dataset.from_json(one) for one in client.get(f"/dicomweb/{path}").raise_for_status().json()]


def test_a_segmentation_is_stored_found_and_fetched_like_an_image(
    client: TestClient, context: Context, phantom_files: list[Path], content: bytes, study: str
) -> None:
    upload(client, phantom_files)
    answer = client.post(STUDIES, content=body(content), headers=RELATED)
    assert (answer.status_code, stored(answer)) == (200, [INSTANCE])

    (told,) = found(client, "studies?ModalitiesInStudy=SEG")
    assert list(told.ModalitiesInStudy) == ["MR", "SEG"]
    assert (told.NumberOfStudyRelatedSeries, told.NumberOfStudyRelatedInstances) == (2, len(phantom_files) + 1)
    for path in ("series?Modality=SEG", f"studies/{study}/series?SeriesDescription=Core*"):
        (series,) = found(client, path)
        assert (series.SeriesInstanceUID, series.SeriesNumber, series.NumberOfSeriesRelatedInstances) == (SERIES, 70, 1)
    (instance,) = found(client, f"instances?SOPInstanceUID={INSTANCE}")
    assert (instance.SOPClassUID, instance.InstanceNumber) == (dcmread(BytesIO(content)).SOPClassUID, 3)

    place = f"{STUDIES}/{study}/series/{SERIES}"
    assert files_of(client.get(place)) == files_of(client.get(f"{place}/instances/{INSTANCE}")) == [content]
    assert content in files_of(client.get(f"{STUDIES}/{study}"))
    (metadata,) = client.get(f"{place}/metadata").json()
    assert Dataset.from_json(metadata).SeriesDescription == "Core lab"

    reference = Reference(str(instance.SOPClassUID), INSTANCE)
    assert commitment_of(context, "2.25.1", [reference]).committed == (reference,)


def with_raw(content: bytes, keyword: str, vr: bytes, value: bytes) -> bytes:
    """The object with an attribute that pydicom would not write."""
    sound = b"\x08\0" + b"9" * 8
    placed = changed(content, **{keyword: "9" * 8})
    said = placed[placed.index(sound) - 2 :][:2] + sound
    return placed.replace(said, vr + len(value).to_bytes(2, "little") + value)


@pytest.mark.parametrize(
    ("keyword", "vr", "value"),
    [
        ("SeriesNumber", b"IS", b"7a"),
        ("SeriesNumber", b"IS", b"1\\2 "),
        ("SeriesNumber", b"IS", b"99999999999 "),
        ("SeriesNumber", b"US", b"odd"),
        ("InstanceNumber", b"IS", b"xx"),
        ("InstanceNumber", b"IS", b"1.50"),
        ("SeriesDescription", b"LO", b"one\\two "),
    ],
)
def test_a_segmentation_with_a_value_that_is_none_is_answered_beside_the_others(
    client: TestClient, phantom_files: list[Path], content: bytes, study: str, keyword: str, vr: bytes, value: bytes
) -> None:
    upload(client, phantom_files)
    client.post(STUDIES, content=body(with_raw(content, keyword, vr, value)), headers=RELATED).raise_for_status()
    for level in ("studies", "series", "instances", f"studies/{study}/series", f"studies/{study}/instances"):
        told = found(client, level)
        assert level == "studies" or SERIES in {one.SeriesInstanceUID for one in told}
    client.get(f"{STUDIES}/{study}/metadata").raise_for_status()
    assert found(client, "instances?InstanceNumber=1")


def test_a_damaged_segmentation_is_left_out_of_its_study_and_refused_by_name(
    client: TestClient,
    context: Context,
    phantom_files: list[Path],
    content: bytes,
    study: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    upload(client, phantom_files)
    client.post(STUDIES, content=body(content), headers=RELATED).raise_for_status()
    read = context.files.local

    def local(sha256: str) -> AbstractContextManager[Path]:
        if sha256 == hashlib.sha256(content).hexdigest():
            raise FileDamaged(f"the stored object {sha256} is damaged")
        return read(sha256)

    monkeypatch.setattr(context.files, "local", local)
    assert len(files_of(client.get(f"{STUDIES}/{study}").raise_for_status())) == len(phantom_files)
    refused = client.get(f"{STUDIES}/{study}/series/{SERIES}/instances/{INSTANCE}")
    assert problem_of(refused) == (409, "FileDamaged")
    assert "Retry-After" not in refused.headers


def test_a_segmentation_whose_images_have_not_come_is_found_too(
    client: TestClient, content: bytes, study: str, phantom_files: list[Path]
) -> None:
    client.post(STUDIES, content=body(content), headers=RELATED).raise_for_status()
    (told,) = found(client, "studies")
    assert (told.StudyInstanceUID, told.ModalitiesInStudy, told.NumberOfStudyRelatedInstances) == (study, "SEG", 1)
    assert told.PatientID == dcmread(phantom_files[0]).PatientID
    assert [one.SOPInstanceUID for one in found(client, "instances")] == [INSTANCE]
    assert files_of(client.get(f"{STUDIES}/{study}")) == [content]


def test_a_result_that_came_back_to_us_is_told_once(
    client: TestClient, phantom_files: list[Path], content: bytes, study: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = changed(content, SOPInstanceUID="1.2.3.7.2")
    results_by_uid = {INSTANCE: content, "1.2.3.7.2": made}
    monkeypatch.setattr(
        results,
        "objects_of_reading",
        lambda context, reading_id, kind: [
            ResultObject(kind, Reference("", uid), one) for uid, one in results_by_uid.items() if kind is ResultKind.SEG
        ],
    )
    stack = upload(client, phantom_files)["studies"][0]["stacks"][0]
    sign(client, accept_all(client, open_reading(client, stack["stack_id"], {})))
    client.post(STUDIES, content=body(content), headers=RELATED).raise_for_status()
    told = [one.SOPInstanceUID for one in found(client, f"studies/{study}/instances?Modality=SEG")]
    assert sorted(told) == sorted(results_by_uid)


def test_an_image_is_told_of_whichever_of_its_frames_are_kept(
    client: TestClient, context: Context, phantom_files: list[Path], study: str
) -> None:
    upload(client, phantom_files[:1])
    with context.database.transaction() as session:
        for uid, frames in (("1.2.3.8.1", (2, 3)), ("1.2.3.8.2", ())):
            session.execute(
                text("insert into instances select :uid, study_instance_uid, '1.2.3.8', sha256 from instances limit 1"),
                {"uid": uid},
            )
            for number in frames:
                session.execute(
                    text("insert into frames select :uid, :number, header from frames limit 1"),
                    {"uid": uid, "number": number},
                )
    told = [one.SOPInstanceUID for one in found(client, f"studies/{study}/series/1.2.3.8/instances")]
    assert told == ["1.2.3.8.1", "1.2.3.8.2"]
    assert len(files_of(client.get(f"{STUDIES}/{study}"))) == 3
