"""One object without its patient: the Basic Application Level Confidentiality Profile (PS3.15 E), with options.

What becomes of each attribute is dicom-anonymizer's table of the standard. Ours are pseudonyms and UIDs by key, dates
shifted by as many days as all of the patient's, times of day as they are, and descriptions without the names that the
object holds: series are told apart by them.
"""

import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import date, timedelta
from functools import partial
from io import BytesIO
from typing import Any

from dicomanonymizer.simpledicomanonymizer import (
    delete_or_empty_or_replace_UID,
    initialize_actions_2024b,
    replace_UID,
)
from pydicom import DataElement, Dataset, FileDataset
from pydicom.datadict import tag_for_keyword
from pydicom.dataset import FileMetaDataset
from pydicom.multival import MultiValue
from pydicom.valuerep import DSfloat

from scarmass.domain.errors import ObjectRefused
from scarmass.domain.patient import plain_date, plain_name
from scarmass.domain.stack import SliceHeader
from scarmass.imaging.mr.attributes import text_of
from scarmass.imaging.mr.encoding import open_dataset
from scarmass.imaging.mr.header import MrObject, read_object
from scarmass.imaging.mr.objects import UNBOUNDED, measured_by
from scarmass.imaging.pseudonyms import Pseudonyms

Action = Callable[[Dataset, tuple[int, int]], None]

TEXTS = frozenset(("LO", "SH", "ST", "LT", "UT", "UC"))
IDENTITIES = ("PatientID", "OtherPatientIDs", "AccessionNumber", "PatientBirthDate", "InstitutionName")
SHORTEST_IDENTITY = 2

SHIFTED = ("StudyDate", "SeriesDate", "AcquisitionDate", "ContentDate", "AcquisitionDateTime",
           "FrameAcquisitionDateTime", "FrameReferenceDateTime")  # fmt: skip
KEPT = ("StudyTime", "SeriesTime", "AcquisitionTime", "ContentTime", "SeriesDescription", "ProtocolName",
        "ContrastBolusAgent")  # fmt: skip
EMPTIED = ("PatientBirthDate", "PatientSex", "AccessionNumber", "StudyID", "ReferringPhysicianName")
DELETED = ("EncryptedAttributesSequence", "PixelDataProviderURL")

METHOD = ["DICOM PS3.15 Basic Profile", "keyed pseudonyms", "cleaned descriptors", "dates shifted"]
METHOD_CODES = {
    "113100": "Basic Application Confidentiality Profile",
    "113105": "Clean Descriptors Option",
    "113107": "Retain Longitudinal Temporal Information Modified Dates Option",
}

REPLACES_UIDS = (replace_UID, delete_or_empty_or_replace_UID)
STANDARD = {tag: action for tag, action in initialize_actions_2024b().items() if len(tag) == 2}
REPEATING = {tag: action for tag, action in initialize_actions_2024b().items() if len(tag) == 4}


def deidentified(content: bytes, before: MrObject, pseudonyms: Pseudonyms) -> MrObject:
    """The object without its patient, its bytes with it. Its pixels, and whatever is measured by, stay as they are.

    before: what was read of it. The same object and secret make the same bytes. Raises ObjectRefused.
    """
    dataset = open_dataset(content)
    try:
        _Cleaning(dataset, pseudonyms).clean(dataset)
        _say_so(dataset, before)
        out = BytesIO()
        dataset.save_as(out, enforce_file_format=True)
    except ObjectRefused:
        raise
    except Exception as error:  # what is damaged may be read leniently, and not written
        raise ObjectRefused("the object cannot be de-identified: an attribute cannot be written") from error
    after = read_object(out.getvalue(), UNBOUNDED)
    is_unread = text_of(dataset, "BurnedInAnnotation").upper() != "NO"
    slices = tuple(_as_measured(*each, is_unread) for each in zip(after.slices, before.slices, strict=True))
    if list(map(measured_by, slices)) != list(map(measured_by, before.slices)):
        raise ObjectRefused("the object cannot be de-identified: what is measured by would change")
    return replace(after, slices=slices, deidentified=out.getvalue())


def _as_measured(after: SliceHeader, before: SliceHeader, is_unread: bool) -> SliceHeader:
    """With the rescale that was read, from wherever. is_unread: nobody says that nothing is written in the pixels."""
    is_derived = {"DERIVED", "SECONDARY"} & set(before.image_type[:2])
    return replace(
        after,
        rescale_slope=before.rescale_slope,
        rescale_intercept=before.rescale_intercept,
        may_show_writing=bool(is_derived) and is_unread,
    )


