"""What every service works with, handed in by the composition roots."""

import uuid
from collections.abc import Callable, Hashable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from copy import copy
from dataclasses import dataclass, field
from pathlib import Path
from secrets import token_bytes

import numpy as np
from numpy.typing import NDArray

from scarmass.domain.access import Person
from scarmass.domain.audit import AuditReceiver
from scarmass.domain.contours import Contours
from scarmass.domain.deletion import RetentionRules
from scarmass.domain.errors import PeerUnreachable
from scarmass.domain.login import Login
from scarmass.domain.masks import Mask
from scarmass.domain.mass import MassExtent
from scarmass.domain.pacs import PacsClient, Peer, ResultObject
from scarmass.domain.pacs_rules import Network
from scarmass.domain.proposal import ScarOnSlice
from scarmass.domain.protocols import Detector, Segmenter, SliceImage
from scarmass.domain.reading import Reading, Sensitivity, WallRules
from scarmass.domain.signature import Recipe
from scarmass.domain.spread import Spread
from scarmass.imaging.examiner import EXAMINERS, Examiners
from scarmass.services.deletion.places import Places
from scarmass.services.metrics import Metrics
from scarmass.services.precedence import Precedence
from scarmass.services.readings.summary import Summaries
from scarmass.services.remembered import Remembered
from scarmass.services.stack_detections import StackDetections
from scarmass.storage.database import Database
from scarmass.storage.deletions import FORGET
from scarmass.storage.files import FileStore
from scarmass.storage.notifications import Notifications
from scarmass.storage.spool import Spool
from scarmass.storage.study_groups import Sight

REMEMBERED_SPREADS = 4096
REMEMBERED_SCAR_ON_SLICES = 4096
REMEMBERED_CERTAIN_SCAR = 8192
REMEMBERED_BLOOD = 512
REMEMBERED_LOGITS = 48
REMEMBERED_IMAGES = 48
REMEMBERED_CONTOURS = 16
REMEMBERED_RESULTS = 8


def no_client(peer: Peer) -> PacsClient:
    """Where no root has handed in clients. Raises PeerUnreachable."""
    raise PeerUnreachable(f"{peer.name} cannot be reached: this server was started without a network")


