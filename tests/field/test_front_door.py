"""Through the front door: what is taken in, what is already here, what is refused, and that the good is kept."""

import csv
import io
import uuid
import zipfile
from io import BytesIO
from pathlib import Path

import numpy as np
import pydicom
import pytest
from fastapi.testclient import TestClient
from pydicom.dataset import Dataset
from pydicom.uid import JPEG2000Lossless, RLELossless, generate_uid

from scarmass.services.context import Context
from scarmass.services.intake import Intake, take_in
from scarmass.storage import studies
from tests.conftest import upload
from tests.field.synthetic import encoded, enhanced, mr_stack, values

pytestmark = pytest.mark.slow

PYDICOM = Path(str(pydicom.__file__)).parent / "data"


def take(context: Context, *contents: bytes) -> Intake:
    named = [(f"{number}.dcm", BytesIO(content)) for number, content in enumerate(contents)]
    return take_in(context.database, context.files, named)


def warnings(context: Context, intake: Intake) -> list[tuple[str, ...]]:
    with context.database.transaction() as session:
        taken = [studies.get_study(session, one.header.study_instance_uid) for one in intake.studies]
    return [stack.warnings for study in taken for stack in study.stacks]


def copy_of(dataset: Dataset, **attributes: object) -> Dataset:
    copied = pydicom.dcmread(BytesIO(encoded(dataset)))
    for keyword, value in attributes.items():
        setattr(copied, keyword, value)
    return copied


def compressed(dataset: Dataset, syntax: str) -> bytes:
    copied = copy_of(dataset)
    copied.compress(syntax, generate_instance_uid=False)
    return encoded(copied)


@pytest.mark.parametrize("syntax", [RLELossless, JPEG2000Lossless])
def test_the_same_image_in_another_encoding_is_already_here(context: Context, syntax: str) -> None:
    stack = mr_stack(2)
    take(context, *map(encoded, stack))
    again = take(context, *(compressed(one, syntax) for one in stack))
    assert not again.rejected
    assert [one.number_of_slices for one in again.studies[0].stacks] == [2]


@pytest.mark.parametrize(
    "attribute", [{"AccessionNumber": "X1"}, {"PatientName": "Nobody^^"}, {"PatientComments": "x"}]
)
def test_the_same_image_with_a_coerced_attribute_is_already_here(
    context: Context, attribute: dict[str, object]
) -> None:
    stack = mr_stack(2)
    take(context, *map(encoded, stack))
    assert not take(context, *(encoded(copy_of(one, **attribute)) for one in stack)).rejected


@pytest.mark.parametrize(
    "attribute",
    [{"PixelData": values(9).tobytes()}, {"PixelSpacing": [1, 1]}, {"RescaleSlope": "2"}, {"SliceThickness": 3}],
)
def test_another_image_of_the_same_uid_is_refused_and_the_study_that_holds_it_named(
    context: Context, attribute: dict[str, object]
) -> None:
    (one,) = mr_stack(1)
    take(context, encoded(one))
    (refused,) = take(context, encoded(copy_of(one, **attribute))).rejected
    assert "with other content" in refused.reason
    assert one.StudyInstanceUID in refused.reason


def test_an_image_of_another_study_is_refused_and_that_study_named(context: Context) -> None:
    (one,) = mr_stack(1)
    take(context, encoded(one))
    (refused,) = take(context, encoded(copy_of(one, StudyInstanceUID=generate_uid()))).rejected
    assert "in another study" in refused.reason
    assert one.StudyInstanceUID in refused.reason


def test_two_names_under_one_patient_id_are_a_warning_on_both_stacks(context: Context) -> None:
    study = generate_uid()
    first = mr_stack(2, study, PatientName="A^B")
    second = mr_stack(2, study, PatientName="C^D", PixelSpacing=[1, 1])
    intake = take(context, *map(encoded, first + second))
    assert not intake.rejected
    assert len(warnings(context, intake)) == 2
    assert all("the images of this study name 2 patients: A^B; C^D" in said for said in warnings(context, intake))


def test_a_damaged_file_is_refused_and_the_good_one_beside_it_kept(context: Context) -> None:
    good, bad = mr_stack(2)
    bad.compress(RLELossless)
    broken = encoded(bad).replace(bad.PixelData[16:40], b"\xff" * 24)
    intake = take(context, broken, encoded(good))
    assert [refused.reason for refused in intake.rejected] == ["the pixel data cannot be decoded"]
    assert [one.number_of_slices for one in intake.studies[0].stacks] == [1]


def test_a_dicomdir_is_ignored_quietly(context: Context) -> None:
    directory = (PYDICOM / "test_files" / "dicomdirtests" / "DICOMDIR").read_bytes()
    intake = take(context, directory, *map(encoded, mr_stack(2)))
    assert (len(intake.studies), intake.rejected) == (1, [])


