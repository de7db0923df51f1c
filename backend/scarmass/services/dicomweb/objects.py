"""The DICOM objects that a study, a series or an instance is had as: images as they came in, and results."""

from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any, BinaryIO

from pydicom import Dataset

from scarmass.domain.errors import StudyNotFound
from scarmass.imaging.dicom_json import header_of
from scarmass.services.context import Context
from scarmass.services.dicomweb.results import results_of_study
from scarmass.storage.instances import StoredObject, objects_of_study

PIECE_BYTES = 2**18


@dataclass(frozen=True)
class HeldObject:
    """content: a stored file, or the bytes of a file."""

    study_instance_uid: str
    series_instance_uid: str
    sop_instance_uid: str
    content: Path | bytes
    series: dict[str, Any]
    instance_number: int | None

    def opened(self) -> BinaryIO:
        return self.content.open("rb") if isinstance(self.content, Path) else BytesIO(self.content)

    def pieces(self) -> Iterator[bytes]:
        with self.opened() as file:
            while piece := file.read(PIECE_BYTES):
                yield piece

    def header(self) -> Dataset:
        with self.opened() as file:
            return header_of(file)


def held_objects(
    context: Context, study: str, series: str | None = None, instance: str | None = None, *, results: bool = True
) -> list[HeldObject]:
    """Those of a study, one of its series, or the one instance; images before results. None where there are none."""
    with context.database.transaction() as session:
        stored = objects_of_study(session, study)
    found = [_image(context, one) for one in stored]
    found = [one for one in found if isinstance(one.content, Path) and one.content.is_file()]
    found = _named(found, series, instance)
    if results and stored and not (instance and found):
        made = [_result(study, one.content) for one in results_of_study(context, study)]
        found += _named(made, series, instance)
    return found


def required_objects(
    context: Context, study: str, series: str | None = None, instance: str | None = None
) -> list[HeldObject]:
    """Raises StudyNotFound where there are none."""
    found = held_objects(context, study, series, instance)
    if not found:
        raise StudyNotFound("no such study, series or instance")
    return found


def _named(objects: list[HeldObject], series: str | None, instance: str | None) -> list[HeldObject]:
    return [
        one for one in objects if series in (None, one.series_instance_uid) and instance in (None, one.sop_instance_uid)
    ]


def _image(context: Context, stored: StoredObject) -> HeldObject:
    header = stored.header
    series = {"Modality": "MR", "SeriesNumber": header.series_number, "SeriesDescription": header.series_description}
    return HeldObject(
        stored.study_instance_uid,
        header.series_instance_uid,
        header.sop_instance_uid,
        context.files.path(stored.sha256),
        series,
        header.instance_number,
    )


def _result(study: str, content: bytes) -> HeldObject:
    header = header_of(BytesIO(content))
    series = {keyword: header.get(keyword, "") for keyword in ("Modality", "SeriesNumber", "SeriesDescription")}
    return HeldObject(
        study, str(header.SeriesInstanceUID), str(header.SOPInstanceUID), content, series, header.get("InstanceNumber")
    )
