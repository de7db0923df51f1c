"""What a reader signs: the grams, and what they follow from besides masks and geometry."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from scarmass.domain.mass import Mass, MassExtent
from scarmass.domain.protocols import Model
from scarmass.domain.reader_study import Arm, Assignment
from scarmass.domain.stack import Contrast, TypedThickness
from scarmass.domain.structures import Structure


@dataclass(frozen=True)
class Recipe:
    """What grams follow from besides masks and geometry. mass_extent: the site's headline figure.

    typed_thickness: of a stack whose headers lack it. detector, segmenter: the models in use.
    """

    density_g_per_ml: float
    mass_extent: MassExtent
    detector: Model
    segmenter: Model
    typed_thickness: TypedThickness | None = None


@dataclass(frozen=True)
class Signature:
    """Who signed a reading at which revision, by which recipe, and what each structure weighed.

    contrast, warnings: what was said of the stack.
    client_id: of the request, which the same request again is known by.
    """

    client_id: uuid.UUID
    revision: int
    reader: str
    signed_at: datetime
    recipe: Recipe
    masses: Mapping[Structure, Mass]
    contrast: Contrast
    warnings: tuple[str, ...]


@dataclass(frozen=True)
class Delivery:
    """A signed reading's way into the results folder. reason: why it waits, None where nothing was in its way.

    changes: how often this has changed.
    """

    is_written: bool
    reason: str | None
    changed_at: datetime
    changes: int


@dataclass(frozen=True)
class Record:
    """What is kept of a reading beside its contents.

    version: 1 where it was opened, one more with each amendment. replaces, replaced_by: the versions before and after.
    reader: whose own reading it is, None where it is the stack's. opened_by: who opened or amended it.
    seconds_of_work: how long readers worked on this version. assignment: whose measurement it is in a reader study,
    None where it is in none.
    """

    version: int = 1
    replaces: uuid.UUID | None = None
    replaced_by: uuid.UUID | None = None
    reader: str | None = None
    opened_by: str | None = None
    signature: Signature | None = None
    delivery: Delivery | None = None
    seconds_of_work: float = 0.0
    assignment: Assignment | None = None

    @property
    def takes_proposals(self) -> bool:
        """Whether models may draw what no reader asked them for."""
        return self.assignment is None or self.assignment.arm is not Arm.WITHOUT_PROPOSALS
