"""The numbers of a structured report that we wrote, as two readers that are not ours find them."""

from collections import Counter
from collections.abc import Iterator, Sequence
from io import BytesIO

from highdicom.sr import MeasurementReport, srread
from pydicom import Dataset, dcmread

from scarmass.domain.errors import ResultNotReadBack
from scarmass.imaging.sr.write import Group

Told = tuple[str, str, str, float, str]
"""A number with what it is of: the group's label, the name, the method (empty where there is none), value, unit."""

LABEL, METHOD, MEASUREMENT_GROUP = "112039", "370129005", "125007"
"""Tracking Identifier, Measurement Method, Measurement Group (PS3.16 TID 1500)."""


def require_same_numbers(content: bytes, groups: Sequence[Group]) -> None:
    """Raises ResultNotReadBack unless both find every number as it was measured, to the last bit, and no other one."""
    wanted = Counter(
        (group.label, one.name.value, one.method.value if one.method else "", float(one.value), one.unit.value)
        for group in groups
        for one in group.numbers
    )
    for reader, found in (("pydicom", numbers_by_pydicom(content)), ("highdicom", numbers_by_highdicom(content))):
        if Counter(found) != wanted:
            raise ResultNotReadBack(f"the structured report reads back otherwise than it was written, by {reader}")


def numbers_by_pydicom(content: bytes) -> list[Told]:
    """Found by walking the tree of content items."""
    dataset = dcmread(BytesIO(content))
    return [
        told
        for item in _items(dataset)
        if item.ValueType == "CONTAINER" and _name(item) == MEASUREMENT_GROUP
        for told in _told(item)
    ]


def _told(group: Dataset) -> Iterator[Told]:
    label = next(str(item.TextValue) for item in group.ContentSequence if _name(item) == LABEL)
    for item in group.ContentSequence:
        if item.ValueType == "NUM":
            (measured,) = item.MeasuredValueSequence
            methods = [
                str(each.ConceptCodeSequence[0].CodeValue)
                for each in item.get("ContentSequence") or []
                if _name(each) == METHOD
            ]
            unit = str(measured.MeasurementUnitsCodeSequence[0].CodeValue)
            yield label, _name(item), "".join(methods), float(measured.FloatingPointValue), unit


def _items(item: Dataset) -> Iterator[Dataset]:
    for each in item.get("ContentSequence") or []:
        yield each
        yield from _items(each)


def _name(item: Dataset) -> str:
    return str(item.ConceptNameCodeSequence[0].CodeValue)


def numbers_by_highdicom(content: bytes) -> list[Told]:
    """Found as the measurements of the template's groups."""
    report = srread(BytesIO(content)).content
    if not isinstance(report, MeasurementReport):
        return []
    groups = [*report.get_volumetric_roi_measurement_groups(), *report.get_image_measurement_groups()]
    return [
        (
            str(group.tracking_identifier),
            one.name.value,
            one.method.value if one.method else "",
            float(one.value),
            one.unit.value,
        )
        for group in groups
        for one in group.get_measurements()
    ]
