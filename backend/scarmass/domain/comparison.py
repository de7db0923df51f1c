"""Two readings of one stack, slice by slice: how well their scar agrees and what they weigh."""

from dataclasses import dataclass

import numpy as np

from scarmass.domain.errors import ReadingsOfOtherStacks
from scarmass.domain.masks import Mask
from scarmass.domain.mass import Mass, Quantity
from scarmass.domain.overlap import dice, pooled_dice
from scarmass.domain.reading import Reading
from scarmass.domain.stack import SliceKey


@dataclass(frozen=True)
class SlicePair:
    """A slice of two readings. one, other: its scar, empty where there is none, None where that reading lacks the
    slice or excludes it.

    dice: 1 where both are empty, None where one of them is None.
    """

    key: SliceKey
    one: Mask | None
    other: Mask | None

    @property
    def dice(self) -> float | None:
        return None if self.one is None or self.other is None else dice(self.one, self.other)


def pairs_of(one: Reading, other: Reading) -> list[SlicePair]:
    """The slices of both, those of the first one in its order and then what only the other has.

    Raises ReadingsOfOtherStacks.
    """
    if one.stack_id != other.stack_id:
        raise ReadingsOfOtherStacks("the two readings are of different stacks")
    keys = [*one.keys, *(key for key in other.keys if key not in one.keys)]
    return [SlicePair(key, _scar(one, key), _scar(other, key)) for key in keys]


def dice_of(pairs: list[SlicePair]) -> float | None:
    """Dice over the slices that both readings count, as of one volume; None where there are none."""
    both = [(pair.one, pair.other) for pair in pairs if pair.one is not None and pair.other is not None]
    return pooled_dice([one for one, _ in both], [other for _, other in both]) if both else None


def difference(one: Mass | None, other: Mass | None) -> Mass:
    """The first less the other by each extent; None where one of them is not known."""
    if one is None or other is None:
        return Mass(None, None)
    return Mass(
        _less(one.by_slice_thickness, other.by_slice_thickness), _less(one.by_slice_spacing, other.by_slice_spacing)
    )


def _less(one: Quantity | None, other: Quantity | None) -> Quantity | None:
    if one is None or other is None:
        return None
    return Quantity(one.volume_ml - other.volume_ml, one.mass_g - other.mass_g)


def _scar(reading: Reading, key: SliceKey) -> Mask | None:
    found = next((each for each in reading.slices if each.key == key), None)
    content = reading.content(key)
    if found is None or content.is_excluded:
        return None
    return np.zeros(found.shape, bool) if content.scar is None else content.scar.mask
