"""Segmentations of others stored beside their study, which may come later than they do."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from scarmass.domain.patient import is_same_patient
from scarmass.domain.segmentation import SegmentationObject
from scarmass.domain.study_groups import NOT_SEEN, Filing
from scarmass.imaging.archive import Refused
from scarmass.storage import segmentations, studies
from scarmass.storage.files import FileStore, Received
from scarmass.storage.orphans import hold_files

MOST_OF_STUDY = 64

OTHER_PATIENT = "its patient differs from that of its study (PatientID, birth date or name)"


@dataclass(frozen=True)
class AcceptedSegmentation:
    name: str
    received: Received
    content: SegmentationObject


def store_segmentations(
    session: Session,
    files: FileStore,
    study_instance_uid: str,
    objects: Sequence[AcceptedSegmentation],
    rejected: list[Refused],
    filed: Filing,
) -> list[bool]:
    """Add the objects to their study; answers of each usable one whether it is new.

    Where the study is not here yet they wait for it: a node sends objects in any order. rejected: gains those that
    cannot stand beside it.
    """
    hold_files(session)
    studies.lock_study(session, study_instance_uid)
    there_is = studies.study_group_of(session, study_instance_uid)
    if there_is is not None and not filed.may_add_to(there_is):
        rejected.extend(Refused(one.name, NOT_SEEN) for one in objects)
        return []
    study = studies.header_of(session, study_instance_uid)
    is_new: list[bool] = []
    kept: list[Received] = []
    # In one order everywhere: uploads that share objects wait for each other, and never in a circle.
    for one in sorted(objects, key=lambda each: each.content.sop_instance_uid):
        stored = segmentations.stored_under(session, one.content.sop_instance_uid)
        reason = None
        if stored is not None:
            if (stored.content.digest, stored.content.study.study_instance_uid) != (
                one.content.digest,
                study_instance_uid,
            ):
                reason = "this SOP Instance UID is already stored with other content; the stored one is kept"
        elif study is not None and not is_same_patient(one.content.study, study):
            reason = OTHER_PATIENT
        elif segmentations.count_of_study(session, study_instance_uid) >= MOST_OF_STUDY:
            reason = f"its study has {MOST_OF_STUDY} segmentations already, and no more are kept"
        if reason is not None:
            rejected.append(Refused(one.name, reason))
            continue
        is_new.append(stored is None)
        if stored is None:
            segmentations.add_segmentation(session, one.content, one.received.sha256)
        if stored is None or (stored.sha256 == one.received.sha256 and not files.has(stored.sha256)):
            kept.append(one.received)
    files.keep(kept)
    return is_new
