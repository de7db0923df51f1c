"""The DICOM JSON model (PS3.18 annex F): attributes that we name, and the headers of stored objects."""

import json
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, BinaryIO

import pydicom
from pydicom import DataElement, Dataset
from pydicom.datadict import dictionary_VR, tag_for_keyword
from pydicom.uid import ImplicitVRLittleEndian

Attributes = Mapping[str, Any]
"""Values by keyword: text, an integer, a list of them, or of Attributes for a sequence; empty text is no value."""

BULK_VRS = frozenset({"OB", "OD", "OF", "OL", "OV", "OW", "UN"})
LONGEST_BINARY = 1024
"""Bytes of a binary value that metadata holds; a longer one is bulk data, which is had with its object."""

NUMBERS = frozenset({"IS", "US", "UL", "SS", "SL"})


def to_json(attributes: Attributes) -> dict[str, Any]:
    return {f"{tag_for_keyword(keyword):08X}": _element(keyword, value) for keyword, value in attributes.items()}


def _element(keyword: str, value: Any) -> dict[str, Any]:
    vr = dictionary_VR(keyword)
    values = [one for one in (value if isinstance(value, list) else [value]) if one not in ("", None)]
    if not values:
        return {"vr": vr}
    if vr == "SQ":
        values = [to_json(item) for item in values]
    elif vr == "PN":
        groups = ("Alphabetic", "Ideographic", "Phonetic")
        values = [dict(zip(groups, str(one).split("="), strict=False)) for one in values]
    elif vr in NUMBERS:
        values = [int(one) for one in values]
    return {"vr": vr, "Value": values}


def header_of(file: Path | BinaryIO) -> Dataset:
    """What stands before the pixels of a file that has come in once, and was read then; empty where it cannot be."""
    try:
        return pydicom.dcmread(file, stop_before_pixels=True, force=True)
    except Exception:  # pydicom raises many kinds
        return Dataset()


def transfer_syntax_of(header: Dataset) -> str:
    """Of files without group 0002 the one that they are read by."""
    meta = getattr(header, "file_meta", None) or Dataset()
    return str(meta.get("TransferSyntaxUID", ImplicitVRLittleEndian))


def metadata_of(header: Dataset) -> dict[str, Any]:
    """Every attribute but bulk data (PS3.18 10.4.1.1.2), and but those whose value is none of their VR's."""
    return dict(_elements(header))


def _elements(dataset: Dataset) -> Iterable[tuple[str, Any]]:
    for tag in sorted(dataset.keys()):
        found = None
        with suppress(Exception):  # a value may be anything, and pydicom raises many kinds over it
            found = _value(dataset[tag])
        if found is not None:
            yield f"{tag:08X}", found


def _value(element: DataElement) -> dict[str, Any] | None:
    """None for bulk data. Raises whatever a value that is none of its VR's leads to."""
    if _is_bulk(element):
        return None
    found = _sequence(element) if element.VR == "SQ" else element.to_json_dict(None, 0)
    json.dumps(found, allow_nan=False)
    return found


def _sequence(element: DataElement) -> dict[str, Any]:
    items = [metadata_of(item) for item in element.value]
    return {"vr": "SQ", "Value": items} if items else {"vr": "SQ"}


def _is_bulk(element: DataElement) -> bool:
    return element.VR in BULK_VRS and len(element.value or b"") > LONGEST_BINARY
