"""Archives opened within bounds."""

import io
import zipfile
from collections.abc import Iterator

import pytest

from scarmass.domain.errors import StorageFull
from scarmass.imaging import archive
from scarmass.imaging.archive import Refused
from scarmass.imaging.bounds import Bounds


def files_within(name: str, stream: io.BytesIO, bounds: Bounds = Bounds()) -> list[tuple[str, bytes] | Refused]:
    return list(archive.files_within(name, stream, b"".join, bounds))


def zipped(entries: dict[str, bytes], compression: int = zipfile.ZIP_DEFLATED) -> io.BytesIO:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", compression) as file:
        for name, content in entries.items():
            file.writestr(name, content)
    out.seek(0)
    return out


def test_a_plain_file_comes_through_unchanged() -> None:
    assert (files_within("a.dcm", io.BytesIO(b"abc"))) == [("a.dcm", b"abc")]


def test_folders_in_an_archive_are_walked_and_litter_left_out() -> None:
    found = files_within("s.zip", zipped({"a/b/1.dcm": b"1", "a/.DS_Store": b"x", "__MACOSX/1": b"y"}))
    assert found == [("s.zip/a/b/1.dcm", b"1")]


def test_a_damaged_archive_is_refused_and_what_came_before_is_kept() -> None:
    stream = zipped({"1.dcm": b"1" * 5000, "2.dcm": bytes(range(256)) * 40})
    broken = bytearray(stream.getvalue())
    start = broken.index(b"2.dcm") + 20
    broken[start : start + 10] = b"\xff" * 10
    found = files_within("s.zip", io.BytesIO(bytes(broken)))
    assert found[0] == ("s.zip/1.dcm", b"1" * 5000)
    assert isinstance(found[1], Refused)
    assert isinstance(files_within("s.zip", io.BytesIO(b"PK\x03\x04 no archive"))[0], Refused)


def test_an_archive_that_unpacks_beyond_the_bound_is_cut_off() -> None:
    (found,) = files_within("bomb.zip", zipped({"zeros": b"\0" * 2_000_000}), Bounds(file_bytes=2**20))
    assert found == Refused("bomb.zip/zeros", "the file is larger than 1 MiB")
    found = files_within("bomb.zip", zipped({str(n): b"\0" * 900 for n in range(9)}), Bounds(expanded_bytes=1500))
    assert isinstance(found[-1], Refused)
    assert len(found) == 2


def test_small_files_of_an_archive_come_first() -> None:
    found = files_within("s.zip", zipped({"large": b"1" * 500, "b": b"2", "a": b"3"}))
    assert [one[0] for one in found if not isinstance(one, Refused)] == ["s.zip/b", "s.zip/a", "s.zip/large"]


def test_an_archive_is_charged_for_what_is_refused_too() -> None:
    def refuse(pieces: Iterator[bytes]) -> bytes:
        for _ in pieces:
            pass
        return b"refused later"

    stream = zipped({str(n): b"\0" * 900 for n in range(9)})
    found = list(archive.files_within("bomb.zip", stream, refuse, Bounds(expanded_bytes=1500)))
    assert isinstance(found[-1], Refused)
    assert len(found) == 2


def test_an_entry_that_claims_to_be_too_large_is_not_unpacked() -> None:
    content = bytearray(zipped({"1.dcm": b"1" * 100, "2.dcm": b"2"}).getvalue())
    at = content.index(b"PK\x01\x02") + 24
    content[at : at + 4] = (2**31).to_bytes(4, "little")
    found = files_within("s.zip", io.BytesIO(content))
    assert found == [("s.zip/2.dcm", b"2"), Refused("s.zip/1.dcm", "the file is larger than 128 MiB")]


def test_a_directory_too_large_for_the_memory_is_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "MAX_DIRECTORY_BYTES", 2**10)
    (found,) = files_within("s.zip", zipped({f"{n}.dcm": b"" for n in range(100)}))
    assert isinstance(found, Refused)
    assert "directory" in found.reason


def test_archives_of_nothing_and_of_archives_say_so() -> None:
    assert files_within("s.zip", zipped({})) == [Refused("s.zip", "the archive is empty")]
    inner = zipped({"1.dcm": b"1"}).getvalue()
    found = files_within("s.zip", zipped({"inner.zip": inner, "2.dcm": b"2"}))
    assert found == [
        ("s.zip/2.dcm", b"2"),
        Refused("s.zip/inner.zip", "an archive within an archive"),
    ]


def test_more_entries_than_the_bound_are_refused_at_once() -> None:
    found = files_within("s.zip", zipped({str(n): b"" for n in range(9)}), Bounds(archive_entries=8))
    assert found == [Refused("s.zip", "the archive holds more than 8 files")]


def test_a_disk_that_is_full_is_no_fault_of_the_archive() -> None:
    def full(_pieces: Iterator[bytes]) -> bytes:
        raise StorageFull("full")

    with pytest.raises(StorageFull):
        list(archive.files_within("s.zip", zipped({"1.dcm": b"1"}), full))


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
