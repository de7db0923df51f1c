"""What the signed readings of a study leave as, beside its images."""

import logging
import uuid
from collections.abc import Collection
from io import BytesIO

from pydicom import dcmread

from scarmass.domain.errors import Away, Fact
from scarmass.domain.pacs import ResultKind, ResultObject
from scarmass.imaging.result import uids_of_signed
from scarmass.services.context import Context
from scarmass.services.readings.dicom_objects import dicom_objects
from scarmass.storage import readings
from scarmass.storage.signatures import signed_of_study, signed_versions

log = logging.getLogger(__name__)


def objects_of_reading(context: Context, reading_id: uuid.UUID, kind: ResultKind) -> list[ResultObject]:
    """The objects of one kind. Raises the facts that writing them may end in."""
    return dicom_objects(context, reading_id, [kind])


def results_of_study(context: Context, study_instance_uid: str) -> list[ResultObject]:
    """Of its signed readings that no signed one replaces; what cannot be written is left out, and logged."""
    with context.database.transaction() as session:
        reading_ids = signed_of_study(session, study_instance_uid)
    return [one for reading_id in reading_ids for one in _results(context, reading_id, study_instance_uid)]


def kept_results(context: Context, sop_instance_uids: Collection[str]) -> set[str]:
    """Those of these under which results are had as long as the images are here that they are made from each time."""
    wanted, made_from = set(sop_instance_uids), list[tuple[set[str], set[str]]]()
    with context.database.transaction() as session:
        for one in signed_versions(session):
            if named := wanted.intersection(uids_of_signed(one.reading_id, one.version, one.slices)):
                slices = readings.get_reading(session, one.reading_id).slices
                made_from.append((named, {each.sha256 for each in slices}))
    # Afterwards, as a store that is slow must hold no connection to the database.
    present = context.files.present(set().union(*(images for _, images in made_from)))
    return set().union(*(named for named, images in made_from if images <= present))


def _results(context: Context, reading_id: uuid.UUID, study_instance_uid: str) -> tuple[ResultObject, ...]:
    known = context.results.get(reading_id)
    if known is not None:
        return known
    found: list[ResultObject] = []
    is_whole = True
    for kind in ResultKind:
        try:
            found += objects_of_reading(context, reading_id, kind)
        except Away:
            raise
        except Fact as fact:
            is_whole = False
            log.warning("a signed reading cannot be had as %s: %s", kind.value, type(fact).__name__)
    results = tuple(one for one in found if _study_of(one) == study_instance_uid)
    if is_whole:
        context.results.put(reading_id, results)
    return results


def _study_of(result: ResultObject) -> str:
    """Results stand in the study of their images."""
    return str(dcmread(BytesIO(result.content), specific_tags=["StudyInstanceUID"]).StudyInstanceUID)
