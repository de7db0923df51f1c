"""Taking studies in: nothing half-visible, nothing twice, nothing lost."""

import io
import zipfile
from io import BytesIO
from pathlib import Path

import pydicom
import pytest

from scarmass.services.context import Context
from scarmass.services.intake import Intake, take_in
from scarmass.storage import studies

pytestmark = pytest.mark.slow


def take(context: Context, named: dict[str, bytes]) -> Intake:
    return take_in(context.database, context.files, [(name, BytesIO(content)) for name, content in named.items()])


@pytest.fixture
def contents(phantom_files: list[Path]) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in phantom_files}


def stacks(context: Context, intake: Intake) -> list[list[str]]:
    with context.database.transaction() as session:
        study = studies.get_study(session, intake.studies[0].header.study_instance_uid)
        return [[one.header.sop_instance_uid for one in stack.slices] for stack in study.stacks]


def changed(content: bytes, **attributes: object) -> bytes:
    dataset = pydicom.dcmread(BytesIO(content))
    for keyword, value in attributes.items():
        setattr(dataset, keyword, value)
    out = BytesIO()
    dataset.save_as(out)
    return out.getvalue()


def test_importing_twice_changes_nothing(context: Context, contents: dict[str, bytes]) -> None:
    first, second = take(context, contents), take(context, contents)
    assert not second.rejected
    assert stacks(context, first) == stacks(context, second)
    assert len(stacks(context, first)[0]) == len(contents)


def test_the_good_files_beside_a_bad_one_are_kept(context: Context, contents: dict[str, bytes]) -> None:
    intake = take(context, {"notes.txt": b"hello", **contents, "cut.dcm": next(iter(contents.values()))[:900]})
    assert [refused.name for refused in intake.rejected] == ["notes.txt", "cut.dcm"]
    assert len(stacks(context, intake)[0]) == len(contents)


def test_a_study_that_arrives_in_parts_becomes_one_stack(context: Context, contents: dict[str, bytes]) -> None:
    names = list(contents)
    take(context, {name: contents[name] for name in names[::2]})
    intake = take(context, {name: contents[name] for name in names[1::2]})
    assert [len(stack) for stack in stacks(context, intake)] == [len(contents)]


def test_a_zip_with_folders_is_taken_in_whole(context: Context, contents: dict[str, bytes]) -> None:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as file:
        for name, content in contents.items():
            file.writestr(f"patient/series/{name}", content)
    intake = take(context, {"study.zip": archive.getvalue()})
    assert len(stacks(context, intake)[0]) == len(contents)


def test_the_same_uid_with_other_content_is_refused_and_the_stored_object_kept(
    context: Context, contents: dict[str, bytes]
) -> None:
    take(context, contents)
    name, content = next(iter(contents.items()))
    intake = take(context, {name: changed(content, SliceThickness="3.3")})
    assert not intake.studies
    assert "already stored with other content" in intake.rejected[0].reason


def test_another_patient_in_the_same_study_is_refused(context: Context, contents: dict[str, bytes]) -> None:
    take(context, contents)
    content = next(iter(contents.values()))
    intake = take(context, {"other.dcm": changed(content, PatientID="SOMEBODY-ELSE", SOPInstanceUID="1.2.3.4")})
    assert "PatientID" in intake.rejected[0].reason


def test_without_a_patient_id_the_name_tells_patients_apart(context: Context, contents: dict[str, bytes]) -> None:
    (first, one), (second, other) = list(contents.items())[:2]
    nameless = {
        first: changed(one, PatientID="", PatientName="Doe^Jane"),
        second: changed(other, PatientID="", PatientName="Roe^Richard"),
    }
    assert [refused.name for refused in take(context, nameless).rejected] == [second]


def test_another_birth_date_is_another_patient(context: Context, contents: dict[str, bytes]) -> None:
    take(context, contents)
    content = next(iter(contents.values()))
    intake = take(context, {"other.dcm": changed(content, PatientBirthDate="19000101", SOPInstanceUID="1.2.3.4")})
    assert "patient" in intake.rejected[0].reason


def test_a_study_of_which_nothing_could_be_kept_is_not_there(context: Context, contents: dict[str, bytes]) -> None:
    take(context, contents)
    stolen = {name: changed(content, StudyInstanceUID="1.2.3.4") for name, content in contents.items()}
    assert len(take(context, stolen).rejected) == len(contents)
    with context.database.transaction() as session:
        assert len(studies.page_of_studies(session, 10, None)) == 1


def test_a_crash_before_the_commit_leaves_nothing_visible_and_the_next_import_works(
    context: Context, contents: dict[str, bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    def crash(*_args: object) -> None:
        raise RuntimeError("power cut")

    with monkeypatch.context() as patched:
        patched.setattr(studies, "replace_stacks", crash)
        with pytest.raises(RuntimeError):
            take(context, contents)
    with context.database.transaction() as session:
        assert not studies.has_studies(session)
    assert [len(stack) for stack in stacks(context, take(context, contents))] == [len(contents)]
