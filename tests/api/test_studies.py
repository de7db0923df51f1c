"""Upload, worklist, stacks and slices over REST."""

import errno
import io
import zipfile
from pathlib import Path

import numpy as np
import pydicom
import pytest
from fastapi.testclient import TestClient
from PIL import Image

from scarmass.phantom.demonstration import write_phantom
from scarmass.services.context import Context
from scarmass.storage.room import Room
from tests.conftest import small_studies, upload


def test_an_upload_answers_with_its_stacks_and_what_it_refused(client: TestClient, phantom_files: list[Path]) -> None:
    parts = [("files", (path.name, path.read_bytes())) for path in phantom_files]
    answer = client.post("/api/v1/studies", files=[*parts, ("files", ("notes.txt", b"hello"))])
    assert answer.status_code == 201
    (study,) = answer.json()["studies"]
    (stack,) = study["stacks"]
    assert stack["number_of_slices"] == len(phantom_files)
    assert stack["is_lge"] is True
    assert "LGE" in stack["is_lge_because"].upper()
    assert answer.json()["rejected"] == [{"name": "notes.txt", "reason": "not a DICOM file"}]


def test_a_zip_is_as_good_as_its_files(client: TestClient, phantom_files: list[Path]) -> None:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as file:
        for path in phantom_files:
            file.write(path, f"a/{path.name}")
    answer = client.post("/api/v1/studies", files=[("files", ("s.zip", archive.getvalue()))])
    assert answer.json()["studies"][0]["stacks"][0]["number_of_slices"] == len(phantom_files)


def test_an_upload_of_nothing_usable_says_why_for_each_file(client: TestClient) -> None:
    answer = client.post("/api/v1/studies", files=[("files", ("notes.txt", b"hello"))])
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["rejected"] == [{"name": "notes.txt", "reason": "not a DICOM file"}]


def test_a_full_disk_answers_507_with_the_reason(
    client: TestClient, phantom_files: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_path: Path) -> None:
        raise OSError(errno.ENOSPC, "full")

    monkeypatch.setattr("scarmass.storage.local_store.sync", full)
    answer = client.post("/api/v1/studies", files=[("files", ("a.dcm", phantom_files[0].read_bytes()))])
    assert answer.status_code == 507
    assert answer.json()["type"].endswith("StorageFull")
    assert "full" in answer.json()["detail"]
    assert client.get("/api/v1/studies").json()["studies"] == []


def test_a_body_without_files_is_invalid(client: TestClient) -> None:
    assert client.post("/api/v1/studies", data={"files": "text"}).status_code == 422
    assert client.post("/api/v1/studies", content=b"nothing").status_code == 422


@pytest.mark.parametrize("charset", ["utf-7", "raw_unicode_escape", "undefined", "nonsense"])
def test_no_charset_of_a_file_name_breaks_the_answer(client: TestClient, charset: str) -> None:
    head = b'--x\r\nContent-Disposition: form-data; name="files"; filename="+2AA- \\ud800"\r\n\r\n'
    headers = {"Content-Type": f"multipart/form-data; boundary=x; charset={charset}"}
    answer = client.post("/api/v1/studies", content=head + b"hello\r\n--x--\r\n", headers=headers)
    assert answer.status_code == 422


def test_the_worklist_pages_newest_first_without_losing_a_study(client: TestClient, tmp_path: Path) -> None:
    studies = list(small_studies(7))
    for study in studies:
        upload(client, write_phantom(tmp_path / study.patient_id, study))
    seen, cursor = [], None
    while True:
        page = client.get("/api/v1/studies", params={"limit": 3} | ({"cursor": cursor} if cursor else {})).json()
        seen += [study["study_date"] for study in page["studies"]]
        if (cursor := page["next_cursor"]) is None:
            break
    assert seen == sorted((study.study_date for study in studies), reverse=True)


@pytest.mark.parametrize("cursor", ["x", "bnVsbA==", "WzEsMl0=", "WyJhIiwgImIiLCAiYyJd", "WyJcdWQ4MDAiLCJhIl0=", "é"])
def test_a_forged_cursor_is_refused(client: TestClient, cursor: str) -> None:
    assert client.get("/api/v1/studies", params={"cursor": cursor}).status_code == 422


