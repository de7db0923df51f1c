"""The pattern of late gadolinium enhancement, as its reader states it: which layer of the wall it lies in, and whether
it is ischaemic."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from scarmass.domain.errors import PatternInvalid


class Layer(StrEnum):
    """From the blood outwards."""

    SUBENDOCARDIAL = "subendocardial"
    MID_WALL = "mid_wall"
    EPICARDIAL = "epicardial"
    TRANSMURAL = "transmural"

    @property
    def is_typical_of_ischaemia(self) -> bool:
        """Infarction begins at the endocardium: what spares it is typical of other disease."""
        return self in (Layer.SUBENDOCARDIAL, Layer.TRANSMURAL)


@dataclass(frozen=True)
class Pattern:
    """ischaemic: None where it is left open; without a layer nothing is said. Raises PatternInvalid."""

    layer: Layer | None = None
    ischaemic: bool | None = None

    def __post_init__(self) -> None:
        if self.layer is None and self.ischaemic is not None:
            raise PatternInvalid("a pattern that is ischaemic or not names its layer")


@dataclass(frozen=True, kw_only=True)
class StatedPattern(Pattern):
    """A pattern with who stated it, and when."""

    reader: str
    at: datetime


def is_infarct(pattern: Pattern | None) -> bool:
    """Whether a reader says that the enhancement is infarction: until then its mass is LGE mass and no more."""
    return pattern is not None and pattern.ischaemic is True
