"""A drawn slice for the tests of the detector's training."""

import numpy as np

from scarmass.datasets.annotated import AnnotatedSlice
from scarmass.domain.structures import Structure


def annotated(patient: str = "Case_P001", index: int = 0) -> AnnotatedSlice:
    """100 x 200 pixels, twice as high as wide, with a ventricle and a scar at round numbers."""
    masks = {structure: np.zeros((100, 200), dtype=bool) for structure in Structure}
    masks[Structure.LEFT_VENTRICLE][30:70, 60:140] = True
    masks[Structure.SCAR][30:40, 100:140] = True
    return AnnotatedSlice(patient, index, masks[Structure.SCAR].astype(np.float32), (2.0, 1.0), masks)
