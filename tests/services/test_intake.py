"""Taking studies in: nothing half-visible, nothing twice, nothing lost."""

import errno
import io
import threading
import zipfile
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from multiprocessing.connection import Connection
from pathlib import Path

import pydicom
import pytest

from scarmass.domain.errors import ObjectRefused, StorageFull
from scarmass.domain.stack import Slice
from scarmass.imaging.archive import Refused
from scarmass.imaging.examiner import Examiner, Examiners
from scarmass.imaging.mr.header import MrObject, read_object
from scarmass.services.allowance import Allowance
from scarmass.services.context import Context
from scarmass.services.intake import Intake, take_in
from scarmass.storage import studies, worklist
from scarmass.storage.files import INCOMING

pytestmark = pytest.mark.slow


def take(context: Context, named: dict[str, bytes]) -> Intake:
    return take_in(context.database, context.files, [(name, BytesIO(content)) for name, content in named.items()])


@pytest.fixture
def contents(phantom_files: list[Path]) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in phantom_files}


def stacks(context: Context, intake: Intake) -> list[list[Slice]]:
    with context.database.transaction() as session:
        study = studies.get_study(session, intake.studies[0].header.study_instance_uid)
        return [list(stack.slices) for stack in study.stacks]


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
    assert (first.stored, first.already_here) == (len(contents), 0)
    assert (second.stored, second.already_here) == (0, len(contents))
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


def test_a_stored_image_that_comes_again_for_a_coerced_patient_is_already_here(
    context: Context, contents: dict[str, bytes]
) -> None:
    take(context, contents)
    coerced = {name: changed(content, PatientID="OTHER-1", PatientBirthDate="") for name, content in contents.items()}
    again = take(context, coerced)
    assert (again.stored, again.already_here, again.rejected) == (0, len(contents), [])


def test_a_stored_file_that_the_disk_has_lost_comes_back_with_the_same_object_alone(
    context: Context, contents: dict[str, bytes]
) -> None:
    taken = take(context, contents)
    lost = stacks(context, taken)[0][0]
    context.files.remove([lost.sha256])
    reencoded = {name: changed(content, StudyDescription="again") for name, content in contents.items()}
    (refused,) = take(context, reencoded).rejected
    assert "is missing" in refused.reason
    assert take(context, contents).already_here == len(contents)
    assert context.files.get(lost.sha256)


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
        assert len(worklist.page_of_studies(session, 10, None, removed=False)) == 1


def stored(context: Context) -> int:
    return sum(path.is_file() for path in context.files.root.rglob("*"))


def test_what_is_refused_leaves_no_byte_on_the_disk(context: Context, contents: dict[str, bytes]) -> None:
    take(context, contents)
    content = next(iter(contents.values()))
    refused = {
        "another patient": changed(content, PatientID="SOMEBODY-ELSE", SOPInstanceUID="1.2.3.4"),
        "other content": changed(content, SliceThickness="3.3"),
        "not DICOM": b"hello",
    }
    assert len(take(context, refused).rejected) == 3
    assert stored(context) == len(contents)
    assert not list((context.files.root / INCOMING).iterdir())


def test_uploads_that_cross_wait_for_each_other_and_never_in_a_circle(
    context: Context, contents: dict[str, bytes]
) -> None:
    one = list(contents.values())
    other = [changed(content, StudyInstanceUID="1.2.3.4") for content in reversed(one)]
    for _ in range(5):
        start = threading.Barrier(2)

        def upload(parts: list[bytes], start: threading.Barrier = start) -> Intake:
            start.wait()
            return take(context, {str(n): content for n, content in enumerate(parts)})

        with ThreadPoolExecutor(2) as threads:
            results = list(threads.map(upload, [one, other]))
        assert sorted(bool(result.studies) for result in results) == [False, True]


def test_slow_files_leave_time_for_the_good_ones_beside_them(
    context: Context, contents: dict[str, bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    def examined(examiner: Examiner, path: Path, seconds: float) -> MrObject:
        if path.read_bytes() == b"slow":
            clock[threading.get_ident()] += seconds
            raise ObjectRefused("it takes too long")
        return read_object(path.read_bytes())

    clock: dict[int, float] = defaultdict(float)  # each thread spends its own time
    monkeypatch.setattr("scarmass.services.allowance.monotonic", lambda: clock[threading.get_ident()])
    monkeypatch.setattr(Examiner, "examine", examined)
    slow = [(f"slow_{n}", BytesIO(b"slow")) for n in range(8)]
    good = [(name, BytesIO(content)) for name, content in contents.items()]
    intake = take_in(context.database, context.files, slow + good, allowance=Allowance(8))
    assert len(stacks(context, intake)[0]) == len(contents)
    assert sum(clock.values()) < 8
    endless = [(f"slow_{n}", BytesIO(b"slow")) for n in range(1000)]
    intake = take_in(context.database, context.files, endless, allowance=Allowance(8))
    assert sum(clock.values()) < 17
    assert len(intake.rejected) == 1000
    assert "took all the time" in intake.rejected[-1].reason


def test_starting_the_processes_that_read_takes_nothing_of_an_uploads_time(
    context: Context, contents: dict[str, bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    def started(examiner: Examiner) -> Connection:
        clock[threading.get_ident()] += 60
        return start(examiner)

    start = Examiner._start
    clock: dict[int, float] = defaultdict(float)
    monkeypatch.setattr("scarmass.services.allowance.monotonic", lambda: clock[threading.get_ident()])
    monkeypatch.setattr(Examiner, "_start", started)
    named = [(name, BytesIO(content)) for name, content in contents.items()]
    examiners = Examiners(processes=1)
    try:
        intake = take_in(context.database, context.files, named, examiners=examiners, allowance=Allowance(8))
    finally:
        examiners.close()
    assert sum(clock.values()) == 60
    assert not intake.rejected


def test_nothing_more_is_read_once_nobody_waits_for_the_answer(context: Context, contents: dict[str, bytes]) -> None:
    allowance = Allowance(60)
    allowance.abandoned.set()
    intake = take_in(context.database, context.files, [("a", BytesIO(b"a"))], allowance=allowance)
    assert intake.rejected == [Refused("a", "the connection was lost before this file was read")]


def test_a_disk_that_is_full_refuses_the_upload_and_keeps_what_was_there(
    context: Context, contents: dict[str, bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_path: Path) -> None:
        raise OSError(errno.ENOSPC, "full")

    names = list(contents)
    take(context, {name: contents[name] for name in names[:3]})
    with monkeypatch.context() as patched:
        patched.setattr("scarmass.storage.local_store.sync", full)
        with pytest.raises(StorageFull):
            take(context, contents)
    assert stored(context) == 3
    with context.database.transaction() as session:
        (study,) = worklist.page_of_studies(session, 10, None, removed=False)
        assert sum(stack.number_of_slices for stack in study.stacks) == 3
    assert [len(stack) for stack in stacks(context, take(context, contents))] == [len(contents)]


def test_a_crash_before_the_commit_leaves_nothing_visible_and_the_next_import_works(
    context: Context, contents: dict[str, bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    def crash(*_args: object) -> None:
        raise RuntimeError("power cut")

    with monkeypatch.context() as patched:
        patched.setattr("scarmass.storage.stacks.replace_stacks", crash)
        with pytest.raises(RuntimeError):
            take(context, contents)
    with context.database.transaction() as session:
        assert not studies.has_studies(session)
    assert [len(stack) for stack in stacks(context, take(context, contents))] == [len(contents)]
