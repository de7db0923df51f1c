"""DICOM files that another program stores here (STOW-RS, PS3.18 10.5), each answered for."""

import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import BinaryIO

from scarmass.domain.worklist import ListedStudy
from scarmass.imaging.archive import is_archive
from scarmass.imaging.examiner import Examined
from scarmass.imaging.statuses import CANNOT_UNDERSTAND, DOES_NOT_MATCH, PROCESSING_FAILURE
from scarmass.services.context import Context
from scarmass.services.intake import OF_ANOTHER_STUDY, take_in_upload

DIRECTORY = "a DICOMDIR lists images and holds none"
ARCHIVE = "an archive, not a DICOM file"


@dataclass(frozen=True)
class Kept:
    """An object that is here now, whether it was before or not."""

    name: str
    found: Examined

    @property
    def uids(self) -> tuple[str, str, str]:
        """Of study, series and instance."""
        found = self.found
        return found.study.study_instance_uid, found.series_instance_uid, found.sop_instance_uid


@dataclass(frozen=True)
class Failed:
    """A part that is not stored. found: what it is, None where it could not be read."""

    name: str
    reason: int
    comment: str
    found: Examined | None = None


@dataclass(frozen=True)
class StoreAnswer:
    kept: list[Kept] = field(default_factory=list)
    failed: list[Failed] = field(default_factory=list)
    studies: list[ListedStudy] = field(default_factory=list)


def store(
    context: Context,
    parts: Sequence[tuple[str, BinaryIO]],
    sent_bytes: int,
    abandoned: threading.Event,
    only_study: str | None,
) -> StoreAnswer:
    """Store these (name, stream) files; names differ. only_study: the study that all must be of. Raises StorageFull."""
    archives = {name for name, stream in parts if is_archive(stream)}
    files = [part for part in parts if part[0] not in archives]
    intake = take_in_upload(context, files, sent_bytes, abandoned, only_study)
    refused = {one.name: one.reason for one in intake.rejected} | dict.fromkeys(archives, ARCHIVE)
    answer = StoreAnswer(studies=intake.studies)
    for name, _ in parts:
        found = intake.read.get(name)
        if found is not None and name not in refused:
            answer.kept.append(Kept(name, found))
        else:
            comment = refused.get(name, DIRECTORY)
            answer.failed.append(Failed(name, _reason(found, comment), comment, found))
    return answer


def _reason(found: Examined | None, comment: str) -> int:
    if found is None:
        return CANNOT_UNDERSTAND
    return DOES_NOT_MATCH if comment == OF_ANOTHER_STUDY else PROCESSING_FAILURE
