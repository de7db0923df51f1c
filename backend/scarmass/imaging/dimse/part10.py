"""What came by C-STORE as a file of DICOM part 10 (PS3.10 section 7.1): the data set as sent, behind a header."""

from typing import cast

from pydicom.filebase import DicomBytesIO
from pydicom.filewriter import write_file_meta_info
from pynetdicom.dimse_primitives import C_STORE
from pynetdicom.events import Event

LONGEST_UID = 64


class IdentifiersInvalid(ValueError):
    """A C-STORE request whose SOP Class or Instance UID cannot stand in a file's header, or that has no data set."""


def is_too_large(event: Event) -> bool:
    """Whether the object was not kept, as it has more bytes than its association may take."""
    return getattr(cast(C_STORE, event.request).DataSet, "is_over", False)


def pieces(event: Event) -> list[bytes]:
    """Header and data set, one after the other; the data set is not copied. Raises IdentifiersInvalid."""
    request = cast(C_STORE, event.request)
    uids, data_set = (request.AffectedSOPClassUID, request.AffectedSOPInstanceUID), request.DataSet
    if not all(uid and len(uid) <= LONGEST_UID and uid.isascii() and uid.isprintable() for uid in uids):
        raise IdentifiersInvalid("the object's UIDs are missing or no UIDs")
    if data_set is None or not data_set.tell():
        raise IdentifiersInvalid("the message has no object")
    header = DicomBytesIO()
    header.write(b"\0" * 128 + b"DICM")
    write_file_meta_info(header, event.file_meta)
    return [header.getvalue(), data_set.getvalue()]


def as_file(event: Event) -> bytes:
    """Header and data set in one. Raises IdentifiersInvalid."""
    return b"".join(pieces(event))
