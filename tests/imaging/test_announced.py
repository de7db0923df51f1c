"""What the head of a file says is read in every encoding, within bounds, and of no file is it trusted to be there."""

import random
import tracemalloc
import zlib
from io import BytesIO
from pathlib import Path

import pydicom
import pytest
from pydicom.uid import (
    UID,
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    RLELossless,
)

from scarmass.imaging.announced import HEAD_BYTES, Announced, announced


@pytest.fixture
def dataset(phantom_files: list[Path]) -> pydicom.FileDataset:
    dataset = pydicom.dcmread(phantom_files[0])
    dataset.SpecificCharacterSet = "ISO_IR 192"
    dataset.StudyDescription, dataset.SeriesDescription = "Herz-MRT spät", "LGE\\PSIR"
    return dataset


def written(folder: Path, content: bytes) -> Path:
    path = folder / "object"
    path.write_bytes(content)
    return path


@pytest.mark.parametrize(
    "syntax", [ImplicitVRLittleEndian, ExplicitVRLittleEndian, ExplicitVRBigEndian, DeflatedExplicitVRLittleEndian]
)
def test_every_encoding_announces_the_same(tmp_path: Path, dataset: pydicom.FileDataset, syntax: UID) -> None:
    dataset.file_meta.TransferSyntaxUID = syntax
    stream = BytesIO()
    if syntax == ExplicitVRBigEndian:
        dataset["PixelData"].VR = "OW"
    pydicom.dcmwrite(stream, dataset, enforce_file_format=True, **_encoding(syntax))
    found = announced(written(tmp_path, stream.getvalue()))
    assert found == Announced(
        dataset.SOPClassUID,
        dataset.SOPInstanceUID,
        dataset.StudyInstanceUID,
        "MR",
        "Herz-MRT spät",
        found.series_description,
        dataset.PatientID,
        dataset.PatientName,
        dataset.PatientBirthDate,
    )
    assert "LGE" in found.series_description


def _encoding(syntax: str) -> dict[str, bool]:
    return {"implicit_vr": syntax == ImplicitVRLittleEndian, "little_endian": syntax != ExplicitVRBigEndian}


def test_a_compressed_object_announces_itself_too(tmp_path: Path, dataset: pydicom.FileDataset) -> None:
    dataset.compress(RLELossless)
    stream = BytesIO()
    dataset.save_as(stream)
    assert announced(written(tmp_path, stream.getvalue())).modality == "MR"


@pytest.mark.parametrize("content", [b"", b"no DICOM", b"\0" * 128 + b"DICM", b"\0" * 128 + b"DICM" + b"\xff" * 999])
def test_of_what_is_no_dicom_nothing_is_known(tmp_path: Path, content: bytes) -> None:
    assert announced(written(tmp_path, content)) == Announced()


def test_a_deflated_bomb_is_inflated_within_bounds(tmp_path: Path, dataset: pydicom.FileDataset) -> None:
    dataset.file_meta.TransferSyntaxUID = DeflatedExplicitVRLittleEndian
    stream = BytesIO()
    pydicom.dcmwrite(stream, dataset, enforce_file_format=True)
    meta_ends = stream.getvalue().index(DeflatedExplicitVRLittleEndian.encode()) + 24
    deflating = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    private = b"\x07\x00\x10\x00OB\0\0" + (2**28).to_bytes(4, "little")
    bomb = deflating.compress(private + b"\0" * 2**28) + deflating.flush()
    tracemalloc.start()
    announced(written(tmp_path, stream.getvalue()[:meta_ends] + bomb))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 20 * HEAD_BYTES


def test_damage_in_the_head_is_survived(tmp_path: Path, dataset: pydicom.FileDataset) -> None:
    stream = BytesIO()
    dataset.save_as(stream)
    whole = stream.getvalue()
    chance = random.Random(4)
    for _ in range(300):
        damaged = bytearray(whole[: chance.choice([300, 1000, len(whole)])])
        for _ in range(chance.randrange(1, 12)):
            damaged[chance.randrange(128, min(len(damaged), 1200))] = chance.randrange(256)
        found = announced(written(tmp_path, bytes(damaged)))
        assert all(text.isprintable() for text in vars(found).values())
