"""Taking studies in: files to stored objects, studies and stacks; the unusable refused by name and reason.

A file is on the disk before its row exists, and a study's rows are committed at once: a crash between the two
leaves a file that nothing points to, never a row without its file.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import BinaryIO

from sqlalchemy.orm import Session

from scarmass.domain.errors import DirectoryIgnored, InstanceConflict, ObjectRefused, PixelsUndecodable
from scarmass.domain.patient import is_same_patient
from scarmass.domain.stack import SliceHeader, Stack, Study
from scarmass.imaging.archive import Refused, files_within
from scarmass.imaging.mr.header import MrObject, read_object
from scarmass.imaging.mr.objects import is_same_image, object_warnings
from scarmass.imaging.mr.pixels import require_pixels
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
            elif accepted is not None:
                by_study[accepted.content.study.study_instance_uid].append(accepted)
    for study_instance_uid, objects in by_study.items():
        with database.transaction() as session:
            stored = _store_study(session, files, study_instance_uid, objects, intake.rejected)
        if stored:
            with database.transaction() as session:
                intake.studies.append(studies.get_study(session, study_instance_uid))
    return intake


def _accept(files: FileStore, name: str, content: bytes) -> Accepted | Refused | None:
    """The object, stored; None for a DICOMDIR."""
    try:
        mr_object = read_object(content)
        require_pixels(content, mr_object.slices)
    except DirectoryIgnored:
        return None
    except (ObjectRefused, PixelsUndecodable) as error:
        return Refused(name, str(error))
    return Accepted(name, files.put(content), mr_object)


def _store_study(
    session: Session, files: FileStore, study_instance_uid: str, objects: list[Accepted], rejected: list[Refused]
) -> bool:
    """Add the objects to their study and form its stacks anew; False where none of them was usable."""
    studies.lock_study(session, study_instance_uid)
    study = studies.add_study(session, objects[0].content.study)
    is_new: list[bool] = []
    headers = [
        *studies.headers_of(session, study_instance_uid),
        *(header for one in objects for header in one.content.slices),
    ]
    nowhere = without_positions(headers)
    for accepted in objects:
        if accepted.content.slices[0].series_instance_uid in nowhere:
            rejected.append(Refused(accepted.name, NO_POSITION))
            continue
        if not is_same_patient(accepted.content.study, study):
            rejected.append(
                Refused(accepted.name, "its patient differs from that of its study (PatientID, birth date or name)")
            )
            continue
        try:
            is_new.append(_add(session, files, study_instance_uid, accepted))
        except InstanceConflict as conflict:
            rejected.append(Refused(accepted.name, str(conflict)))
    if not is_new:
        studies.delete_if_empty(session, study_instance_uid)
        return False
    removals.set_removed(session, study_instance_uid, IMPORT, removed=False)
    if any(is_new):
        headers = studies.headers_of(session, study_instance_uid)
        studies.replace_stacks(session, study_instance_uid, _with_warnings(build_stacks(study, headers), headers))
    return True


def _add(session: Session, files: FileStore, study_instance_uid: str, accepted: Accepted) -> bool:
    """Whether the object is new; the same image in another encoding, or with another text, is not.

    Raises InstanceConflict for another image under its UID.
    """
    stored = studies.add_instance(session, study_instance_uid, accepted.content.slices, accepted.sha256)
    if stored is None:
        return True
    is_known = stored.sha256 == accepted.sha256 or is_same_image(files.get(stored.sha256), files.get(accepted.sha256))
    if not is_known or stored.study_instance_uid != study_instance_uid:
        what = "in another study" if is_known else "with other content"
        raise InstanceConflict(
            f"this SOP Instance UID is already stored {what}; the stored one, of study {stored.study_instance_uid}, "
            "is kept"
        )
    return False


def _with_warnings(stacks: Sequence[Stack], headers: Sequence[SliceHeader]) -> list[Stack]:
    return [
        replace(stack, warnings=(*stack.warnings, *object_warnings([one.header for one in stack.slices], headers)))
        for stack in stacks
    ]
