"""What the numbers say with which a peer answers, over DIMSE (PS3.7 annex C, PS3.4 annexes B, C and J) or DICOMweb
(PS3.18 annex I), in words."""

from collections.abc import Mapping

from pydicom import Dataset

SUCCESS = 0x0000
PENDING = (0xFF00, 0xFF01)
CANCELLED = 0xFE00
OUT_OF_RESOURCES = 0xA700
NOT_AUTHORISED = 0x0124
DOES_NOT_MATCH = 0xA900
CANNOT_UNDERSTAND = 0xC000
INVALID_ARGUMENT = 0x0115
NO_SUCH_ACTION = 0x0123
NO_SUCH_EVENT = 0x0113
RESOURCE_LIMITATION = 0x0213
PROCESSING_FAILURE = 0x0110
NO_SUCH_OBJECT = 0x0112

GENERAL = {
    0x0105: "it does not know an attribute that was sent",
    0x0106: "an attribute has a value that it does not take",
    0x0107: "it left attributes out",
    0x0110: "it failed while it worked on it",
    0x0111: "it has an object of this UID already",
    0x0112: "it has no such object",
    0x0115: "a value is not valid",
    0x0117: "the UID of the object is not valid",
    0x0118: "it knows no such SOP class",
    0x0119: "the object is of another SOP class",
    0x0122: "it does not take objects of this SOP class",
    0x0123: "it knows no such action",
    0x0124: "we are not authorised",
    0x0131: "the transaction UID was used before",
    0x0210: "the message was sent twice",
    0x0211: "it does not support this operation",
    0x0212: "a value has the wrong type",
    0x0213: "it is out of resources",
    0xFE00: "it was cancelled",
}
STORED_WITH_WARNING = {
    0xB000: "it changed attributes",
    0xB006: "it left attributes out",
    0xB007: "the object does not match its SOP class",
}
STORING_RANGES = {
    OUT_OF_RESOURCES: "it is out of resources",
    DOES_NOT_MATCH: "the object does not match its SOP class",
    CANNOT_UNDERSTAND: "it cannot understand the object",
}
STORING_OVER_THE_WEB = {0xC122: "it does not take this transfer syntax"}
"""A number that C-STORE leaves to whoever answers, and STOW-RS does not."""
RETRIEVING = {
    0xA700: "it is out of resources",
    0xA701: "it is out of resources, and cannot count the matches",
    0xA702: "it is out of resources, and cannot send the objects",
    0xA801: "it does not know our AE title as a destination: its address and port must be entered there",
    0xA900: "what was asked for does not match the SOP class",
    0xB000: "some objects could not be sent",
}


def words(status: int, known: Mapping[int, str] = GENERAL, ranges: Mapping[int, str] | None = None) -> str:
    """A status as a reason; its number stands behind, as handbooks of PACS list it."""
    said = known.get(status) or GENERAL.get(status)
    if said is None and ranges:
        said = ranges.get(status & 0xFF00) or ranges.get(status & 0xF000)
    if said is None:
        said = (
            "it cannot process the request"
            if status & 0xF000 == 0xC000
            else "it answers with a number that is not known"
        )
    return f"{said} (0x{status:04X})"


def spoken(status: Dataset, known: Mapping[int, str] = GENERAL, ranges: Mapping[int, str] | None = None) -> str:
    """The words of a status, and the peer's own comment."""
    comment = str(status.get("ErrorComment") or "").strip()[:64]
    return words(status.Status, known, ranges) + (f': "{comment}"' if comment else "")


def refusal(status: int, comment: str) -> Dataset:
    """A status to answer with. comment: at most 64 characters of it are sent (PS3.7 table C.4.2)."""
    answer = Dataset()
    answer.Status = status
    answer.ErrorComment = comment[:64]
    return answer
