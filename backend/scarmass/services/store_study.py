"""A study's objects stored, and its stacks formed anew.

A file is stored before its row is committed, and a study's rows are committed at once: a crash between the two leaves a
file that nothing points to, which the next start sweeps, never a row without its file.
"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, replace
from pathlib import Path

from sqlalchemy.orm import Session

from scarmass.domain.errors import FileDamaged, InstanceConflict, NotExamined, ObjectRefused
from scarmass.domain.patient import is_same_patient
from scarmass.domain.stack import SliceHeader, Stack, StudyHeader
from scarmass.domain.study_groups import NOT_SEEN, Filing
from scarmass.imaging.archive import Refused
from scarmass.imaging.mr.header import MrObject
from scarmass.imaging.mr.objects import object_warnings
from scarmass.imaging.mr.planes import without_positions
from scarmass.imaging.mr.stacks import build_stacks
from scarmass.storage import removals, stacks, studies
from scarmass.storage.files import FileStore, Received
from scarmass.storage.orphans import hold_files
from scarmass.storage.studies import StoredInstance

NO_POSITION = "ImagePositionPatient is 0\\0\\0 in every image of its series: the positions are missing"

IMPORT = "import"
"""Who brings a removed study back to the worklist when its images come in again."""


@dataclass(frozen=True)
class Accepted:
    name: str
    received: Received
    content: MrObject


def store_study(
    session: Session,
    files: FileStore,
    study_instance_uid: str,
    objects: list[Accepted],
    rejected: list[Refused],
    is_same: Callable[[Path, Path], bool],
    filed: Filing,
) -> list[bool]:
    """Add the objects to their study and form its stacks anew; answers of each usable one whether it is new.

    rejected: gains those that cannot stand in it. is_same: whether two files are the same image; raises ObjectRefused.
    """
    hold_files(session)
    studies.lock_study(session, study_instance_uid)
    there_is = studies.study_group_of(session, study_instance_uid)
    if there_is is not None and not filed.may_add_to(there_is):
        rejected.extend(Refused(one.name, NOT_SEEN) for one in objects)
        return []
    study = studies.add_study(session, objects[0].content.study, filed.study_group)
    headers = studies.headers_of(session, study_instance_uid)
    usable = _usable(objects, study, headers, rejected)
    found = studies.add_instances(
        session, study_instance_uid, [(one.content.slices, one.received.sha256) for one in usable]
    )
    new = [one for one, there in zip(usable, found, strict=True) if there is None]
    kept = {one.received.sha256: one.received for one in new}
    again = {
        one.received.sha256: one.received
        for one, there in zip(usable, found, strict=True)
        if there is not None and there.sha256 == one.received.sha256
    }
    for sha256 in again.keys() - files.present(again):
        kept[sha256] = again[sha256]  # what the store has lost comes back with the same object
    is_new: list[bool] = []
    for accepted, there in zip(usable, found, strict=True):
        try:
            if there is not None:
                _require_same(accepted, study_instance_uid, there, kept, files, is_same, filed)
            is_new.append(there is None)
        except InstanceConflict as conflict:
            rejected.append(Refused(accepted.name, str(conflict), isinstance(conflict.__cause__, NotExamined)))
    if not is_new:
        studies.delete_if_empty(session, study_instance_uid)
        return is_new
    removals.set_removed(session, study_instance_uid, IMPORT, removed=False)
    if new:
        headers += [header for one in new for header in one.content.slices]
        stacks.replace_stacks(session, study_instance_uid, _with_warnings(build_stacks(study, headers), headers))
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
    is_same: Callable[[Path, Path], bool],
    filed: Filing,
) -> None:
    """Raises InstanceConflict unless what is stored under the object's UID is the same image of the same study.

    In another encoding or with another text it still is. kept: by sha256, the files that this transaction stores.
    """
    received = accepted.received
    if stored.sha256 == received.sha256:
        is_known = True
    else:
        there = kept.get(stored.sha256)
        try:
            with files.local(stored.sha256) if there is None else nullcontext(there.path) as path:
                is_known = is_same(path, received.path)
        except (FileNotFoundError, FileDamaged) as lost:
            what = "damaged" if isinstance(lost, FileDamaged) else "missing"
            raise InstanceConflict(
                f"the stored file of this SOP Instance UID is {what}, and this one is another"
            ) from lost
        except ObjectRefused as refused:
            raise InstanceConflict(f"it cannot be compared with what is stored under its UID: {refused}") from refused
    if not is_known or stored.study_instance_uid != study_instance_uid:
        what = "in another study" if is_known else "with other content"
        of = f", of study {stored.study_instance_uid}," if filed.sees is None else ""
        raise InstanceConflict(f"this SOP Instance UID is already stored {what}; the stored one{of} is kept")


def _with_warnings(stacks: Sequence[Stack], headers: Sequence[SliceHeader]) -> list[Stack]:
    return [
        replace(stack, warnings=(*stack.warnings, *object_warnings([one.header for one in stack.slices], headers)))
        for stack in stacks
    ]
