"""Files read beside the server: what is slow, large or deadly ends there."""

import io
import os
import signal
from collections.abc import Iterator
from pathlib import Path

import psutil
import pydicom
import pytest
from pydicom.uid import ImplicitVRLittleEndian, RLELossless

from scarmass.domain.errors import ObjectRefused
from scarmass.imaging import examiner_process
from scarmass.imaging.bounds import Bounds
from scarmass.imaging.examiner import Died, Examiner, Examiners
from scarmass.imaging.mr.header import MrObject, read_object
from tests.processes import has_ended

pytestmark = pytest.mark.slow

EMPTY_ITEM = b"\xfe\xff\x00\xe0\0\0\0\0"


@pytest.fixture
def examiner() -> Iterator[Examiner]:
    examiner = Examiner(Bounds())
    yield examiner
    examiner.close()


def with_items(content: bytes, count: int) -> bytes:
    """The file with a sequence of empty items before its patient."""
    sequence = b"\x08\x00\x40\x11SQ\0\0\xff\xff\xff\xff" + EMPTY_ITEM * count + b"\xfe\xff\xdd\xe0\0\0\0\0"
    return content.replace(b"\x10\x00\x10\x00PN", sequence + b"\x10\x00\x10\x00PN", 1)


def with_large_name(content: bytes, length: int) -> bytes:
    dataset = pydicom.dcmread(io.BytesIO(content))
    dataset.PatientName = "A" * length
    dataset.file_meta.TransferSyntaxUID = ImplicitVRLittleEndian
    out = io.BytesIO()
    dataset.save_as(out, implicit_vr=True, little_endian=True)
    return out.getvalue()


def test_a_file_is_read_as_it_would_be_here(examiner: Examiner, phantom_files: list[Path]) -> None:
    assert examiner.examine(phantom_files[0], 30) == read_object(phantom_files[0].read_bytes())


def test_what_cannot_be_used_is_refused_with_the_reason(examiner: Examiner, tmp_path: Path) -> None:
    (tmp_path / "notes").write_bytes(b"hello")
    with pytest.raises(ObjectRefused, match="not a DICOM file"):
        examiner.examine(tmp_path / "notes", 30)


def test_a_file_that_takes_too_long_is_refused_and_the_next_one_read(
    examiner: Examiner, phantom_files: list[Path], tmp_path: Path
) -> None:
    (tmp_path / "slow").write_bytes(with_items(phantom_files[0].read_bytes(), 1_000_000))
    with pytest.raises(ObjectRefused, match=r"takes longer than 0\.5 s"):
        examiner.examine(tmp_path / "slow", 0.5)
    assert isinstance(examiner.examine(phantom_files[0], 30), MrObject)


def test_a_file_that_takes_too_much_memory_is_refused_and_the_next_one_read(
    phantom_files: list[Path], tmp_path: Path
) -> None:
    examiner = Examiner(Bounds(attribute_bytes=2**30))
    (tmp_path / "large").write_bytes(with_large_name(phantom_files[0].read_bytes(), 2**25))
    with pytest.raises(ObjectRefused, match="384 MiB of memory"):
        examiner.examine(tmp_path / "large", 30)
    assert isinstance(examiner.examine(phantom_files[0], 30), MrObject)
    examiner.close()


def test_an_attribute_that_is_too_large_is_refused_by_name(phantom_files: list[Path]) -> None:
    with pytest.raises(ObjectRefused, match="PatientName holds 8388608 bytes"):
        read_object(with_large_name(phantom_files[0].read_bytes(), 2**23))


def test_an_image_of_too_many_pixels_is_refused_before_it_is_decoded(phantom_files: list[Path]) -> None:
    with pytest.raises(ObjectRefused, match="too large"):
        read_object(phantom_files[0].read_bytes(), Bounds(image_pixels=2**10))


def test_a_process_that_is_killed_between_or_within_files_is_started_again(
    examiner: Examiner, phantom_files: list[Path]
) -> None:
    for _ in range(3):
        assert isinstance(examiner.examine(phantom_files[0], 30), MrObject)
        assert examiner._process is not None
        reader = psutil.Process(examiner._process.pid).children()[0]
        reader.send_signal(signal.SIGKILL)
        reader.wait(10)
    assert isinstance(examiner.examine(phantom_files[0], 30), MrObject)
    assert examiner._process is not None
    process = psutil.Process(examiner._process.pid)
    for one in (process, *process.children()):  # the process first, which would start another reader
        one.kill()
    with pytest.raises(ObjectRefused):
        examiner.examine(phantom_files[0], 30)
    assert isinstance(examiner.examine(phantom_files[0], 30), MrObject)


def test_a_file_that_ends_its_reader_is_refused(
    examiner: Examiner, phantom_files: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(examiner, "_asked", lambda *_: Died(signal.SIGSEGV))
    with pytest.raises(ObjectRefused, match="ends the program"):
        examiner.examine(phantom_files[0], 30)


def test_an_image_in_another_encoding_is_the_same_and_the_next_slice_another(
    examiner: Examiner, phantom_files: list[Path], tmp_path: Path
) -> None:
    dataset = pydicom.dcmread(phantom_files[0])
    dataset.compress(RLELossless, generate_instance_uid=False)
    dataset.save_as(tmp_path / "rle")
    assert examiner.are_same_image(phantom_files[0], tmp_path / "rle", 30)
    assert not examiner.are_same_image(phantom_files[0], phantom_files[1], 30)


def test_a_comparison_that_takes_too_long_is_refused(
    examiner: Examiner, phantom_files: list[Path], tmp_path: Path
) -> None:
    (tmp_path / "slow").write_bytes(with_items(phantom_files[0].read_bytes(), 1_000_000))
    with pytest.raises(ObjectRefused, match=r"takes longer than 0\.5 s"):
        examiner.are_same_image(phantom_files[0], tmp_path / "slow", 0.5)
    assert examiner.are_same_image(phantom_files[0], phantom_files[0], 30)


def test_what_decoders_throw_is_refused_whatever_its_type(
    phantom_files: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    class Panic(BaseException):
        pass

    def panic(*_args: object) -> None:
        raise Panic

    monkeypatch.setattr(examiner_process, "require_pixels", panic)
    assert "cannot be decoded" in str(examiner_process.examine(phantom_files[0], Bounds()))


def test_its_processes_end_with_the_one_that_asked(phantom_files: list[Path]) -> None:
    examiners = Examiners(processes=1)
    with examiners.one() as examiner:
        examiner.examine(phantom_files[0], 30)
        assert examiner._process is not None
        family = [examiner._process.pid, *(child.pid for child in psutil.Process(examiner._process.pid).children())]
        assert os.getpid() not in family
        assert examiner._connection is not None
        examiner._connection.close()
        examiner._process.wait(10)
    assert all(has_ended(pid) for pid in family)