def test_images_compressed_with_loss_are_taken_in_and_said(context: Context) -> None:
    (said,) = warnings(context, take(context, *map(encoded, mr_stack(2, LossyImageCompression="01"))))
    assert any("compressed with loss" in warning for warning in said)


def archive(**entries: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as file:
        for name, content in entries.items():
            file.writestr(name, content)
    return out.getvalue()


def test_one_image_twice_in_an_upload_in_two_encodings_is_stored_once(context: Context) -> None:
    (one,) = mr_stack(1)
    intake = take(context, encoded(one), compressed(one, RLELossless))
    assert not intake.rejected
    assert len(list(context.files.names())) == 1


def test_an_empty_archive_and_one_within_another_are_refused_as_that(context: Context) -> None:
    assert [refused.reason for refused in take(context, archive()).rejected] == ["the archive is empty"]
    nested = archive(inner=archive(a=b"x"), good=encoded(mr_stack(1)[0]))
    intake = take(context, nested)
    assert [refused.reason for refused in intake.rejected] == ["an archive within an archive"]
    assert len(intake.studies) == 1


def test_the_frames_of_an_enhanced_object_are_a_stack_that_opens(client: TestClient, tmp_path: Path) -> None:
    path = tmp_path / "enhanced.dcm"
    path.write_bytes(encoded(enhanced(4)))
    (stack,) = upload(client, [path])["studies"][0]["stacks"]
    told = client.get(f"/api/v1/stacks/{stack['stack_id']}").json()
    assert [one["frame_number"] for one in told["slices"]] == [1, 2, 3, 4]
    assert [one["slice_spacing_mm"] for one in told["slices"]] == [10] * 4
    tags = set()
    for one in told["slices"]:
        answer = client.get(f"/api/v1/slices/{one['sop_instance_uid']}/{one['frame_number']}/pixels")
        stored = np.frombuffer(answer.content, "<u2").reshape(one["rows"], one["columns"])
        assert np.array_equal(stored, values(one["frame_number"] - 1))
        tags.add(answer.headers["etag"])
    assert len(tags) == 4
    assert not upload(client, [path])["rejected"]


def test_one_frame_of_an_enhanced_object_is_edited_and_the_others_are_not(client: TestClient, tmp_path: Path) -> None:
    path = tmp_path / "enhanced.dcm"
    path.write_bytes(encoded(enhanced(4)))
    (stack,) = upload(client, [path])["studies"][0]["stacks"]
    opened = client.post(f"/api/v1/stacks/{stack['stack_id']}/readings", json={"client_id": str(uuid.uuid4())}).json()
    url = f"/api/v1/readings/{opened['id']}"
    edit = {
        "client_id": str(uuid.uuid4()),
        "expected_revision": 0,
        "kind": "prompt",
        "sop_instance_uid": opened["slices"][2]["sop_instance_uid"],
        "frame_number": 3,
        "boxes": [{"x0": 4, "y0": 5, "x1": 9, "y1": 9}],
    }
    client.post(f"{url}/edits", json=edit).raise_for_status()
    slices = client.get(url).json()["slices"]
    assert [one["state"] == "edited" for one in slices] == [False, False, True, False]
    exported = csv.DictReader(io.StringIO(client.get(f"{url}/export").text))
    assert [row["frame_number"] for row in exported if row["frame_number"]] == ["1", "2", "3", "4"]


def test_one_image_in_every_encoding_that_pydicom_tests_itself_with_is_one_slice(context: Context) -> None:
    paths = [path for path in PYDICOM.rglob("MR_small*.dcm") if path.name != "MR_small_padded.dcm"]
    assert len(paths) > 5
    intake = take(context, *(path.read_bytes() for path in paths))
    assert intake.rejected == []
    assert [stack.number_of_slices for study in intake.studies for stack in study.stacks] == [1]


def test_of_all_that_pydicom_tests_itself_with_every_mr_image_comes_in_and_the_rest_is_refused_by_reason(
    context: Context,
) -> None:
    paths = sorted(path for path in (PYDICOM / "test_files").rglob("*") if path.is_file())
    intake = take_in(context.database, context.files, [(path.name, BytesIO(path.read_bytes())) for path in paths])
    reasons = {refused.name: refused.reason for refused in intake.rejected}
    assert all(reasons.values())
    assert reasons["MR_truncated.dcm"] == "the file is incomplete"
    assert reasons["CT_small.dcm"] == "not an MR image (CT Image Storage)"
    assert not {name for name in reasons if name.startswith(("MR_small", "DICOMDIR"))}
    assert len(intake.studies) > 3
