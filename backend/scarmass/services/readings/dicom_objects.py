"""What a reading leaves as: DICOM objects, each read back by readers that are not ours before it is given away."""

import uuid
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from pydicom.dataset import Dataset

from scarmass.domain.errors import ObjectRefused, SourceMissing
from scarmass.domain.pacs import Reference, ResultKind, ResultObject
from scarmass.domain.reading import Reading
from scarmass.imaging.mr.encoding import open_dataset
from scarmass.imaging.mr.enhanced import MULTI_FRAME
from scarmass.imaging.result import SOP_CLASS, Edition, SourceImage, patient_and_study
from scarmass.imaging.seg.read_back import require_same_masks
from scarmass.imaging.seg.write import write_segmentation
from scarmass.services.context import Context
from scarmass.services.readings.load import MeasuredReading, measured
from scarmass.services.readings.outlines import outlines_of
from scarmass.storage import readings
from scarmass.storage.versions import last_change


@dataclass(frozen=True)
class _Leaving:
    """A reading on its way out, with the stored images that it is of."""

    found: MeasuredReading
    edition: Edition
    patient: Dataset
    images: tuple[SourceImage, ...]


def dicom_objects(context: Context, reading_id: uuid.UUID, kinds: Collection[ResultKind]) -> list[ResultObject]:
    """The objects of these kinds, in their order; a version of a reading has the same ones each time.

    Raises ReadingNotFound, NothingOutlined, SlicesDiffer, SourceMissing, ResultNotReadBack, ReportNotTypeset.
    """
    with context.database.transaction() as session:
        found = measured(context, session, readings.get_reading(session, reading_id))
        changed_by, changed_at = last_change(session, reading_id)
    images, patient = _sources(context, found.reading)
    leaving = _Leaving(found, _edition(context, found.reading, changed_by, changed_at), patient, images)
    return [one for kind in kinds for one in _MAKERS[kind](leaving)]


def _segmentation(leaving: _Leaving) -> list[ResultObject]:
    outlines = outlines_of(leaving.found.reading)
    content = write_segmentation(leaving.edition, leaving.patient, leaving.images, outlines)
    require_same_masks(content, outlines)
    return [_object(leaving, ResultKind.SEG, content)]


_MAKERS = {ResultKind.SEG: _segmentation}


def _object(leaving: _Leaving, kind: ResultKind, content: bytes, *parts: object) -> ResultObject:
    return ResultObject(kind, Reference(SOP_CLASS[kind], leaving.edition.sop_instance_uid(kind, *parts)), content)


def _edition(context: Context, reading: Reading, changed_by: str, changed_at: datetime) -> Edition:
    record, signature = reading.record, reading.record.signature
    if signature is not None:
        return Edition(reading.id, record.version, signature.reader, signature.signed_at, replaces=record.replaces)
    follows_from = reading.revision, len(reading.proposed), context.recipe_of(reading)
    return Edition(reading.id, record.version, changed_by, changed_at, repr(follows_from), record.replaces)


def _sources(context: Context, reading: Reading) -> tuple[tuple[SourceImage, ...], Dataset]:
    """The images of the reading's slices, in their order, and the patient and study of the first one."""
    kinds: dict[str, str] = {}
    patient = Dataset()
    try:
        for sha256 in dict.fromkeys(one.sha256 for one in reading.slices):
            source = open_dataset(context.files.get(sha256))
            kinds[sha256] = str(source.SOPClassUID)
            patient = patient or patient_and_study(source)
    except (OSError, ObjectRefused) as error:
        raise SourceMissing("an image of the reading cannot be read from the store") from error
    return tuple(
        SourceImage(one, kinds[one.sha256], kinds[one.sha256] in MULTI_FRAME) for one in reading.slices
    ), patient
