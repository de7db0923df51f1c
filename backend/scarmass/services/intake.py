"""Taking studies in: files to stored objects, studies and stacks; the unusable refused by name and reason.

A file is read in another process, then decided upon, then stored: what is refused never reaches the store.
"""

import threading
from collections import defaultdict, deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import BinaryIO

from scarmass.domain.errors import DirectoryIgnored, NotExamined, ObjectRefused, StudyNotFound
from scarmass.domain.segmentation import SegmentationObject
from scarmass.domain.stack import StudyHeader
from scarmass.domain.study_groups import Filing, filing
from scarmass.domain.worklist import ListedStudy
from scarmass.imaging.archive import Refused, files_within, is_archive
from scarmass.imaging.bounds import Bounds
from scarmass.imaging.examiner import EXAMINERS, Examined, Examiners
from scarmass.services.allowance import Allowance
from scarmass.services.context import Context
from scarmass.services.store_segmentations import AcceptedSegmentation, store_segmentations
from scarmass.services.store_study import Accepted, store_study
from scarmass.storage import worklist
from scarmass.storage.database import Database
from scarmass.storage.files import FileStore, Incoming, Received

OF_ANOTHER_STUDY = "it is of another study than the one that it was sent to"


@dataclass
class Intake:
    """What became of an upload. stored, already_here: objects that are new, and that were there before.

    segmentations: how many of both are segmentations. awaited: the studies of those whose images are not here.
    read: what could be read, by name, whatever became of it then.
    """

    studies: list[ListedStudy] = field(default_factory=list)
    rejected: list[Refused] = field(default_factory=list)
    stored: int = 0
    already_here: int = 0
    segmentations: int = 0
    awaited: list[StudyHeader] = field(default_factory=list)
    read: dict[str, Examined] = field(default_factory=dict)

    @property
    def kept(self) -> list[StudyHeader]:
        """The studies of all that is here now, images or segmentations."""
        return [study.header for study in self.studies] + self.awaited


def take_in_upload(
    context: Context,
    uploads: Iterable[tuple[str, BinaryIO]],
    sent_bytes: int,
    abandoned: threading.Event,
    only_study: str | None = None,
    study_group: str | None = None,
) -> Intake:
    """What came over the network: in the time that so many bytes may take, and while somebody waits for the answer.

    only_study: the StudyInstanceUID that the objects must have; others are refused. study_group: of new studies, None
    for the only one that is seen. Raises StudyGroupUnsaid, NotAllowed, StorageFull.
    """
    sight = context.database.sight
    filed = filing(None if sight is None else sight.study_groups, study_group)
    bounds = context.examiners.bounds
    seconds = bounds.upload_seconds + sent_bytes / bounds.bytes_per_second
    allowance = Allowance(seconds, abandoned)
    # Archives last, as they may expand: what was sent as it is should not want for time because of them.
    uploads = sorted(uploads, key=lambda upload: is_archive(upload[1]))
    if only_study is not None and context.examiners.pseudonyms is not None:
        only_study = context.examiners.pseudonyms.of_uid(only_study)
    return take_in(
        context.database,
        context.files,
        uploads,
        examiners=context.examiners,
        allowance=allowance,
        only_study=only_study,
        filed=filed,
    )


