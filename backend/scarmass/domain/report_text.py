"""What a reader writes into a report: the finding in a sentence, the quality of the images, and remarks on them."""

import unicodedata
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

LONGEST_FINDING = 600
LONGEST_REMARKS = 1200
"""In characters: the report stays one page."""


class ImageQuality(StrEnum):
    GOOD = "good"
    LIMITED = "limited"
    POOR = "poor"


@dataclass(frozen=True)
class ReportText:
    """One version of it; versions are only ever added. revision: of the reading, when it was written.

    number: of the version, from 1. finding: empty where the one that is proposed from the numbers counts. quality: None
    where nothing is said of it; remarks say what limits it.
    """

    number: int
    revision: int
    author: str
    created_at: datetime
    finding: str
    remarks: str
    quality: ImageQuality | None = None


def plain_text(text: str) -> str:
    """The text with what can be printed, its lines kept: marks that turn the direction of writing, and the like, go."""
    characters = (" " if unicodedata.category(one) == "Zs" else one for one in text.replace("\r\n", "\n"))
    return "".join(one for one in characters if one == "\n" or one.isprintable()).strip()
