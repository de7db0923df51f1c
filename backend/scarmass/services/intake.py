"""Taking studies in: files to stored objects, studies and stacks; the unusable refused by name and reason.

A file is on the disk before its row exists, and a study's rows are committed at once: a crash between the two
leaves a file that nothing points to, never a row without its file.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import BinaryIO

from sqlalchemy.orm import Session

from scarmass.domain.errors import InstanceConflict, ObjectRefused, PixelsUndecodable
from scarmass.domain.stack import Study, StudyHeader
from scarmass.imaging.archive import Refused, files_within
from scarmass.imaging.mr.header import MrObject, read_object
from scarmass.imaging.mr.pixels import stored_values
from scarmass.imaging.mr.planes import without_positions
from scarmass.imaging.mr.stacks import build_stacks
from scarmass.storage import removals, studies
from scarmass.storage.database import Database
from scarmass.storage.files import FileStore

NO_POSITION = "ImagePositionPatient is 0\\0\\0 in every image of its series: the positions are missing"

IMPORT = "import"
"""Who brings a removed study back to the worklist when its images come in again."""


@dataclass
class Intake:
    """What became of an upload."""

    studies: list[Study] = field(default_factory=list)
    rejected: list[Refused] = field(default_factory=list)


@dataclass(frozen=True)
class Accepted:
    name: str
    sha256: str
    content: MrObject


def take_in(database: Database, files: FileStore, uploads: Iterable[tuple[str, BinaryIO]]) -> Intake:
    """Store the usable MR images among these (name, stream) files and .zip archives. Twice changes nothing."""
    intake = Intake()
    by_study: dict[str, list[Accepted]] = defaultdict(list)
    for name, stream in uploads:
        for found in files_within(name, stream):
            accepted = found if isinstance(found, Refused) else _accept(files, *found)
            if isinstance(accepted, Refused):
                intake.rejected.append(accepted)
            else:
                by_study[accepted.content.study.study_instance_uid].append(accepted)
    for study_instance_uid, objects in by_study.items():
        with database.transaction() as session:
            stored = _store_study(session, study_instance_uid, objects, intake.rejected)
        if stored:
            with database.transaction() as session:
                intake.studies.append(studies.get_study(session, study_instance_uid))
    return intake


def _accept(files: FileStore, name: str, content: bytes) -> Accepted | Refused:
    try:
        mr_object = read_object(content)
        values = stored_values(content)
    except (ObjectRefused, PixelsUndecodable) as error:
        return Refused(name, str(error))
    header = mr_object.slices[0]
    if (values.shape, values.dtype.name) != ((header.rows, header.columns), header.dtype):
        return Refused(name, "the pixel data has another size or type than the header says")
    return Accepted(name, files.put(content), mr_object)


def _store_study(session: Session, study_instance_uid: str, objects: list[Accepted], rejected: list[Refused]) -> bool:
    """Add the objects to their study and form its stacks anew; False where none of them was usable."""
    studies.lock_study(session, study_instance_uid)
    study = studies.add_study(session, objects[0].content.study)
    is_new: list[bool] = []
    headers = [*studies.headers_of(session, study_instance_uid), *(one.content.slices[0] for one in objects)]
    nowhere = without_positions(headers)
    for accepted in objects:
        if accepted.content.slices[0].series_instance_uid in nowhere:
            rejected.append(Refused(accepted.name, NO_POSITION))
            continue
        if not _is_of_the_same_patient(accepted.content.study, study):
            rejected.append(
                Refused(accepted.name, "its patient differs from that of its study (PatientID, birth date or name)")
            )
            continue
        try:
            header = accepted.content.slices[0]
            is_new.append(studies.add_instance(session, study_instance_uid, header, accepted.sha256))
        except InstanceConflict as conflict:
            rejected.append(Refused(accepted.name, str(conflict)))
    if not is_new:
        studies.delete_if_empty(session, study_instance_uid)
        return False
    removals.set_removed(session, study_instance_uid, IMPORT, removed=False)
    if any(is_new):
        headers = studies.headers_of(session, study_instance_uid)
        studies.replace_stacks(session, study_instance_uid, build_stacks(study, headers))
    return True


def _is_of_the_same_patient(header: StudyHeader, study: StudyHeader) -> bool:
    """Same PatientID, and where that is empty the same PatientName; birth dates, where both are known, agree."""
    births = {header.patient_birth_date, study.patient_birth_date} - {""}
    same_name = header.patient_name == study.patient_name
    return header.patient_id == study.patient_id and len(births) < 2 and (bool(study.patient_id) or same_name)
