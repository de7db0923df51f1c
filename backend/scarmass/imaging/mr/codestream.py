"""What a compressed image says of itself, read before a decoder is asked: its size, and that it is whole.

Decoders fill what is missing: a cut JPEG-LS stream comes back as a full array, and so does one of another size.
Sources: ITU-T T.81 B.1, T.87 C.1 (JPEG, JPEG-LS), T.800 A.4 and I.5 (JPEG 2000).
"""

from collections.abc import Iterator

from scarmass.domain.errors import PixelsUndecodable

START_OF_IMAGE = b"\xff\xd8"
END = b"\xff\xd9"
"""End of image in JPEG and JPEG-LS, end of codestream in JPEG 2000."""

PADDING = b"\0\xff"
"""What writers put behind the end to make a length even."""

FILLER = bytes(range(0x11, 0xF0, 7)) * 8
"""Bytes that are no marker."""

FRAME_HEADERS = frozenset({*range(0xC0, 0xD0), 0xF7} - {0xC4, 0xC8, 0xCC})
WITHOUT_LENGTH = frozenset({0x01, *range(0xD0, 0xD9)})
START_OF_SCAN = 0xDA

START_OF_CODESTREAM = b"\xff\x4f\xff\x51"
JP2_SIGNATURE = b"\x00\x00\x00\x0cjP  "


def require_whole(stream: bytes, rows: int, columns: int) -> None:
    """Raises PixelsUndecodable unless this JPEG, JPEG-LS or JPEG 2000 stream ends and holds rows x columns pixels."""
    if stream.startswith(JP2_SIGNATURE):
        stream = stream[max(stream.find(b"jp2c"), 0) + 4 :]
    if stream.startswith(START_OF_CODESTREAM):
        size = _size_of_codestream(stream)
    elif stream.startswith(START_OF_IMAGE):
        size = _size_of_jpeg(stream)
    else:
        raise PixelsUndecodable("the compressed image has no beginning")
    if not stream.rstrip(PADDING).endswith(END):
        raise PixelsUndecodable("the compressed image has no end: the file is incomplete")
    if size != (rows, columns):
        raise PixelsUndecodable(f"the compressed image has {size[0]} x {size[1]} pixels, the header {rows} x {columns}")


def lengthened(stream: bytes) -> bytes | None:
    """A whole JPEG or JPEG-LS stream with bytes before its end, for which a decoder that has every pixel has no use.

    A stream that was cut and ended anew decodes to other pixels with them, or to none: decoders make up the rest from
    whatever follows. None for JPEG 2000, whose decoder notices.
    """
    if not stream.startswith(START_OF_IMAGE):
        return None
    return stream.rstrip(PADDING).removesuffix(END) + FILLER + END


def _size_of_codestream(stream: bytes) -> tuple[int, int]:
    xsiz, ysiz, xosiz, yosiz = (_whole(stream, at, 4) for at in (8, 12, 16, 20))
    return ysiz - yosiz, xsiz - xosiz


def _size_of_jpeg(stream: bytes) -> tuple[int, int]:
    for marker, at in _segments(stream):
        if marker in FRAME_HEADERS:
            return _whole(stream, at + 3, 2), _whole(stream, at + 5, 2)
    raise PixelsUndecodable("the compressed image does not say its size")


def _segments(stream: bytes) -> Iterator[tuple[int, int]]:
    """Each marker before the first scan, and where its length stands."""
    at = len(START_OF_IMAGE)
    while at + 4 <= len(stream) and stream[at] == 0xFF:
        marker = stream[at + 1]
        if marker == START_OF_SCAN:
            return
        if marker == 0xFF:  # a fill byte
            at += 1
        elif marker in WITHOUT_LENGTH:
            at += 2
        else:
            yield marker, at + 2
            at += 2 + max(_whole(stream, at + 2, 2), 2)


def _whole(stream: bytes, at: int, length: int) -> int:
    if len(stream) < at + length:
        raise PixelsUndecodable("the compressed image has no end: the file is incomplete")
    return int.from_bytes(stream[at : at + length], "big")
