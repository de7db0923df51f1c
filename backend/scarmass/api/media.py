"""Media types of DICOMweb: what a client accepts (PS3.18 8.7), and multipart answers."""

import uuid
from collections.abc import Iterable, Iterator

from python_multipart.multipart import parse_options_header
from starlette.exceptions import HTTPException
from starlette.requests import Request

JSON_TYPES = ("application/dicom+json", "application/json")
RELATED = "multipart/related"
DICOM = "application/dicom"
LONGEST_ACCEPT = 4096

Accepted = tuple[str, dict[str, str]]
"""A media range with its parameters, both as lower-case text."""


def accepted(request: Request) -> list[Accepted]:
    """What the client takes, from its query parameter accept or its header, the preferred first."""
    said = request.query_params.getlist("accept") or request.headers.getlist("accept")
    text = ", ".join(said).strip() or "*/*"
    if len(text) > LONGEST_ACCEPT or not text.isascii():
        raise HTTPException(400, f"what is accepted is told in at most {LONGEST_ACCEPT} characters, all of ASCII")
    ranges = []
    for one in _split(text):
        kind, options = parse_options_header(one)
        parameters = {key.decode("latin-1").lower(): value.decode("latin-1") for key, value in options.items()}
        if (quality := _quality(parameters.get("q", "1"))) > 0:
            ranges.append((quality, (kind.decode("latin-1").lower(), parameters)))
    return [one for _, one in sorted(ranges, key=lambda each: -each[0])]


def json_type(request: Request) -> str:
    """The type of a JSON answer; 406 where none is accepted."""
    for kind, _ in accepted(request):
        if kind in JSON_TYPES:
            return kind
        if kind in ("*/*", "application/*"):
            return JSON_TYPES[0]
    raise HTTPException(406, f"the answer is {JSON_TYPES[0]}")


def dicom_types(request: Request) -> list[tuple[str, str]]:
    """RELATED or DICOM, and the transfer syntax that is asked for ("*": as it is stored); 406 where it is neither."""
    found = []
    for kind, parameters in accepted(request):
        syntax = parameters.get("transfer-syntax", "*")
        of_type = parameters.get("type", DICOM).lower()
        if kind in ("*/*", "multipart/*") or (kind == RELATED and of_type in (DICOM, "application/*", "*/*")):
            found.append((RELATED, syntax))
        elif kind in (DICOM, "application/*"):
            found.append((DICOM, syntax))
    if not found:
        raise HTTPException(406, f'the answer is {RELATED}; type="{DICOM}"')
    return found


def multipart_of(parts: Iterable[Iterable[bytes]]) -> tuple[str, Iterator[bytes]]:
    """The Content-Type and the pieces of a multipart/related body of DICOM files."""
    boundary = uuid.uuid4().hex

    def pieces() -> Iterator[bytes]:
        for part in parts:
            yield f"--{boundary}\r\nContent-Type: {DICOM}\r\n\r\n".encode()
            yield from part
            yield b"\r\n"
        yield f"--{boundary}--\r\n".encode()

    return f'{RELATED}; type="{DICOM}"; boundary={boundary}', pieces()


def _split(text: str) -> Iterator[str]:
    """By the commas that stand in no quotes."""
    start, is_quoted = 0, False
    for at, character in enumerate(text):
        if character == '"':
            is_quoted = not is_quoted
        elif character == "," and not is_quoted:
            yield text[start:at]
            start = at + 1
    yield text[start:]


def _quality(text: str) -> float:
    try:
        quality = float(text)
    except ValueError:
        return 0
    return quality if 0 <= quality <= 1 else 0
