"""Archives opened within bounds."""

import io
import zipfile

import pytest

from scarmass.imaging import archive
from scarmass.imaging.archive import Refused, files_within


def zipped(entries: dict[str, bytes], compression: int = zipfile.ZIP_DEFLATED) -> io.BytesIO:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", compression) as file:
        for name, content in entries.items():
            file.writestr(name, content)
    out.seek(0)
    return out


def test_a_plain_file_comes_through_unchanged() -> None:
    assert list(files_within("a.dcm", io.BytesIO(b"abc"))) == [("a.dcm", b"abc")]


def test_folders_in_an_archive_are_walked_and_litter_left_out() -> None:
    found = list(files_within("s.zip", zipped({"a/b/1.dcm": b"1", "a/.DS_Store": b"x", "__MACOSX/1": b"y"})))
    assert found == [("s.zip/a/b/1.dcm", b"1")]


def test_a_damaged_archive_is_refused_and_what_came_before_is_kept() -> None:
    stream = zipped({"1.dcm": b"1" * 5000, "2.dcm": bytes(range(256)) * 40})
    broken = bytearray(stream.getvalue())
    start = broken.index(b"2.dcm") + 20
    broken[start : start + 10] = b"\xff" * 10
    found = list(files_within("s.zip", io.BytesIO(bytes(broken))))
    assert found[0] == ("s.zip/1.dcm", b"1" * 5000)
    assert isinstance(found[1], Refused)
    assert isinstance(next(files_within("s.zip", io.BytesIO(b"PK\x03\x04 no archive"))), Refused)


def test_an_archive_that_unpacks_beyond_the_bound_is_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "MAX_FILE_BYTES", 1000)
    (found,) = files_within("bomb.zip", zipped({"zeros": b"\0" * 100_000}))
    assert isinstance(found, Refused)
    monkeypatch.setattr(archive, "MAX_ARCHIVE_BYTES", 1500)
    found = list(files_within("bomb.zip", zipped({str(n): b"\0" * 900 for n in range(9)})))
    assert isinstance(found[-1], Refused)
    assert len(found) == 2


@pytest.mark.parametrize("compression", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_a_compression_that_cannot_be_unpacked_within_bounds_is_refused(compression: int) -> None:
    (found,) = files_within("s.zip", zipped({"1.dcm": b"1" * 5000}, compression))
    assert isinstance(found, Refused)
    assert "deflate" in found.reason


def test_an_archive_of_a_later_zip_version_is_refused() -> None:
    content = bytearray(zipped({"1.dcm": b"1"}).getvalue())
    content[content.index(b"PK\x01\x02") + 6] = 99
    (found,) = files_within("s.zip", io.BytesIO(content))
    assert isinstance(found, Refused)


def test_names_come_back_printable_and_short() -> None:
    (found,) = files_within("a\ud800\x1b\n.dcm", io.BytesIO(b""))
    assert found == ("a.dcm", b"")
    ((name, _),) = files_within("s.zip", zipped({"x" * 60_000 + "/1.dcm": b""}))  # type: ignore[misc]
    assert len(name) == 256
    assert name.endswith("/1.dcm")
