"""The DICOM objects that a study, a series or an instance is had as: images as they came in, and results."""

import logging
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from io import BytesIO
from typing import Any

from pydicom import Dataset

from scarmass.domain.errors import FileDamaged, StudyNotFound
from scarmass.domain.segmentation import SegmentationObject
from scarmass.imaging.dicom_json import header_of
from scarmass.imaging.mr.attributes import text_of, whole_number_of
from scarmass.services.context import Context
from scarmass.services.dicomweb.results import results_of_study
from scarmass.storage import segmentations
from scarmass.storage.files import FileStore
from scarmass.storage.instances import StoredObject, objects_of_study
from scarmass.storage.segmentations import StoredSegmentation

log = logging.getLogger(__name__)

TOLD = {
    "Modality": text_of,
    "SeriesNumber": whole_number_of,
    "SeriesDescription": text_of,
    "InstanceNumber": whole_number_of,
}


@dataclass(frozen=True)
class StoredFile:
    files: FileStore
    sha256: str


@dataclass(frozen=True)
class HeldObject:
    """content: a stored file, or the bytes of a file."""

    study_instance_uid: str
    series_instance_uid: str
    sop_instance_uid: str
    content: StoredFile | bytes
    series: dict[str, Any]
    instance_number: int | None

    def pieces(self) -> Iterator[bytes]:
        if isinstance(self.content, bytes):
            return iter([self.content])
        return self.content.files.pieces(self.content.sha256)

    def header(self) -> Dataset:
        if isinstance(self.content, bytes):
            return header_of(BytesIO(self.content))
        with self.content.files.local(self.content.sha256) as path:
            return header_of(path)


def held_objects(
    context: Context,
    study: str,
    series: str | None = None,
    instance: str | None = None,
    *,
    results: bool = True,
    checked: bool = True,
) -> list[HeldObject]:
    """Those of a study, one of its series, or the one instance; images, segmentations of others, then results.

    checked: the store is asked for each file whether it has it; else whoever opens one finds out. None where there are
    none. Raises FileDamaged of the one instance; of more, one that is damaged is left out.
    """
    with context.database.transaction() as session:
        images = objects_of_study(session, study)
        drawn = segmentations.of_study(session, study)
    named_images = [one for one in images if _is_named(one, series, instance)]
    named_drawn = [one for one in drawn if _is_named(one.content, series, instance)]
    named = {one.sha256 for one in (*named_images, *named_drawn)}
    present = context.files.present(named) if checked else named
    found = [_image(context, one) for one in named_images if one.sha256 in present]
    for one in named_drawn:
        if one.sha256 in present:
            try:
                found.append(_segmentation(context, one))
            except FileNotFoundError:
                pass  # deleted for good meanwhile
            except FileDamaged as damaged:
                if instance is not None:
                    raise
                log.warning("a segmentation is left out of its study: %s", damaged)
    if results and images and not (instance and found):
        stored = {one.content.sop_instance_uid for one in drawn}  # of results, those that came back to us
        made = [_result(study, one.content) for one in results_of_study(context, study)]
        found += [one for one in made if _is_named(one, series, instance) and one.sop_instance_uid not in stored]
    return found


def required_objects(
    context: Context, study: str, series: str | None = None, instance: str | None = None
) -> list[HeldObject]:
    """Raises StudyNotFound where there are none."""
    found = held_objects(context, study, series, instance)
    if not found:
        raise StudyNotFound("no such study, series or instance")
    return found


def _is_named(one: StoredObject | SegmentationObject | HeldObject, series: str | None, instance: str | None) -> bool:
    return series in (None, one.series_instance_uid) and instance in (None, one.sop_instance_uid)


def _image(context: Context, stored: StoredObject) -> HeldObject:
    header = stored.header
    series = {
        "Modality": "MR",
        "SeriesNumber": header.series_number if header else "",
        "SeriesDescription": header.series_description if header else "",
    }
    return HeldObject(
        stored.study_instance_uid,
        stored.series_instance_uid,
        stored.sop_instance_uid,
        StoredFile(context.files, stored.sha256),
        series,
        header.instance_number if header else None,
    )


def _segmentation(context: Context, stored: StoredSegmentation) -> HeldObject:
    said = stored.content
    uids = said.study.study_instance_uid, said.series_instance_uid, said.sop_instance_uid
    held = HeldObject(*uids, StoredFile(context.files, stored.sha256), {}, None)
    series, number = _told(held.header())
    return replace(held, series=series | {"Modality": said.kind.value}, instance_number=number)


def _result(study: str, content: bytes) -> HeldObject:
    header = header_of(BytesIO(content))
    series, number = _told(header)
    return HeldObject(study, str(header.SeriesInstanceUID), str(header.SOPInstanceUID), content, series, number)


def _told(header: Dataset) -> tuple[dict[str, Any], int | None]:
    """What a file says of its series, and its InstanceNumber, as far as either can be read."""
    said: dict[str, Any] = dict.fromkeys(TOLD)
    for keyword, read in TOLD.items():
        with suppress(Exception):  # a value may be anything, and pydicom raises many kinds over it
            said[keyword] = read(header, keyword)
    number = said.pop("InstanceNumber")
    return said, number
