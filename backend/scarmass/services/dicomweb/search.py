"""Studies, series and instances looked for by their attributes (QIDO-RS, PS3.18 10.6)."""

import fnmatch
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from itertools import islice
from typing import Any

from pydicom.datadict import dictionary_VR, keyword_for_tag

from scarmass.domain.errors import SearchInvalid
from scarmass.domain.stack import StudyHeader
from scarmass.services.context import Context
from scarmass.services.dicomweb.objects import HeldObject, held_objects
from scarmass.storage.instances import counts_of_study, headers_of_studies
from scarmass.storage.segmentations import headers_without_images, modalities_by_study

MOST = 1000
"""Matches in one answer, however many were asked for."""
LONGEST_VALUE = 4096

Found = dict[str, Any]
"""Values by keyword, as imaging/dicom_json.py takes them."""
OBJECT = "object"
"""Beside the keywords of an instance: its HeldObject, whose file is opened only where the instance is told."""


class Level(IntEnum):
    STUDY, SERIES, INSTANCE = range(3)


KEYS: dict[Level, frozenset[str]] = {
    Level.STUDY: frozenset(
        {
            "StudyInstanceUID",
            "PatientName",
            "PatientID",
            "PatientBirthDate",
            "PatientSex",
            "StudyDate",
            "StudyDescription",
            "AccessionNumber",
            "ModalitiesInStudy",
        }
    ),
    Level.SERIES: frozenset({"SeriesInstanceUID", "Modality", "SeriesNumber", "SeriesDescription"}),
    Level.INSTANCE: frozenset({"SOPInstanceUID", "InstanceNumber"}),
}


@dataclass(frozen=True)
class Search:
    """study, series: those that the address names. keys: what the attributes must match, by keyword."""

    level: Level
    study: str | None = None
    series: str | None = None
    keys: Mapping[str, str] = field(default_factory=dict)
    limit: int = MOST
    offset: int = 0


def key_named(name: str, level: Level) -> str:
    """The keyword of a match key that is a keyword, or a tag of eight hexadecimal digits. Raises SearchInvalid."""
    keyword = keyword_for_tag(int(name, 16)) if re.fullmatch("[0-9A-Fa-f]{8}", name) else name
    if not any(keyword in KEYS[each] for each in Level if each <= level):
        raise SearchInvalid(f"“{name[:64]}” is no attribute that is matched here")
    return keyword


def search(context: Context, wanted: Search) -> tuple[list[Found], bool]:
    """The matches from the offset on, and whether there are more. Raises SearchInvalid.

    Results of signed readings are among the series and instances of a study that is named, and else among none: making
    them takes a while. An instance whose file is lost is left out; the offset counts it all the same.
    """
    found = islice(_matches(context, wanted), wanted.offset, None)
    if wanted.level is Level.INSTANCE:
        found = filter(_is_told, found)
    page = list(islice(found, min(wanted.limit, MOST)))
    more = next(found, None) is not None
    if wanted.level is Level.STUDY:
        for one in page:
            one.update(_counts(context, one["StudyInstanceUID"]))
    return page, more


def _is_told(instance: Found) -> bool:
    """Add what the file says of an instance; answers whether it is there."""
    try:
        instance["SOPClassUID"] = str(instance.pop(OBJECT).header().get("SOPClassUID", ""))
    except FileNotFoundError:
        return False
    return True


def _matches(context: Context, wanted: Search) -> Iterator[Found]:
    patterns = {keyword: _pattern(keyword, value) for keyword, value in wanted.keys.items()}
    with context.database.transaction() as session:
        studies = [(header, ["MR"]) for header in headers_of_studies(session)]
        studies += [(header, []) for header in headers_without_images(session)]
        drawn = modalities_by_study(session)
    for header, modalities in studies:
        study = _study(header, [*modalities, *sorted(drawn.get(header.study_instance_uid, ()))])
        if wanted.study in (None, header.study_instance_uid) and _fits(study, patterns, Level.STUDY):
            if wanted.level is Level.STUDY:
                yield study
                continue
            is_named = wanted.study is not None or "StudyInstanceUID" in patterns
            # Of every study before the page each instance is counted, and the store may answer slowly.
            checked = is_named or wanted.level is not Level.INSTANCE
            objects = held_objects(context, header.study_instance_uid, wanted.series, results=is_named, checked=checked)
            yield from _within(study, objects, patterns, wanted.level)