def take_in(
    database: Database,
    files: FileStore,
    uploads: Iterable[tuple[str, BinaryIO]],
    *,
    examiners: Examiners = EXAMINERS,
    allowance: Allowance | None = None,
    only_study: str | None = None,
    filed: Filing = Filing(),
) -> Intake:
    """Store the usable MR images and segmentations among these (name, stream) files and .zip archives.

    Twice changes nothing.

    allowance: the time that the files may take together, where they came from somebody unknown. filed: which studies
    they may be of. Raises StorageFull.
    """
    database = database.seen_with(None)  # what is there must not be stored again because it is not seen
    intake = Intake()
    allowance = allowance or Allowance()
    by_study: dict[str, list[Accepted]] = defaultdict(list)
    drawn: dict[str, list[AcceptedSegmentation]] = defaultdict(list)
    is_same = partial(_are_same_image, examiners, allowance)
    with files.incoming() as incoming:
        received = _received(uploads, incoming, examiners.bounds, allowance)
        for found in _examined(received, incoming, examiners, allowance):
            if isinstance(found, Refused):
                intake.rejected.append(found)
                continue
            intake.read[found.name] = found.content
            study_instance_uid = found.content.study.study_instance_uid
            if only_study not in (None, study_instance_uid):
                intake.rejected.append(Refused(found.name, OF_ANOTHER_STUDY))
                found.received.discard()
            elif isinstance(found, AcceptedSegmentation):
                drawn[study_instance_uid].append(found)
            else:
                by_study[study_instance_uid].append(found)
        for study_instance_uid, objects in by_study.items():
            with database.transaction() as session:
                is_new = store_study(session, files, study_instance_uid, objects, intake.rejected, is_same, filed)
            intake.stored += sum(is_new)
            intake.already_here += len(is_new) - sum(is_new)
            if is_new:
                with database.transaction() as session:
                    intake.studies.append(worklist.listed_study(session, study_instance_uid))
        for study_instance_uid, segmentations in drawn.items():
            _keep_segmentations(database, files, study_instance_uid, segmentations, intake, filed)
    return intake


def _keep_segmentations(
    database: Database,
    files: FileStore,
    study_instance_uid: str,
    objects: list[AcceptedSegmentation],
    intake: Intake,
    filed: Filing,
) -> None:
    """After the images: so those that came together know their study, which is answered with them."""
    with database.transaction() as session:
        is_new = store_segmentations(session, files, study_instance_uid, objects, intake.rejected, filed)
    intake.stored += sum(is_new)
    intake.already_here += len(is_new) - sum(is_new)
    intake.segmentations += len(is_new)
    if is_new and all(study.header.study_instance_uid != study_instance_uid for study in intake.studies):
        try:
            with database.transaction() as session:
                intake.studies.append(worklist.listed_study(session, study_instance_uid))
        except StudyNotFound:
            intake.awaited.append(objects[0].content.study)


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
) -> Iterator[Accepted | AcceptedSegmentation | Refused]:
    """Each file read in another process, as many at once as there are; in the order in which they came.

    A few wait, so that no process does; what is refused is not kept on the disk.
    """
    reading: deque[Future[Accepted | AcceptedSegmentation | Refused | None]] = deque()
    with ThreadPoolExecutor(examiners.processes) as threads:
        for one in received:
            reading.append(threads.submit(_accept, one, incoming, examiners, allowance))
            if len(reading) > 2 * examiners.processes and (answer := reading.popleft().result()):
                yield answer
        yield from filter(None, (one.result() for one in reading))


def _accept(
    one: tuple[str, Received] | Refused, incoming: Incoming, examiners: Examiners, allowance: Allowance
) -> Accepted | AcceptedSegmentation | Refused | None:
    """The object, its file still waiting; None for a DICOMDIR. Of one that was de-identified only that is kept."""
    if isinstance(one, Refused):
        return one
    name, received = one
    try:
        with examiners.one() as examiner, allowance.spending():
            content = examiner.examine(received.path, allowance.of(examiners.bounds.seconds_for(received.path)))
        if isinstance(content, SegmentationObject):
            return AcceptedSegmentation(name, received, content)
        if content.deidentified is not None:
            received.discard()
            received = incoming.receive([content.deidentified])
        return Accepted(name, received, replace(content, deidentified=None))
    except ObjectRefused as refused:
        received.discard()
        if isinstance(refused, DirectoryIgnored):
            return None
        return Refused(name, str(refused), isinstance(refused, NotExamined))


def _are_same_image(examiners: Examiners, allowance: Allowance, one: Path, other: Path) -> bool:
    """Whether two files are the same image; read in another process, as each was when it came in.

    Raises ObjectRefused.
    """
    with examiners.one() as examiner, allowance.spending():
        seconds = sum(examiners.bounds.seconds_for(path) for path in (one, other))
        return examiner.are_same_image(one, other, allowance.of(seconds))
