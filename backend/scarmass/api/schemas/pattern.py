"""The words of the REST contract about the pattern of enhancement: as a reader states it, and as it is proposed."""

from datetime import datetime

from pydantic import BaseModel

from scarmass.api.schemas.common import Strict
from scarmass.domain import pattern as domain
from scarmass.domain.layers import LayersOfScar
from scarmass.domain.pattern import Layer


class Pattern(Strict):
    """ischaemic: null where the reader leaves it open. layer: null takes back what was stated."""

    layer: Layer | None = None
    ischaemic: bool | None = None

    def to_domain(self) -> domain.Pattern:
        """Raises PatternInvalid."""
        return domain.Pattern(self.layer, self.ischaemic)

    @staticmethod
    def of(pattern: domain.Pattern) -> "Pattern":
        return Pattern(layer=pattern.layer, ischaemic=pattern.ischaemic)


class StatedPattern(BaseModel):
    """What a reader stated, and when."""

    layer: Layer | None
    ischaemic: bool | None
    reader: str
    at: datetime

    @staticmethod
    def of(stated: domain.StatedPattern | None) -> "StatedPattern | None":
        return None if stated is None else StatedPattern(**vars(stated))


class ProposedPattern(BaseModel):
    """The layer where the scar lies, null where none stands out; a reader states the pattern.

    typical_of_ischaemia: of the layer, and no statement on this patient. inner_percent to outer_percent: how the scar
    is shared out between the wall's thirds. transmural_percent: of the chords with scar, those that it nearly fills.
    """

    layer: Layer | None
    typical_of_ischaemia: bool | None
    inner_percent: float
    middle_percent: float
    outer_percent: float
    transmural_percent: float

    @staticmethod
    def of(layers: LayersOfScar) -> "ProposedPattern":
        layer = layers.proposed
        return ProposedPattern(
            layer=layer,
            typical_of_ischaemia=None if layer is None else layer.is_typical_of_ischaemia,
            inner_percent=100 * layers.inner,
            middle_percent=100 * layers.middle,
            outer_percent=100 * layers.outer,
            transmural_percent=100 * layers.transmural,
        )


class PatternTold(BaseModel):
    """stated: by a reader, null where nobody did. proposed: null where no slice with contours holds scar."""

    revision: int
    stated: StatedPattern | None
    proposed: ProposedPattern | None
