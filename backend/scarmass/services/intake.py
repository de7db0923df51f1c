"""Taking studies in: files to stored objects, studies and stacks; the unusable refused by name and reason.

A file is read in another process, then decided upon, then stored: what is refused never reaches the store. A file is
stored before its row is committed, and a study's rows are committed at once: a crash between the two leaves a file that
nothing points to, which the next start sweeps, never a row without its file.
"""

import threading
from collections import defaultdict, deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from math import inf
from typing import BinaryIO

from sqlalchemy.orm import Session

from scarmass.domain.errors import DirectoryIgnored, InstanceConflict, ObjectRefused
from scarmass.domain.patient import is_same_patient
from scarmass.domain.stack import SliceHeader, Stack, Study, StudyHeader
from scarmass.imaging.archive import Refused, files_within, is_archive
from scarmass.imaging.bounds import Bounds
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
from scarmass.storage.studies import StoredInstance

NO_POSITION = "ImagePositionPatient is 0\\0\\0 in every image of its series: the positions are missing"

IMPORT = "import"
"""Who brings a removed study back to the worklist when its images come in again."""


@dataclass
class Intake:
    """What became of an upload. stored, already_here: objects that are new, and that were there before."""

    studies: list[Study] = field(default_factory=list)
    rejected: list[Refused] = field(default_factory=list)
    stored: int = 0
    already_here: int = 0


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
        received = _received(uploads, incoming, examiners.bounds, allowance)
        for found in _examined(received, incoming, examiners, allowance):
            if isinstance(found, Refused):
                intake.rejected.append(found)
            else:
                by_study[found.content.study.study_instance_uid].append(found)
        for study_instance_uid, objects in by_study.items():
            with database.transaction() as session:
                is_new = _store_study(session, files, study_instance_uid, objects, intake.rejected)
            intake.stored += sum(is_new)
            intake.already_here += len(is_new) - sum(is_new)
            if is_new:
                with database.transaction() as session:
                    intake.studies.append(studies.get_study(session, study_instance_uid))
    return intake


def _received(
    uploads: Iterable[tuple[str, BinaryIO]], incoming: Incoming, bounds: Bounds, allowance: Allowance
) -> Iterator[tuple[str, Received] | Refused]:
    """Each file, or each of an archive, written to the disk; once the time is spent no more is unpacked."""
    for name, stream in uploads:
        if allowance.is_spent:
            yield Refused(name, allowance.reason)
            continue
        for one in allowance.spent_on(files_within(name, stream, incoming.receive, bounds)):
            if allowance.is_spent:
                yield Refused(name, allowance.reason)
                break
            yield one


def _examined(
    received: Iterable[tuple[str, Received] | Refused], incoming: Incoming, examiners: Examiners, allowance: Allowance
) -> Iterator[Accepted | Refused]:
    """Each file read in another process, as many at once as there are; in the order in which they came.

    A few wait, so that no process does; what is refused is not kept on the disk.
    """
    reading: deque[Future[Accepted | Refused | None]] = deque()
    with ThreadPoolExecutor(examiners.processes) as threads:
        for one in received:
            reading.append(threads.submit(_accept, one, incoming, examiners, allowance))
            if len(reading) > 2 * examiners.processes and (answer := reading.popleft().result()):
                yield answer
        yield from filter(None, (one.result() for one in reading))


def _accept(
    one: tuple[str, Received] | Refused, incoming: Incoming, examiners: Examiners, allowance: Allowance
) -> Accepted | Refused | None:
    """The object, its file still waiting; None for a DICOMDIR. Of one that was de-identified only that is kept."""
    if isinstance(one, Refused):
        return one
    name, received = one
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
) -> list[bool]:
    """Add the objects to their study and form its stacks anew; answers of each usable one whether it is new."""
    hold_files(session)
    studies.lock_study(session, study_instance_uid)
    study = studies.add_study(session, objects[0].content.study)
    headers = studies.headers_of(session, study_instance_uid)
    usable = _usable(objects, study, headers, rejected)
    found = studies.add_instances(
        session, study_instance_uid, [(one.content.slices, one.received.sha256) for one in usable]
    )
    new = [one for one, there in zip(usable, found, strict=True) if there is None]
    kept = {one.received.sha256: one.received for one in new}
    for one, there in zip(usable, found, strict=True):
        if there is not None and there.sha256 == one.received.sha256 and not files.path(there.sha256).is_file():
            kept[there.sha256] = one.received  # what the disk has lost comes back with the same object
    is_new: list[bool] = []
    for accepted, there in zip(usable, found, strict=True):
        try:
            if there is not None:
                _require_same(accepted, study_instance_uid, there, kept, files)
            is_new.append(there is None)
        except InstanceConflict as conflict:
            rejected.append(Refused(accepted.name, str(conflict)))
    if not is_new:
        studies.delete_if_empty(session, study_instance_uid)
        return is_new
    removals.set_removed(session, study_instance_uid, IMPORT, removed=False)
    if new:
        headers += [header for one in new for header in one.content.slices]
        studies.replace_stacks(session, study_instance_uid, _with_warnings(build_stacks(study, headers), headers))
    files.keep(list(kept.values()))
    return is_new


def _usable(
    objects: Sequence[Accepted], study: StudyHeader, stored: Sequence[SliceHeader], rejected: list[Refused]
) -> list[Accepted]:
    """Those that can stand in the study beside what is stored of it.

    Whoever a stored object's header names when it comes again, it is compared with what is stored.
    In one order everywhere: uploads that share objects wait for each other, and never in a circle.
    """
    nowhere = without_positions([*stored, *(header for one in objects for header in one.content.slices)])
    known = {header.sop_instance_uid for header in stored}
    usable = []
    for accepted in sorted(objects, key=lambda one: one.content.slices[0].sop_instance_uid):
        first = accepted.content.slices[0]
        if first.series_instance_uid in nowhere:
            rejected.append(Refused(accepted.name, NO_POSITION))
        elif first.sop_instance_uid not in known and not is_same_patient(accepted.content.study, study):
            rejected.append(
                Refused(accepted.name, "its patient differs from that of its study (PatientID, birth date or name)")
            )
        else:
            usable.append(accepted)
    return usable


def _require_same(
    accepted: Accepted,
    study_instance_uid: str,
    stored: StoredInstance,
    kept: Mapping[str, Received],
    files: FileStore,
) -> None:
    """Raises InstanceConflict unless what is stored under the object's UID is the same image of the same study.

    In another encoding or with another text it still is. kept: by sha256, the files that this transaction stores.
    """
    received = accepted.received
    if stored.sha256 == received.sha256:
        is_known = True
    else:
        path = kept[stored.sha256].path if stored.sha256 in kept else files.path(stored.sha256)
        if not path.is_file():
            raise InstanceConflict("the stored file of this SOP Instance UID is missing, and this one is another")
        is_known = is_same_image(path.read_bytes(), received.path.read_bytes())
    if not is_known or stored.study_instance_uid != study_instance_uid:
        what = "in another study" if is_known else "with other content"
        raise InstanceConflict(
            f"this SOP Instance UID is already stored {what}; the stored one, of study {stored.study_instance_uid}, "
            "is kept"
        )


def _with_warnings(stacks: Sequence[Stack], headers: Sequence[SliceHeader]) -> list[Stack]:
    return [
        replace(stack, warnings=(*stack.warnings, *object_warnings([one.header for one in stack.slices], headers)))
        for stack in stacks
    ]
