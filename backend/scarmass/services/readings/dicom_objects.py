"""What a reading leaves as: DICOM objects, each read back by readers that are not ours before it is given away."""

import uuid
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime
from io import BytesIO

import numpy as np
from pydicom import Dataset, dcmread

from scarmass.domain.errors import FileDamaged, ObjectRefused, PixelsUndecodable, ResultNotReadBack, SourceMissing
from scarmass.domain.pacs import Reference, ResultKind, ResultObject
from scarmass.domain.reading import Reading
from scarmass.imaging.encapsulated_pdf import parts_of, write_encapsulated_pdf
from scarmass.imaging.mr.encoding import open_dataset
from scarmass.imaging.mr.enhanced import MULTI_FRAME
from scarmass.imaging.result import SOP_CLASS, Edition, SourceImage, identity_of, patient_and_study
from scarmass.imaging.secondary_capture import write_key_image
from scarmass.imaging.seg.read_back import require_same_masks
from scarmass.imaging.seg.write import write_segmentation
from scarmass.imaging.sr.read_back import require_same_numbers
from scarmass.imaging.sr.write import write_report
from scarmass.services.context import Context
from scarmass.services.readings.key_images import PICTURE_MM, key_picture, with_most
from scarmass.services.readings.load import MeasuredReading, measured
from scarmass.services.readings.measurements import groups_of
from scarmass.services.readings.outlines import outlines_of
from scarmass.services.readings.report import report_of
from scarmass.services.readings.report_pages import to_pdf
from scarmass.services.readings.report_sheet import sheet_of
from scarmass.services.readings.words import Language
from scarmass.storage import readings
from scarmass.storage.versions import last_change

MISSING = "an image of the reading cannot be read from the store"


@dataclass(frozen=True)
class _Leaving:
    """A reading on its way out, with the stored images that it is of."""

    context: Context
    found: MeasuredReading
    edition: Edition
    patient: Dataset
    images: tuple[SourceImage, ...]


def dicom_objects(context: Context, reading_id: uuid.UUID, kinds: Collection[ResultKind]) -> list[ResultObject]:
    """The objects of these kinds, in their order; a version of a reading has the same ones each time.

    There are as many key images as the report has, and one of every other kind.
    Raises ReadingNotFound, NothingOutlined, SlicesDiffer, SourceMissing, ResultNotReadBack, ReportNotTypeset.
    """
    with context.database.transaction() as session:
        found = measured(context, session, readings.get_reading(session, reading_id))
        changed_by, changed_at = last_change(session, reading_id)
    images, patient = _sources(context, found.reading)
    whose, edition = identity_of(patient), _edition(context, found.reading, changed_by, changed_at)
    leaving = _Leaving(context, found, edition, patient, images)
    objects = [one for kind in kinds for one in _MAKERS[kind](leaving)]
    if any(identity_of(dcmread(BytesIO(one.content), stop_before_pixels=True)) != whose for one in objects):
        raise ResultNotReadBack("an object reads back as another patient's, or as of another study")
    return objects


def _segmentation(leaving: _Leaving) -> list[ResultObject]:
    outlines = outlines_of(leaving.found.reading)
    content = write_segmentation(leaving.edition, leaving.patient, leaving.images, outlines)
    require_same_masks(content, outlines)
    return [_object(leaving, ResultKind.SEG, content)]


def _report(leaving: _Leaving) -> list[ResultObject]:
    reading = leaving.found.reading
    recipe, outlines = leaving.context.recipe_of(reading), outlines_of(reading)
    groups = groups_of(leaving.found, recipe, leaving.edition, leaving.images, outlines)
    content = write_report(leaving.edition, leaving.patient, leaving.images, groups)
    require_same_numbers(content, groups)
    return [_object(leaving, ResultKind.SR, content)]


def _pdf(leaving: _Leaving) -> list[ResultObject]:
    context = leaving.context
    sheet = sheet_of(report_of(context, leaving.found.reading.id), Language.ENGLISH)
    pdf = to_pdf(sheet, context.report_templates)
    content = write_encapsulated_pdf(leaving.edition, leaving.patient, leaving.images, pdf)
    dataset = dcmread(BytesIO(content))
    if dataset.EncapsulatedDocument[: dataset.EncapsulatedDocumentLength] != pdf:
        raise ResultNotReadBack("the report reads back otherwise than it was written")
    return [_object(leaving, ResultKind.PDF, content, *parts_of(leaving.edition, pdf))]


def _key_images(leaving: _Leaving) -> list[ResultObject]:
    """None where the reading has no scar."""
    reading, by_key = leaving.found.reading, {image.slice.key: image for image in leaving.images}
    objects = []
    for number, measure in with_most(reading, leaving.found.scar.slices):
        try:
            picture = key_picture(leaving.context.files, reading, measure.slice)
        except (OSError, FileDamaged, PixelsUndecodable) as error:
            raise SourceMissing(MISSING) from error
        image = by_key[measure.slice.key]
        content = write_key_image(leaving.edition, leaving.patient, image, number, picture, PICTURE_MM)
        if not np.array_equal(dcmread(BytesIO(content)).pixel_array, picture):
            raise ResultNotReadBack("a key image reads back otherwise than it was written")
        objects.append(_object(leaving, ResultKind.KEY_IMAGES, content, number))
    return objects


_MAKERS: dict[ResultKind, Callable[[_Leaving], list[ResultObject]]] = {
    ResultKind.SEG: _segmentation,
    ResultKind.SR: _report,
    ResultKind.PDF: _pdf,
    ResultKind.KEY_IMAGES: _key_images,
}


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
    except (OSError, FileDamaged, ObjectRefused) as error:
        raise SourceMissing(MISSING) from error
    return tuple(
        SourceImage(one, kinds[one.sha256], kinds[one.sha256] in MULTI_FRAME) for one in reading.slices
    ), patient
