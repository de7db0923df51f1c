"""Each code that leaves is one of the standard's dictionaries, or says that it is our own."""

import pytest
from pydicom.sr import _cid_dict, _concepts_dict
from pydicom.sr.codedict import codes
from pydicom.sr.coding import Code

from scarmass.domain.aha_model import NAMES
from scarmass.domain.structures import Structure
from scarmass.imaging import codes as ours

SINGLE = {name: value for name, value in vars(ours).items() if isinstance(value, Code)}
OF_STRUCTURES = {
    f"{structure} {part}": value
    for structure, found in ours.STRUCTURES.items()
    for part in ("category", "type", "region")
    if (value := getattr(found, part)) is not None
}
EVERY = {**SINGLE, **OF_STRUCTURES, **{f"segment {at}": code for at, code in enumerate(ours.SEGMENTS17, 1)}}
UNITS = {"g": "gram", "mL": "milliliter"}
"""UCUM has no list of units: these two are of its own symbols (PS3.16 8.1)."""


@pytest.mark.parametrize("name", EVERY)
def test_a_code_is_the_standards_with_its_meaning_or_our_own(name: str) -> None:
    code = EVERY[name]
    if code.scheme_designator == ours.OWN_SCHEME:
        return
    if code.scheme_designator == "UCUM" and code.value in UNITS:
        assert code.meaning == UNITS[code.value]
        return
    entries = _concepts_dict.concepts[code.scheme_designator].values()
    assert any(found.get(code.value, ("",))[0] == code.meaning for found in entries)


def test_own_codes_are_none_of_the_standards() -> None:
    own = [*ours.EXTENTS.values(), *(code for code in SINGLE.values() if code.scheme_designator == ours.OWN_SCHEME)]
    assert all(code.scheme_designator.startswith("99") for code in own)
    assert len({code.value for code in own}) == len(own)
    assert all(len(code.value) <= 16 for code in own)  # a short string (PS3.5 6.2)


def test_every_structure_has_a_segment_of_its_own_type() -> None:
    assert set(ours.STRUCTURES) == set(Structure)
    assert len({(found.category, found.type) for found in ours.STRUCTURES.values()}) == len(Structure)
    categories = {getattr(codes.SCT, name) for name in _cid_dict.cid_concepts[7150]["SCT"]}
    assert {found.category for found in ours.STRUCTURES.values()} <= categories


def test_the_segments_are_those_of_the_wall_by_name() -> None:
    members = {getattr(codes.SCT, name) for name in _cid_dict.cid_concepts[3717]["SCT"]}
    assert set(ours.SEGMENTS17) == members
    for name, code in zip(NAMES[:16], ours.SEGMENTS17, strict=False):
        assert sorted(name.lower().replace("-", " ").split()) == sorted(
            code.meaning.lower().removeprefix("left ventricle ").removesuffix(" segment").split()
        )