def _within(
    study: Found, objects: list[HeldObject], patterns: dict[str, re.Pattern[str]], level: Level
) -> Iterator[Found]:
    counts = Counter(one.series_instance_uid for one in objects)
    told: set[str] = set()
    for one in objects:
        series = {"SeriesInstanceUID": one.series_instance_uid, **one.series}
        if not _fits(series, patterns, Level.SERIES):
            continue
        if level is Level.INSTANCE:
            instance = {"SOPInstanceUID": one.sop_instance_uid, "InstanceNumber": one.instance_number}
            if _fits(instance, patterns, Level.INSTANCE):
                yield study | series | instance | {OBJECT: one}
        elif one.series_instance_uid not in told:
            told.add(one.series_instance_uid)
            yield study | series | {"NumberOfSeriesRelatedInstances": counts[one.series_instance_uid]}


def _study(header: StudyHeader, modalities: list[str]) -> Found:
    return {
        "StudyDate": header.study_date,
        "StudyTime": "",
        "AccessionNumber": header.accession_number,
        "ModalitiesInStudy": modalities,
        "ReferringPhysicianName": "",
        "PatientName": header.patient_name,
        "PatientID": header.patient_id,
        "PatientBirthDate": header.patient_birth_date,
        "PatientSex": header.patient_sex,
        "StudyInstanceUID": header.study_instance_uid,
        "StudyID": "",
        "StudyDescription": header.study_description,
    }


def _counts(context: Context, study_instance_uid: str) -> Found:
    with context.database.transaction() as session:
        series, instances = counts_of_study(session, study_instance_uid)
    return {"NumberOfStudyRelatedSeries": series, "NumberOfStudyRelatedInstances": instances}


def _fits(attributes: Found, patterns: dict[str, re.Pattern[str]], level: Level) -> bool:
    """Whether those that belong to the level match; the others are another level's."""
    for keyword in patterns.keys() & KEYS[level]:
        value = attributes[keyword]
        values = value if isinstance(value, list) else [value]
        if not any(patterns[keyword].fullmatch("" if one is None else str(one)) for one in values):
            return False
    return True


def _pattern(keyword: str, value: str) -> re.Pattern[str]:
    """PS3.4 C.2.2.2: lists of UIDs, ranges of dates, wild cards, names whatever their case; empty matches all."""
    if len(value) > LONGEST_VALUE:
        raise SearchInvalid(f"the value of {keyword} is longer than {LONGEST_VALUE} characters")
    vr = dictionary_VR(keyword)
    if not value:
        return re.compile(".*", re.DOTALL)
    if vr == "UI":
        return re.compile("|".join(re.escape(uid) for uid in re.split(r"[,\\]", value)))
    if vr == "DA":
        return _dates(keyword, value)
    # fnmatch looks ahead of each wild card once: no value makes it try every way of matching.
    glob = fnmatch.translate(value.replace("[", "[[]"))
    return re.compile(glob, re.IGNORECASE if vr == "PN" else 0)


class _DateRange:
    """What a compiled pattern would be for dates between two."""

    def __init__(self, first: str, last: str) -> None:
        self._first, self._last = first or "0", last or "9"

    def fullmatch(self, date: str) -> bool:
        return bool(date) and self._first <= date <= self._last


def _dates(keyword: str, value: str) -> Any:
    found = re.fullmatch(r"([0-9]{8})?(-?)([0-9]{8})?", value)
    if not found or value == "-" or (found[1] and found[3] and not found[2]):
        raise SearchInvalid(f"{keyword} is YYYYMMDD, or two of them with “-” between")
    first, dash, last = found.groups(default="")
    return _DateRange(first, last if dash else first)
