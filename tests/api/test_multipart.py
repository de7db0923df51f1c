"""Multipart bodies, streamed to the disk."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException

from scarmass.api import multipart
from scarmass.api.multipart import receive_files
from tests.api.running import run

FORM = "multipart/form-data; boundary=x"


def part(content: bytes, field: str = "files", name: str | None = "a.dcm") -> bytes:
    named = "" if name is None else f'; filename="{name}"'
    return f'--x\r\nContent-Disposition: form-data; name="{field}"{named}\r\n\r\n'.encode() + content + b"\r\n"


def received(folder: Path, body: bytes, content_type: str = FORM, step: int = 7) -> list[tuple[str, bytes]]:
    async def stream() -> AsyncIterator[bytes]:
        for start in range(0, len(body), step):
            yield body[start : start + step]

    files = run(receive_files(Headers({"content-type": content_type}), stream(), folder / "body"))
    with files.path.open("rb") as file:
        return [(name, content.read()) for name, content in files.opened(file)]


@given(
    contents=st.lists(st.binary(max_size=80).filter(lambda content: b"\r\n--x" not in content), max_size=4),
    step=st.integers(1, 100),
)
def test_files_come_out_as_they_were_sent(
    tmp_path_factory: pytest.TempPathFactory, contents: list[bytes], step: int
) -> None:
    body = b"".join(part(content, name=f"{n}.dcm") for n, content in enumerate(contents)) + b"--x--\r\n"
    found = received(tmp_path_factory.mktemp("body"), part(b"a field", "other", None) + body, step=step)
    assert found == [(f"{n}.dcm", content) for n, content in enumerate(contents)]


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (part(b"half"), FORM),
        (b"no boundary at all", FORM),
        (part(b"x") + b"--x--", "application/json"),
        (part(b"x") + b"--x--", "multipart/form-data"),
        (part(b"x") + b"--x--", f"multipart/form-data; boundary={'y' * 9000}"),
        (b"--x\r\nA: " + b"a" * 100_000, FORM),
        (b"--x\r\n" + b"A: a\r\n" * 10_000, FORM),
    ],
)
def test_a_body_that_is_no_whole_form_is_refused(tmp_path: Path, body: bytes, content_type: str) -> None:
    with pytest.raises(HTTPException) as refused:
        received(tmp_path, body, content_type, step=1000)
    assert refused.value.status_code == 422


def test_more_files_than_the_bound_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(multipart, "MAX_FILES", 3)
    assert len(received(tmp_path, part(b"") * 3 + b"--x--")) == 3
    with pytest.raises(HTTPException):
        received(tmp_path, part(b"") * 4 + b"--x--")