@dataclass
class Context:
    """sensitivity, wall: what readings are opened with. examiners: read what comes in. report_templates: a site's own.
    results_folder: where signed readings are written, None where they are not. network: our entity, peers and rules.
    client_of: talks to a peer. spool: where what comes over the network waits, None where nothing does. login: how
    people sign in, None where nobody has to. study_group_of: which group the studies of a peer come into.
    retention: how long studies stay. nightly_hour: of the day, at which the daily work begins. record_key: of the
    hashes that stand for patients in records. audit_receiver: where the audit trail is sent to, None where it stays
    here.

    images, scar_on_slices, certain_scar_mm2, blood, logits, spreads: of slices, by what they follow from. contours: of
    whole stacks, one outlined at a time. results: what signed readings leave as. metrics: what is counted and timed.
    models_answer: whether they do, as those on other machines may not.
    """

    database: Database
    files: FileStore
    detector: Detector
    segmenter: Segmenter
    mass_extent: MassExtent = MassExtent.SLICE_THICKNESS
    density_g_per_ml: float = 1.05
    sensitivity: Sensitivity = field(default_factory=Sensitivity)
    wall: WallRules = field(default_factory=WallRules)
    examiners: Examiners = EXAMINERS
    largest_stack_pixels: int = 2**26
    report_templates: Path | None = None
    results_folder: Path | None = None
    network: Network = field(default_factory=Network)
    client_of: Callable[[Peer], PacsClient] = no_client
    spool: Spool | None = None
    login: Login | None = None
    study_group_of: Mapping[str, str] = field(default_factory=dict)
    retention: RetentionRules = field(default_factory=RetentionRules)
    nightly_hour: int = 3
    record_key: bytes = field(default_factory=lambda: token_bytes(32), repr=False)
    audit_receiver: AuditReceiver | None = None
    detections: StackDetections = field(default_factory=StackDetections)
    summaries: Summaries = field(default_factory=Summaries)
    images: Remembered[Hashable, SliceImage] = field(default_factory=lambda: Remembered(REMEMBERED_IMAGES))
    scar_on_slices: Remembered[Hashable, ScarOnSlice] = field(
        default_factory=lambda: Remembered(REMEMBERED_SCAR_ON_SLICES)
    )
    certain_scar_mm2: Remembered[Hashable, float] = field(default_factory=lambda: Remembered(REMEMBERED_CERTAIN_SCAR))
    blood: Remembered[Hashable, Mask] = field(default_factory=lambda: Remembered(REMEMBERED_BLOOD))
    logits: Remembered[Hashable, NDArray[np.float32]] = field(default_factory=lambda: Remembered(REMEMBERED_LOGITS))
    spreads: Remembered[Hashable, Spread] = field(default_factory=lambda: Remembered(REMEMBERED_SPREADS))
    contours: Remembered[Hashable, tuple[Contours | None, ...]] = field(
        default_factory=lambda: Remembered(REMEMBERED_CONTOURS)
    )
    results: Remembered[uuid.UUID, tuple[ResultObject, ...]] = field(
        default_factory=lambda: Remembered(REMEMBERED_RESULTS)
    )
    precedence: Precedence = field(default_factory=Precedence)
    models_answer: Callable[[], bool] = lambda: True
    notifications: Notifications = field(init=False)
    metrics: Metrics = field(default_factory=Metrics)

    def __post_init__(self) -> None:
        self.notifications = Notifications(self.database.conninfo)

    def snapshot(self) -> "Context":
        """The same for one piece of work, which keeps its models where others are promoted meanwhile."""
        return copy(self)

    def seen_by(self, person: Person) -> "Context":
        """A snapshot, where the person sees the studies of some groups alone: the others are not there."""
        seen = self.snapshot()
        if person.study_groups is not None:
            seen.database = self.database.seen_with(Sight(person.study_groups, person.name))
        return seen

    @property
    def is_stopping(self) -> bool:
        """Whether the server ends: the same for everybody, whatever they see."""
        return self.precedence.is_stopped

    @property
    def places(self) -> Places:
        """Where something of a patient may lie."""
        return Places(
            self.database,
            self.files,
            self.results_folder,
            self.spool,
            self.examiners.pseudonyms,
            self.retention,
            self.record_key,
        )

    @contextmanager
    def forgetting(self, *others: Callable[[], None]) -> Iterator[None]:
        """Forget what is remembered whenever something was deleted for good, by whichever process.

        others: forget what they remember.
        """
        with ExitStack() as stack:
            for forget in (self.forget, *others):
                stack.enter_context(self.notifications.subscribed(forget, FORGET))
            yield

    def forget(self) -> None:
        """Drop what was worked out of images and readings, of whomever; it is worked out again."""
        remembered = (
            self.images,
            self.scar_on_slices,
            self.certain_scar_mm2,
            self.blood,
            self.logits,
            self.spreads,
            self.contours,
            self.results,
        )
        for each in (*remembered, self.detections, self.summaries, self.segmenter):
            each.forget()

    def stop(self) -> None:
        """The server ends: models begin nothing more, and who waits for changes is told."""
        self.precedence.stop()
        self.notifications.wake_everybody()

    def recipe_of(self, reading: Reading) -> Recipe:
        """How a reading is measured: as it was signed, or as the settings are now."""
        if reading.record.signature is not None:
            return reading.record.signature.recipe
        typed = reading.slices[0].typed_thickness if reading.slices else None
        return Recipe(self.density_g_per_ml, self.mass_extent, self.detector.model, self.segmenter.model, typed)
