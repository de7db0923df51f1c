"""What the head of a DICOM file says of it, read within bounds: enough to decide whether the whole is looked at."""

import warnings
import zlib
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

from pydicom.dataset import Dataset
from pydicom.filereader import read_dataset, read_partial
from pydicom.uid import DeflatedExplicitVRLittleEndian, ExplicitVRLittleEndian

from scarmass.imaging.mr.attributes import text_of

HEAD_BYTES = 256 * 2**10
"""Modality, descriptions and identifiers stand at the beginning, in groups 0008, 0010 and 0020."""
LAST_TAG = 0x0020000D
PREFIX = slice(128, 132)


@dataclass(frozen=True)
class Announced:
    """What is not said, or cannot be read, is empty."""

    sop_class_uid: str = ""
    sop_instance_uid: str = ""
    study_instance_uid: str = ""
    modality: str = ""
    study_description: str = ""
    series_description: str = ""
    patient_id: str = ""
    patient_name: str = ""
    patient_birth_date: str = ""


def announced(path: Path) -> Announced:
    """Of a file of DICOM part 10; of any other, and of one that is damaged, nothing is known."""
    with path.open("rb") as file:
        head = file.read(HEAD_BYTES)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # they quote what the file says, and that has no place in a log
        try:
            return _of(_dataset(head))
        except Exception:  # pydicom raises many kinds on damaged bytes; who reads the whole file says what is wrong
            return Announced()


def _of(dataset: Dataset) -> Announced:
    return Announced(
        sop_class_uid=_text(dataset, "SOPClassUID"),
        sop_instance_uid=_text(dataset, "SOPInstanceUID"),
        study_instance_uid=_text(dataset, "StudyInstanceUID"),
        modality=_text(dataset, "Modality"),
        study_description=_text(dataset, "StudyDescription"),
        series_description=_text(dataset, "SeriesDescription"),
        patient_id=_text(dataset, "PatientID"),
        patient_name=_text(dataset, "PatientName"),
        patient_birth_date=_text(dataset, "PatientBirthDate"),
    )


def _dataset(head: bytes) -> Dataset:
    return read_partial(BytesIO(_plain(head)), stop_when=lambda tag, *_: tag > LAST_TAG)


def _plain(head: bytes) -> bytes:
    """Of a deflated file the beginning of what it inflates to, within bounds, which pydicom does not have."""
    stream = BytesIO(head)
    stream.seek(PREFIX.stop)
    meta = read_dataset(stream, False, True, stop_when=lambda tag, *_: tag.group != 2)
    if meta.get("TransferSyntaxUID") != DeflatedExplicitVRLittleEndian:
        return head
    plain = ExplicitVRLittleEndian.encode().ljust(len(DeflatedExplicitVRLittleEndian), b"\0")
    start = head[: stream.tell()].replace(DeflatedExplicitVRLittleEndian.encode(), plain)
    return start + zlib.decompressobj(-zlib.MAX_WBITS).decompress(stream.read(), HEAD_BYTES)


def _text(dataset: Dataset, keyword: str) -> str:
    try:
        return text_of(dataset, keyword)
    except Exception:  # values are parsed lazily
        return ""
