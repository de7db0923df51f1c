"""The bytes of a file as a DICOM data set, in whichever encoding they came, or ObjectRefused with the reason."""

import struct
import zlib
from io import BytesIO

import pydicom
from pydicom import config
from pydicom.datadict import dictionary_VR, keyword_for_tag
from pydicom.dataelem import RawDataElement
from pydicom.dataset import FileDataset
from pydicom.filereader import read_dataset
from pydicom.uid import (
    UID,
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
)

from scarmass.domain.errors import ObjectRefused

config.settings.reading_validation_mode = config.IGNORE
"""Real headers hold invalid UIDs and dates; they are taken as opaque text, without a warning for each."""

MAX_INFLATED_BYTES = 64 * 2**20
UNDEFINED_LENGTH = 0xFFFFFFFF
PIXEL_DATA = 0x7FE00010
PREFIX = slice(128, 132)
LONGEST_FIRST_VALUE = 1024

OTHER_KINDS = {
    b"PK\x03\x04": "an archive within an archive",
    b"PK\x05\x06": "an archive within an archive",
    b"\x1f\x8b": "an archive other than .zip",
    b"7z\xbc\xaf": "an archive other than .zip",
    b"Rar!": "an archive other than .zip",
    b"\xff\xd8\xff": "a photo or screenshot, not a DICOM file",
    b"\x89PNG": "a photo or screenshot, not a DICOM file",
    b"%PDF": "a PDF document, not a DICOM file",
}
"""What else people send, by its first bytes."""


def open_dataset(content: bytes) -> FileDataset:
    """The data set, its pixels not decoded; file_meta always names the transfer syntax. Raises ObjectRefused."""
    if not content:
        raise ObjectRefused("the file is empty")
    if not _looks_like_dicom(content):
        other = next((kind for start, kind in OTHER_KINDS.items() if content.startswith(start)), None)
        raise ObjectRefused(other or "not a DICOM file")
    try:
        dataset = pydicom.dcmread(BytesIO(_inflated(content)), force=True)
        is_whole = _is_whole(dataset)
    except ObjectRefused:
        raise
    except (EOFError, OSError, struct.error) as error:  # what pydicom meets where a file ends too early
        raise ObjectRefused("the file is incomplete") from error
    except Exception as error:  # pydicom raises many kinds on damaged bytes
        raise ObjectRefused("the DICOM file is damaged") from error
    if not is_whole:
        raise ObjectRefused("the file is incomplete")
    if not dataset.file_meta.get("TransferSyntaxUID"):
        dataset.file_meta.TransferSyntaxUID = _transfer_syntax_found(dataset)
    return dataset


def require_small_attributes(dataset: FileDataset, largest: int) -> None:
    """Raise ObjectRefused for an attribute of more bytes, before pydicom makes text or numbers of it.

    The pixel data has bounds of its own, and so have what a sequence holds.
    """
    for element in dataset.values():
        # Of what is there: a length alone is a claim, and a false one where the file is damaged.
        size = len(element.value or b"") if isinstance(element, RawDataElement) else 0
        if size > largest and element.tag != PIXEL_DATA:
            vr = element.VR or (dictionary_VR(element.tag) if keyword_for_tag(element.tag) else "UN")
            if vr != "SQ":
                named = keyword_for_tag(element.tag) or f"attribute {element.tag}"
                raise ObjectRefused(f"{named} holds {size} bytes, more than the {largest} that are read")


def _looks_like_dicom(content: bytes) -> bool:
    """With its preamble, or beginning with an element of group 0002 or 0008, where files without one begin."""
    if content[PREFIX] == b"DICM":
        return True
    if content[:2] not in (b"\x02\x00", b"\x08\x00", b"\x00\x08") or len(content) < 8:
        return False
    has_vr = content[4:6].isalpha() and content[4:6].isupper()
    return has_vr or int.from_bytes(content[4:8], "little") <= LONGEST_FIRST_VALUE


def _inflated(content: bytes) -> bytes:
    """A deflated file with its data set inflated within bounds, which pydicom does not have; any other as it is."""
    if content[PREFIX] != b"DICM":
        return content
    stream = BytesIO(content)
    stream.seek(PREFIX.stop)
    meta = read_dataset(stream, False, True, stop_when=lambda tag, *_: tag.group != 2)
    if meta.get("TransferSyntaxUID") != DeflatedExplicitVRLittleEndian:
        return content
    inflating = zlib.decompressobj(-zlib.MAX_WBITS)
    head, deflated = content[: stream.tell()], content[stream.tell() :]
    inflated = inflating.decompress(deflated, MAX_INFLATED_BYTES)
    if inflating.unconsumed_tail:
        raise ObjectRefused(f"the deflated file inflates to more than {MAX_INFLATED_BYTES // 2**20} MiB")
    if not inflating.eof:
        raise ObjectRefused("the file is incomplete")
    plain = ExplicitVRLittleEndian.encode().ljust(len(DeflatedExplicitVRLittleEndian), b"\0")
    return head.replace(DeflatedExplicitVRLittleEndian.encode(), plain) + inflated


def _is_whole(dataset: FileDataset) -> bool:
    """Whether every element has the length that it claims; pydicom keeps none where a compressed image is cut."""
    items = [dataset.get_item(tag) for tag in dataset.keys()]  # noqa: SIM118 - iterating would convert every value
    return bool(items) and not any(
        isinstance(item, RawDataElement)
        and item.length != UNDEFINED_LENGTH
        and item.value is not None
        and len(item.value) < item.length
        for item in items
    )


def _transfer_syntax_found(dataset: FileDataset) -> UID:
    pixels = dataset.get_item("PixelData") if "PixelData" in dataset else None
    if isinstance(pixels, RawDataElement) and pixels.length == UNDEFINED_LENGTH:
        raise ObjectRefused("TransferSyntaxUID is missing, and the pixel data is compressed")
    is_implicit, is_little_endian = dataset.original_encoding
    if is_implicit:
        return ImplicitVRLittleEndian
    return ExplicitVRLittleEndian if is_little_endian else ExplicitVRBigEndian
