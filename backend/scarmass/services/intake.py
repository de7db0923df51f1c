"""Taking studies in: files to stored objects, studies and stacks; the unusable refused by name and reason.

A file is read in another process, then decided upon, then stored: what is refused never reaches the store. A file is
stored before its row is committed, and a study's rows are committed at once: a crash between the two leaves a file that
nothing points to, which the next start sweeps, never a row without its file.
"""

import threading
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from math import inf
from typing import BinaryIO

from sqlalchemy.orm import Session

from scarmass.domain.errors import DirectoryIgnored, InstanceConflict, ObjectRefused
from scarmass.domain.patient import is_same_patient
from scarmass.domain.stack import SliceHeader, Stack, Study
from scarmass.imaging.archive import Refused, files_within, is_archive
from scarmass.imaging.examiner import EXAMINERS, Examiners
from scarmass.imaging.mr.header import MrObject
from scarmass.imaging.mr.objects import is_same_image, object_warnings
from scarmass.imaging.mr.planes import without_positions
from scarmass.imaging.mr.stacks import build_stacks
from scarmass.services.allowance import Allowance
from scarmass.services.context import Context
from scarmass.storage import removals, studies
from scarmass.storage.database import Database
from scarmass.storage.files import FileStore, Incoming, Received
from scarmass.storage.orphans import hold_files

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
    received: Received
    content: MrObject


def take_in_upload(
    context: Context, uploads: Iterable[tuple[str, BinaryIO]], sent_bytes: int, abandoned: threading.Event
) -> Intake:
    """What came over the network: in the time that so many bytes may take, and while somebody waits for the answer."""
    bounds = context.examiners.bounds
    seconds = bounds.upload_seconds + sent_bytes / bounds.bytes_per_second
    allowance = Allowance(seconds, bounds.file_seconds, abandoned)
    # Archives last, as they may expand: what was sent as it is should not want for time because of them.
    uploads = sorted(uploads, key=lambda upload: is_archive(upload[1]))
    return take_in(context.database, context.files, uploads, examiners=context.examiners, allowance=allowance)


def take_in(
    database: Database,
    files: FileStore,
    uploads: Iterable[tuple[str, BinaryIO]],
    *,
    examiners: Examiners = EXAMINERS,
    allowance: Allowance | None = None,
) -> Intake:
    """Store the usable MR images among these (name, stream) files and .zip archives. Twice changes nothing.

    allowance: the time that the files may take together, where they came from somebody unknown. Raises StorageFull.
    """
    intake = Intake()
    allowance = allowance or Allowance(inf, examiners.bounds.file_seconds)
    by_study: dict[str, list[Accepted]] = defaultdict(list)
    with files.incoming() as incoming:
        for name, stream in uploads:
            for found in _examined(name, stream, incoming, examiners, allowance):
                if isinstance(found, Refused):
                    intake.rejected.append(found)
                else:
                    by_study[found.content.study.study_instance_uid].append(found)
        for study_instance_uid, objects in by_study.items():
            with database.transaction() as session:
                stored = _store_study(session, files, study_instance_uid, objects, intake.rejected)
            if stored:
                with database.transaction() as session:
                    intake.studies.append(studies.get_study(session, study_instance_uid))
    return intake


def _examined(
    name: str, stream: BinaryIO, incoming: Incoming, examiners: Examiners, allowance: Allowance
) -> Iterator[Accepted | Refused]:
    """Each file, or each of an archive, read in another process; what is refused is not kept on the disk."""
    if allowance.is_spent:
        yield Refused(name, allowance.reason)
        return
    found = files_within(name, stream, incoming.receive, examiners.bounds)
    while True:
        with allowance.spending():
            one = next(found, None)
        if one is None:
            return
        if allowance.is_spent:
            yield Refused(name, allowance.reason)
            return
        accepted = one if isinstance(one, Refused) else _accept(*one, incoming, examiners, allowance)
        if accepted is not None:
            yield accepted


def _accept(
    name: str, received: Received, incoming: Incoming, examiners: Examiners, allowance: Allowance
) -> Accepted | Refused | None:
    """The object, its file still waiting; None for a DICOMDIR. Of one that was de-identified only that is kept."""
    try:
        with examiners.one() as examiner, allowance.spending():
            content = examiner.examine(received.path, allowance.for_one_file)
        if content.deidentified is not None:
            received.discard()
            received = incoming.receive([content.deidentified])
        return Accepted(name, received, replace(content, deidentified=None))
    except ObjectRefused as refused:
        received.discard()
        return None if isinstance(refused, DirectoryIgnored) else Refused(name, str(refused))


def _store_study(
    session: Session,
    files: FileStore,
    study_instance_uid: str,
    objects: list[Accepted],
    rejected: list[Refused],
) -> bool:
    """Add the objects to their study and form its stacks anew; False where none of them was usable."""
    hold_files(session)
    studies.lock_study(session, study_instance_uid)
    study = studies.add_study(session, objects[0].content.study)
    is_new: list[bool] = []
    headers = [
        *studies.headers_of(session, study_instance_uid),
        *(header for one in objects for header in one.content.slices),
    ]
    nowhere = without_positions(headers)
    kept: dict[str, Received] = {}
    # In one order everywhere: uploads that share objects wait for each other, and never in a circle.
    for accepted in sorted(objects, key=lambda one: one.content.slices[0].sop_instance_uid):
        if accepted.content.slices[0].series_instance_uid in nowhere:
            rejected.append(Refused(accepted.name, NO_POSITION))
            continue
        if not is_same_patient(accepted.content.study, study):
            rejected.append(
                Refused(accepted.name, "its patient differs from that of its study (PatientID, birth date or name)")
            )
            continue
        try:
            is_new.append(_add(session, files, study_instance_uid, accepted, kept))
        except InstanceConflict as conflict:
            rejected.append(Refused(accepted.name, str(conflict)))
    if not is_new:
        studies.delete_if_empty(session, study_instance_uid)
        return False
    removals.set_removed(session, study_instance_uid, IMPORT, removed=False)
    if any(is_new):
        headers = studies.headers_of(session, study_instance_uid)
        studies.replace_stacks(session, study_instance_uid, _with_warnings(build_stacks(study, headers), headers))
    files.keep(list(kept.values()))
    return True


def _add(
    session: Session, files: FileStore, study_instance_uid: str, accepted: Accepted, kept: dict[str, Received]
) -> bool:
    """Whether the object is new; the same image in another encoding, or with another text, is not.

    kept: by sha256, the files of this transaction that are to be stored. Raises InstanceConflict for another image
    under its UID.
    """
    received = accepted.received
    stored = studies.add_instance(session, study_instance_uid, accepted.content.slices, received.sha256)
    if stored is None:
        kept[received.sha256] = received
        return True
    if stored.sha256 == received.sha256:
        is_known = True
    else:
        path = kept[stored.sha256].path if stored.sha256 in kept else files.path(stored.sha256)
        is_known = is_same_image(path.read_bytes(), received.path.read_bytes())
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
