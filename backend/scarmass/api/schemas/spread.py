"""The words of the REST contract about how unsure a reading's mass is."""

from pydantic import BaseModel

from scarmass.api.schemas.common import Mass, SliceName
from scarmass.services.readings.spread import ReadingSpread


class SliceSpread(BaseModel):
    """spread: null where no model drew the slice's scar."""

    sop_instance_uid: str
    frame_number: int
    spread: Mass | None


class Spread(BaseModel):
    """How far the mass of scar moves with sensitivity and boxes, of each slice and of all together.

    check_first: the undecided slices that are worth a look before the others, the most unsure first.
    """

    revision: int
    slices: list[SliceSpread]
    spread: Mass
    check_first: list[SliceName]

    @staticmethod
    def of(spread: ReadingSpread) -> "Spread":
        return Spread(
            revision=spread.revision,
            slices=[
                SliceSpread(sop_instance_uid=sop, frame_number=frame, spread=None if mass is None else Mass.of(mass))
                for (sop, frame), mass in spread.slices
            ],
            spread=Mass.of(spread.mass),
            check_first=[SliceName(sop_instance_uid=sop, frame_number=frame) for sop, frame in spread.check_first],
        )