def test_a_stack_tells_the_geometry_of_its_files(client: TestClient, phantom_files: list[Path]) -> None:
    stack_id = upload(client, phantom_files[::-1])["studies"][0]["stacks"][0]["stack_id"]
    stack = client.get(f"/api/v1/stacks/{stack_id}").json()
    assert [s["index"] for s in stack["slices"]] == list(range(len(phantom_files)))
    for path, told in zip(phantom_files, stack["slices"], strict=True):
        dataset = pydicom.dcmread(path)
        assert told["sop_instance_uid"] == dataset.SOPInstanceUID
        assert told["pixel_spacing_mm"] == [float(n) for n in dataset.PixelSpacing]
        assert told["position_mm"] == [float(n) for n in dataset.ImagePositionPatient]
    assert stack["patient"]["name"] == "Phantom^Anterior"


def test_what_the_reader_says_of_a_stack_outlives_another_import(client: TestClient, phantom_files: list[Path]) -> None:
    stack_id = upload(client, phantom_files)["studies"][0]["stacks"][0]["stack_id"]
    changed = client.patch(f"/api/v1/stacks/{stack_id}", json={"is_lge": False, "contrast": "psir"}).json()
    assert (changed["is_lge"], changed["contrast"], changed["is_lge_because"]) == (False, "psir", "set by the reader")
    upload(client, phantom_files)
    assert client.get(f"/api/v1/stacks/{stack_id}").json() == changed


def test_pixels_thumbnail_and_file_of_a_slice(client: TestClient, phantom_files: list[Path]) -> None:
    stack_id = upload(client, phantom_files)["studies"][0]["stacks"][0]["stack_id"]
    told = client.get(f"/api/v1/stacks/{stack_id}").json()["slices"][2]
    slice_url = f"/api/v1/slices/{told['sop_instance_uid']}/1"
    pixels = client.get(f"{slice_url}/pixels")
    dataset = pydicom.dcmread(phantom_files[2])
    values = np.frombuffer(pixels.content, np.dtype(told["dtype"]).newbyteorder("<"))
    assert np.array_equal(values.reshape(told["rows"], told["columns"]), dataset.pixel_array)
    again = client.get(f"{slice_url}/pixels", headers={"If-None-Match": pixels.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert {pixels.headers["cache-control"], again.headers["cache-control"]} == {"private, no-cache"}
    file = client.get(f"{slice_url}/file")
    assert file.content == phantom_files[2].read_bytes()
    assert file.headers["content-disposition"] == f'attachment; filename="{told["sop_instance_uid"]}.dcm"'
    assert Image.open(io.BytesIO(client.get(f"{slice_url}/thumbnail").content)).format == "PNG"


@pytest.mark.parametrize(
    "path",
    ["studies/1.2.3", "stacks/nothing", "slices/1.2.3/1/pixels", "readings/00000000-0000-0000-0000-000000000000"],
)
def test_what_does_not_exist_is_a_404_problem(client: TestClient, path: str) -> None:
    answer = client.get(f"/api/v1/{path}")
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"


def test_an_upload_without_room_is_refused_at_once_and_readyz_tells(
    client: TestClient, context: Context, phantom_files: list[Path]
) -> None:
    assert client.get("/readyz").json()["storage"]["has_room"]
    context.files.room = Room(context.files.root, largest_bytes=1000)
    for answer in (
        client.post("/api/v1/studies", files=[("files", ("a.dcm", phantom_files[0].read_bytes()))]),
        client.post("/dicomweb/studies", content=b"-" * 2000),
    ):
        assert (answer.status_code, answer.json()["type"]) == (507, "urn:scarmass:problem:StorageFull")
    assert client.get("/api/v1/studies").json()["studies"] == []
    context.files.room = Room(context.files.root, least_free_bytes=2**60)
    ready = client.get("/readyz")
    assert (ready.status_code, ready.json()["storage"]["has_room"]) == (200, False)
