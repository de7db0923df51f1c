"""The files of a multipart body, streamed into one file on the disk however many they are."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from io import BufferedReader, RawIOBase
from pathlib import Path
from typing import BinaryIO

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException

FIELD = "files"
MAX_FILES = 50_000
DICOM = b"application/dicom"
OTHER_TYPE = "not application/dicom: "
BUFFER_BYTES = 2**20


class Section(RawIOBase):
    """A stretch of a file, as a stream of its own. One at a time: they share the file's position."""

    def __init__(self, file: BinaryIO, start: int, length: int) -> None:
        self._file, self._start, self._length = file, start, length
        self._at = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = 0, /) -> int:
        at = offset + (0, self._at, self._length)[whence]
        if at < 0:
            raise ValueError("before the start of the file")
        self._at = at
        return at

    def readinto(self, buffer: bytearray, /) -> int:  # type: ignore[override]
        self._file.seek(self._start + self._at)
        content = self._file.read(min(len(buffer), max(self._length - self._at, 0)))
        buffer[: len(content)] = content
        self._at += len(content)
        return len(content)


@dataclass
class Files:
    """What a multipart body held in its field of files: names, and where each one's bytes lie in the file at path."""

    path: Path
    parts: list[tuple[str, int, int]] = field(default_factory=list)
    size: int = 0

    def opened(self, file: BinaryIO) -> list[tuple[str, BinaryIO]]:
        return [(name, BufferedReader(Section(file, *place))) for name, *place in self.parts]  # type: ignore[misc]


class _Parts:
    """Callbacks of python_multipart: collects the bytes of files, and whose they are."""

    too_many = 422

    def __init__(self, files: Files, charset: str) -> None:
        self.files, self._charset = files, charset
        self._header, self._value = bytearray(), bytearray()
        self._name: str | None = None
        self._start = 0
        self.waiting = bytearray()
        self.is_whole = False

    def callbacks(self) -> dict:
        return {name: getattr(self, name) for name in dir(self) if name.startswith("on_")}

    def on_part_begin(self) -> None:
        self._name = None
        self._begin()

    def _begin(self) -> None:
        """A part begins, of which nothing is known yet."""

    def on_header_begin(self) -> None:
        self._header, self._value = bytearray(), bytearray()

    def on_header_field(self, data: bytes, start: int, end: int) -> None:
        self._header += data[start:end]

    def on_header_value(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]

    def on_header_end(self) -> None:
        if self._header.lower() == b"content-disposition":
            _, options = parse_options_header(bytes(self._value))
            if options.get(b"name") == FIELD.encode() and b"filename" in options:
                name = options[b"filename"]
                self._name = _decoded(name, self._charset)

    def on_headers_finished(self) -> None:
        self._start = self.files.size
        if self._name is not None and len(self.files.parts) == MAX_FILES:
            raise HTTPException(self.too_many, f"at most {MAX_FILES} files are taken at once")

    def on_part_data(self, data: bytes, start: int, end: int) -> None:
        if self._name is not None:
            self.waiting += data[start:end]
            self.files.size += end - start

    def on_part_end(self) -> None:
        if self._name is not None:
            self.files.parts.append((self._name or "unnamed", self._start, self.files.size - self._start))

    def on_end(self) -> None:
        self.is_whole = True


class _RelatedParts(_Parts):
    """The same of a body whose parts have a media type and no name."""

    too_many = 413

    def _begin(self) -> None:
        self._name = f"part {len(self.files.parts) + 1}"

    def on_header_end(self) -> None:
        if self._header.lower() == b"content-type":
            kind, options = parse_options_header(bytes(self._value))
            # Some clients repeat the type of the whole body.
            if DICOM not in (kind, options.get(b"type")):
                self._name = f"{OTHER_TYPE}part {len(self.files.parts) + 1}"


async def receive_files(headers: Headers, stream: AsyncIterator[bytes], path: Path) -> Files:
    """Write the files of a body to path, one behind the other. A body that is no multipart form is a 422."""
    kind, options = parse_options_header(headers.get("content-type", ""))
    if kind != b"multipart/form-data" or b"boundary" not in options:
        raise HTTPException(422, "send the files as multipart/form-data")
    files = Files(path)
    await _write(_Parts(files, options.get(b"charset", b"utf-8").decode("latin-1")), options[b"boundary"], stream, 422)
    return files


async def receive_related(headers: Headers, stream: AsyncIterator[bytes], path: Path) -> Files:
    """Write the parts of a multipart/related body of DICOM files (PS3.18 8.7.3) to path, named by their number.

    Parts of another media type have a name of their own: OTHER_TYPE and their number. Another type of body is a 415, a
    malformed one a 400.
    """
    kind, options = parse_options_header(headers.get("content-type", ""))
    if kind != b"multipart/related" or options.get(b"type", DICOM).lower() != DICOM:
        raise HTTPException(415, 'send DICOM files as multipart/related; type="application/dicom"')
    if not options.get(b"boundary"):
        raise HTTPException(400, "the Content-Type names no boundary")
    files = Files(path)
    await _write(_RelatedParts(files, "latin-1"), options[b"boundary"], stream, 400)
    return files


async def _write(parts: _Parts, boundary: bytes, stream: AsyncIterator[bytes], malformed: int) -> None:
    """malformed: the status of a body that is."""
    try:
        parser = MultipartParser(boundary, parts.callbacks())  # type: ignore[arg-type]
        with parts.files.path.open("wb") as file:
            async for chunk in stream:
                await run_in_threadpool(parser.write, chunk)  # heads of many parts take long
                if len(parts.waiting) > BUFFER_BYTES:
                    await run_in_threadpool(file.write, parts.waiting)
                    parts.waiting = bytearray()
            await run_in_threadpool(file.write, parts.waiting)
    except FormParserError as error:
        raise HTTPException(malformed, "the multipart body is malformed") from error
    if not parts.is_whole:
        raise HTTPException(malformed, "the multipart body ends before its last part")


def _decoded(name: bytes, charset: str) -> str:
    try:
        return name.decode(charset)
    except (LookupError, UnicodeError):
        return name.decode("utf-8", "replace")
