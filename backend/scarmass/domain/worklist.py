"""What the worklist tells of studies and their stacks: without the slices, of which a study may have thousands."""

from dataclasses import dataclass, field
from datetime import datetime

from scarmass.domain.stack import Contrast, StudyHeader
from scarmass.domain.training_consent import TrainingConsent


@dataclass(frozen=True)
class Removal:
    """That a study was taken off the worklist: by whom, and when."""

    author: str
    at: datetime


@dataclass(frozen=True)
class ListedStack:
    """contrast, is_lge: what counts, which a reader may have decided against the header; is_lge_because says so."""

    stack_id: str
    series_instance_uids: tuple[str, ...]
    description: str
    contrast: Contrast
    is_lge: bool
    is_lge_because: str
    number_of_slices: int


@dataclass(frozen=True)
class ListedStudy:
    """imported_at: when its first image came. removal: None where the study is on the worklist. study_group: who sees
    it, empty for the general one. training_consent: whether models may learn from it."""

    header: StudyHeader
    imported_at: datetime
    stacks: tuple[ListedStack, ...] = ()
    removal: Removal | None = None
    study_group: str = ""
    training_consent: TrainingConsent = field(default_factory=TrainingConsent)