class _Cleaning:
    """What is done to the attributes of one patient's object."""

    def __init__(self, dataset: FileDataset, pseudonyms: Pseudonyms) -> None:
        name, birth_date = plain_name(text_of(dataset, "PatientName")), plain_date(text_of(dataset, "PatientBirthDate"))
        patient = text_of(dataset, "PatientID") or f"{name}\n{birth_date}"
        self._uid_for = pseudonyms.of_uid
        self._shift = timedelta(days=pseudonyms.days_back(patient))
        self._identity = _any_of(_identities(dataset))
        self._actions: dict[tuple[int, int], Action] = {
            **STANDARD,
            **_for_each(SHIFTED, self._shift_date),
            **_for_each(KEPT, _keep),
            **_for_each(EMPTIED, partial(_put, "")),
            **_for_each(DELETED, _delete),
            **_for_each(["PatientID"], partial(_put, pseudonyms.of_patient(patient))),
            **_for_each(["PatientName"], partial(_put, pseudonyms.of_name(patient, name, birth_date))),
        }

    def clean(self, dataset: Dataset) -> None:
        """Attribute by attribute, those of sequences too."""
        for tag in list(dataset.keys()):
            if tag.is_private:
                del dataset[tag]
                continue
            action, element = self._action_for(tag.group, tag.element), dataset[tag]
            if element.VR == "SQ":
                self._clean_sequence(dataset, element, action)
            elif element.VR == "UI" and action:
                element.value = self._new_uids(element.value)
            elif action:
                self._act(dataset, element, action)
            if tag in dataset and element.VR in TEXTS:
                element.value = self._without_identities(element.value)

    def _action_for(self, group: int, element: int) -> Action | None:
        masked = (
            action
            for (at_group, at_element, group_mask, element_mask), action in REPEATING.items()
            if (group & group_mask, element & element_mask) == (at_group & group_mask, at_element & element_mask)
        )
        return self._actions.get((group, element)) or next(masked, None)

    def _clean_sequence(self, dataset: Dataset, element: DataElement, action: Action | None) -> None:
        """Sequences that are not taken away keep what their own attributes may keep."""
        if action and action not in REPLACES_UIDS:
            del dataset[element.tag]
            return
        for item in element.value:
            self.clean(item)

    def _act(self, dataset: Dataset, element: DataElement, action: Action) -> None:
        try:
            action(dataset, (element.tag.group, element.tag.element))
        except NotImplementedError:  # the table's functions know no replacement for every kind of value
            del dataset[element.tag]

    def _new_uids(self, value: Any) -> Any:
        if not value:
            return value
        return self._uid_for(str(value)) if isinstance(value, str) else [self._uid_for(str(uid)) for uid in value]

    def _shift_date(self, dataset: Dataset, tag: tuple[int, int]) -> None:
        """A date, or a date and time, earlier by the patient's days; what is no date goes."""
        element = dataset[tag]
        text = plain_date(str(element.value or "").strip())
        element.value = ""
        with suppress(ValueError, OverflowError):
            shifted = date(int(text[:4]), int(text[4:6]), int(text[6:8])) - self._shift
            element.value = f"{shifted:%Y%m%d}{text[8:]}" if element.VR == "DT" else f"{shifted:%Y%m%d}"

    def _without_identities(self, value: Any) -> Any:
        if isinstance(value, str):
            return self._identity.sub("", value).strip() if self._identity else value
        return [self._without_identities(one) for one in value] if value else value


def _for_each(keywords: Any, action: Action) -> dict[tuple[int, int], Action]:
    tags = [tag_for_keyword(keyword) or 0 for keyword in keywords]
    return {(tag >> 16, tag & 0xFFFF): action for tag in tags}


def _keep(_: Dataset, __: tuple[int, int]) -> None:
    """As it is, but for names in it."""


def _delete(dataset: Dataset, tag: tuple[int, int]) -> None:
    del dataset[tag]


def _put(value: str, dataset: Dataset, tag: tuple[int, int]) -> None:
    dataset[tag].value = value


def _identities(dataset: Dataset) -> set[str]:
    """Every name, number and place that a text of the object may hold once more."""
    found = {str(value) for keyword in IDENTITIES for value in _values(dataset.get(keyword))}
    for name in _names(dataset):
        for group in name.split("="):
            parts = re.split(r"[\^,\s]+", group)
            found.update(parts, ["".join(parts)])
    return {text.strip() for text in found if len(text.strip()) >= SHORTEST_IDENTITY}


def _names(dataset: Dataset) -> Iterator[str]:
    for element in dataset.iterall():
        if element.VR == "PN":
            yield from map(str, _values(element.value))


def _values(value: Any) -> list[Any]:
    if value is None or value == "":
        return []
    return list(value) if isinstance(value, MultiValue) else [value]


def _any_of(identities: set[str]) -> re.Pattern[str] | None:
    """These as whole words, in any case; names of scripts without spaces wherever they stand."""
    words = [
        rf"(?<![^\W_]){re.escape(text)}(?![^\W_])" if text.isascii() else re.escape(text)
        for text in sorted(identities, key=len, reverse=True)
    ]
    return re.compile("|".join(words), re.IGNORECASE) if words else None


def _say_so(dataset: FileDataset, before: MrObject) -> None:
    """That it was de-identified, and how; nothing of the file that it came in stays around it."""
    dataset.PatientIdentityRemoved = "YES"
    dataset.DeidentificationMethod = METHOD
    dataset.DeidentificationMethodCodeSequence = [_code(*each) for each in METHOD_CODES.items()]
    dataset.LongitudinalTemporalInformationModified = "MODIFIED"
    first = before.slices[0]
    if "RescaleSlope" not in dataset and (first.rescale_slope, first.rescale_intercept) != (1.0, 0.0):
        # It stood in a private attribute, which is gone.
        dataset.RescaleSlope = DSfloat(first.rescale_slope, auto_format=True)
        dataset.RescaleIntercept = DSfloat(first.rescale_intercept, auto_format=True)
    meta = FileMetaDataset()
    meta.TransferSyntaxUID = dataset.file_meta.TransferSyntaxUID
    meta.MediaStorageSOPClassUID, meta.MediaStorageSOPInstanceUID = dataset.SOPClassUID, dataset.SOPInstanceUID
    dataset.file_meta, dataset.preamble = meta, bytes(128)


def _code(value: str, meaning: str) -> Dataset:
    code = Dataset()
    code.CodeValue, code.CodingSchemeDesignator, code.CodeMeaning = value, "DCM", meaning
    return code
