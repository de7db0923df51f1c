"""Whatever tissues were drawn, the structures nest: scar and blood in the ventricle, no-reflow in scar."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from scarmass.datasets.layouts.tissues import Tissue, structures_of, tissue_named
from scarmass.domain.errors import AnnotationInvalid
from scarmass.domain.structures import Structure
from tests.datasets.hearts import heart_labels

LABELS = heart_labels()
DRAWN = st.dictionaries(st.sampled_from(Tissue), arrays(bool, (2, 6, 6)), max_size=6)


@given(DRAWN, arrays(bool, (2, 6, 6)))
def test_structures_are_nested_and_hold_all_scar_that_was_drawn(drawn: dict, myocardium: np.ndarray) -> None:
    masks = structures_of({**drawn, Tissue.MYOCARDIUM: myocardium})
    ventricle, scar = masks[Structure.LEFT_VENTRICLE], masks[Structure.SCAR]
    assert not (scar & ~ventricle).any()
    assert not (masks[Structure.BLOOD_POOL] & (scar | ~ventricle)).any()
    assert not (masks[Structure.NO_REFLOW] & ~scar).any()
    assert (scar | ~drawn.get(Tissue.SCAR, np.zeros_like(scar))).all()


@pytest.mark.parametrize(
    "drawn",
    [
        {Tissue.MYOCARDIUM: LABELS >= 2, Tissue.SCAR: LABELS >= 3},
        {Tissue.MYOCARDIUM: LABELS == 2, Tissue.SCAR: LABELS >= 3, Tissue.BLOOD_POOL: LABELS == 1},
        {Tissue.LEFT_VENTRICLE: LABELS >= 1, Tissue.BLOOD_POOL: LABELS == 1, Tissue.SCAR: LABELS >= 3},
        {Tissue.MYOCARDIUM: LABELS >= 2, Tissue.SCAR: LABELS == 3, Tissue.NO_REFLOW: LABELS == 4},
    ],
)
def test_the_same_heart_drawn_in_other_tissues_is_the_same(drawn: dict[Tissue, np.ndarray]) -> None:
    masks = structures_of(drawn)
    np.testing.assert_array_equal(masks[Structure.LEFT_VENTRICLE], LABELS >= 1)
    np.testing.assert_array_equal(masks[Structure.BLOOD_POOL], LABELS == 1)
    np.testing.assert_array_equal(masks[Structure.SCAR], LABELS >= 3)


@pytest.mark.parametrize("tissues", [(Tissue.SCAR,), (Tissue.SCAR, Tissue.BLOOD_POOL), (Tissue.OTHER,), ()])
def test_masks_that_do_not_tell_the_myocardium_are_refused(tissues: tuple[Tissue, ...]) -> None:
    with pytest.raises(AnnotationInvalid, match="myocardium"):
        structures_of(dict(zip(tissues, [LABELS == 3] * len(tissues), strict=True)))


@pytest.mark.parametrize(
    ("name", "tissue"),
    [
        ("Scarred Myocardium", Tissue.SCAR),
        ("P01_infarct.nii.gz", Tissue.SCAR),
        ("No-reflow", Tissue.NO_REFLOW),
        ("MVO", Tissue.NO_REFLOW),
        ("LV blood pool", Tissue.BLOOD_POOL),
        ("LV Myocardium", Tissue.MYOCARDIUM),
        ("left_ventricle.nii", Tissue.LEFT_VENTRICLE),
        ("RV blood pool", Tissue.OTHER),
    ],
)
def test_tissues_are_known_by_the_names_that_readers_give_them(name: str, tissue: Tissue) -> None:
    assert tissue_named(name) is tissue


def test_a_name_of_no_tissue_is_refused() -> None:
    with pytest.raises(AnnotationInvalid, match="Segment_1"):
        tissue_named("Segment_1")
