"""A key image shows the slice's pixels in their true proportions, with the outlines of what is drawn on it."""

import uuid
from dataclasses import replace
from pathlib import Path

import numpy as np

from scarmass.domain.reading import Origin, Reading, Segment, SliceContent, SliceState
from scarmass.domain.structures import Structure
from scarmass.imaging.codes import STRUCTURES
from scarmass.services.readings.key_images import FIELD_MM, PICTURE_MM, key_picture
from scarmass.storage.local_store import LocalStore
from tests.field.slices import encoded, stacks_of
from tests.imaging.outlined import slices

SCAR = STRUCTURES[Structure.SCAR].colour
ROW_MM, COLUMN_MM = 1.5, 1.25


def test_the_outline_lies_where_the_scar_does(tmp_path: Path) -> None:
    objects, files = slices(), LocalStore(tmp_path)
    (stack,) = stacks_of(objects)
    one = replace(stack.slices[0], sha256=files.put(encoded(objects[0])))
    mask = np.zeros(one.shape, bool)
    mask[10:20, 8:24] = True
    content = SliceContent(SliceState.ACCEPTED, segments={Structure.SCAR: Segment(mask, Origin.PAINT)})
    reading = Reading(id=uuid.UUID(int=1), stack_id="", slices=(one,), contents={one.key: content})
    picture = key_picture(files, reading, one)
    assert picture.shape == (FIELD_MM / PICTURE_MM, FIELD_MM / PICTURE_MM, 3)
    rows, columns = np.nonzero((picture == SCAR).all(axis=-1))
    assert np.ptp(rows) + 1 == 10 * ROW_MM / PICTURE_MM
    assert np.ptp(columns) + 1 == 16 * COLUMN_MM / PICTURE_MM
    middle = picture[(rows.min() + rows.max()) // 2, (columns.min() + columns.max()) // 2]
    assert len(set(middle.tolist())) == 1
