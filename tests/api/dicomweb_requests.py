"""Bodies of DICOMweb requests."""

from collections.abc import Sequence
from typing import Any

RELATED = {"Content-Type": 'multipart/related; type="application/dicom"; boundary=x'}


def part(content: bytes, content_type: str = "application/dicom") -> bytes:
    return f"--x\r\nContent-Type: {content_type}\r\n\r\n".encode() + content + b"\r\n"


def body(*contents: bytes) -> bytes:
    return b"".join(map(part, contents)) + b"--x--\r\n"


def comments(answer: Any) -> list[str]:
    """Why parts were not stored, of a Store Instances Response."""
    failed: Sequence[dict] = [
        item for tag in ("00081198", "0008119A") for item in answer.json().get(tag, {}).get("Value", [])
    ]
    return [item["00000902"]["Value"][0] for item in failed]


def stored(answer: Any) -> list[str]:
    """SOP Instance UIDs of what is stored."""
    return [item["00081155"]["Value"][0] for item in answer.json().get("00081199", {}).get("Value", [])]


def files_of(answer: Any) -> list[bytes]:
    """The files of a multipart answer."""
    boundary = answer.headers["content-type"].rpartition("boundary=")[2].encode()
    parts = answer.content.split(b"--" + boundary)[1:-1]
    return [each.partition(b"\r\n\r\n")[2].removesuffix(b"\r\n") for each in parts]
