"""What a segment may mean: by its codes in any scheme that pydicom translates, else by the words of its label.

A proposal only: who takes a segmentation in says what each segment is.
"""

import re
from collections.abc import Sequence

from pydicom import Dataset
from pydicom.sr.coding import Code

from scarmass.domain.segmentation import Meaning
from scarmass.imaging.mr.attributes import text_of

CODES = (
    (Code("12402003", "SCT", "Scar"), Meaning.SCAR),
    (Code("122113", "DCM", "Scarred Myocardium"), Meaning.SCAR),
    (Code("22298006", "SCT", "Myocardial infarction"), Meaning.SCAR),
    (Code("87612001", "SCT", "Blood"), Meaning.BLOOD_POOL),
    (Code("C81175", "NCIt", "Nonenhancing Lesion"), Meaning.NO_REFLOW),
    (Code("49848007", "SCT", "Myocardium of left ventricle"), Meaning.MYOCARDIUM),
    (Code("122112", "DCM", "Normal Myocardium"), Meaning.MYOCARDIUM),
    (Code("74281007", "SCT", "Myocardium"), Meaning.MYOCARDIUM),
)
"""Code equality of pydicom knows which SRT codes are which SCT ones. The left ventricle's own code (SCT 87878005) is
used of its blood, of its outline and of its wall: there the label speaks."""

WORDS = (
    (r"right|\brv\b|\bra\b|\bla\b|atri|aort", None),
    (r"no.?reflow|microvascular|\bmvo\b", Meaning.NO_REFLOW),
    (r"normal|healthy|viable|remote", Meaning.MYOCARDIUM),
    (r"scar|infarct|fibros|enhanc|\blge\b|\bmi\b|narbe|cicatri", Meaning.SCAR),
    (r"blood|cavity|lumen|\bpool|endo", Meaning.BLOOD_POOL),
    (r"epi|left.?ventric\w*.?(outline|disc|epi)?$|^lv$", Meaning.LEFT_VENTRICLE),
    (r"myo|wall", Meaning.MYOCARDIUM),
)
"""Tried in this order; an underscore parts words."""


def meaning_of(codes: Sequence[Code], label: str) -> Meaning | None:
    """What a segment of these codes and this label may mean; None where neither tells.

    No standard code names no-reflow, so its words go before the wider codes that it is given.
    """
    words = re.sub(r"[_\-.]+", " ", label).strip().lower()
    by_word = next((meaning for pattern, meaning in WORDS if re.search(pattern, words)), None)
    if by_word is Meaning.NO_REFLOW:
        return by_word
    return next((meaning for code, meaning in CODES if code in codes), by_word)


def codes_of(item: Dataset, keyword: str) -> list[Code]:
    """The coded concepts of a sequence; what lacks a value or scheme is none."""
    found = []
    for code in item.get(keyword) or []:
        value = text_of(code, "CodeValue") or text_of(code, "LongCodeValue")
        scheme = text_of(code, "CodingSchemeDesignator")
        if value and scheme:
            found.append(Code(value, scheme, text_of(code, "CodeMeaning")))
    return found


def in_words(codes: Sequence[Code]) -> str:
    return "; ".join(f"{code.meaning or code.value} ({code.scheme_designator} {code.value})" for code in codes)
