"""What the listener takes, from whom, and what it leaves of what goes wrong."""

import dataclasses
import io
import select
import socket
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pydicom
import pytest
from pydicom.uid import JPEG2000Lossless, RLELossless

from scarmass.domain.errors import PeerFailed, PeerRefused, StorageFull
from scarmass.domain.pacs import Commitment, DimsePeer, LocalEntity, Reference, Sent
from scarmass.imaging.dimse.client import DimseClient
from scarmass.imaging.dimse.listener import ListenerBounds
from tests.imaging.dimse.dcmtk import run
from tests.imaging.dimse.keeper import AS_SCANNER, SCANNER, Kept, client_of, contents, data_set, listening
from tests.imaging.dimse.recording import pdus, recorded, saying
from tests.waiting import wait_until

pytestmark = pytest.mark.slow

MR = "1.2.840.10008.5.1.4.1.1.4"


def ignore(_: object) -> None: ...


def send(port: int, objects: list[bytes], local: LocalEntity = AS_SCANNER) -> list[Sent]:
    return client_of(port, local).send(objects, ignore)


def test_storescu_s_objects_are_kept_as_files_of_part_10(kept: Kept, phantom_files: list[Path]) -> None:
    with listening(kept) as port:
        done = run("storescu", "-aet", "SCANNER", "-aec", "SCARMASS", "127.0.0.1", port, *phantom_files)
    assert done.returncode == 0, done.stderr
    assert [name for name, _ in kept.objects] == ["the scanner"] * len(phantom_files)
    for path, (_, content) in zip(phantom_files, kept.objects, strict=True):
        assert pydicom.dcmread(io.BytesIO(content)) == pydicom.dcmread(path)


@pytest.mark.parametrize("syntax", [JPEG2000Lossless, RLELossless])
def test_compressed_objects_of_dcmsend_stay_compressed(
    kept: Kept, phantom_files: list[Path], tmp_path: Path, syntax: str
) -> None:
    dataset = pydicom.dcmread(phantom_files[4])
    dataset.compress(syntax, generate_instance_uid=False)
    dataset.save_as(tmp_path / "compressed.dcm")
    with listening(kept) as port:
        how = ("-aet", "SCANNER", "-aec", "SCARMASS", "--decompress-never")
        done = run("dcmsend", *how, "127.0.0.1", port, tmp_path / "compressed.dcm")
    assert done.returncode == 0, done.stderr
    arrived = pydicom.dcmread(io.BytesIO(kept.objects[0][1]))
    assert arrived.file_meta.TransferSyntaxUID == syntax
    assert arrived.PixelData == dataset.PixelData


def test_a_data_set_is_kept_byte_for_byte(kept: Kept, phantom_files: list[Path]) -> None:
    objects = contents(phantom_files)
    with listening(kept) as port:
        assert all(one.is_stored and one.reason is None for one in send(port, objects))
    assert [data_set(content) for _, content in kept.objects] == [data_set(content) for content in objects]


@pytest.mark.parametrize(
    ("calling", "called", "words", "reason"),
    [
        ("OTHER", "SCARMASS", "Calling AE Title Not Recognized", "PeerUnknown"),
        ("SCANNER", "ARCHIVE", "Called AE Title Not Recognized", "NotCalled"),
    ],
)
def test_storescu_under_another_title_is_rejected(
    kept: Kept, phantom_files: list[Path], calling: str, called: str, words: str, reason: str
) -> None:
    with listening(kept) as port:
        done = run("storescu", "-aet", calling, "-aec", called, "127.0.0.1", port, *phantom_files)
    assert done.returncode != 0
    assert words in done.stderr
    assert kept.objects == []
    assert kept.refusals == [(calling, "127.0.0.1", reason)]


@pytest.mark.parametrize(("calling", "called"), [("OTHER", "SCARMASS"), ("SCANNER", "ARCHIVE")])
def test_who_is_not_let_in_stays_outside_where_that_cannot_be_noted(
    kept: Kept, monkeypatch: pytest.MonkeyPatch, calling: str, called: str
) -> None:
    def broken(*_: object) -> None:
        raise OSError("the disk is broken")

    monkeypatch.setattr(kept, "refused", broken)
    with listening(kept) as port:
        stranger = DimseClient(DimsePeer("the listener", called, "127.0.0.1", port), LocalEntity(calling))
        with pytest.raises(PeerRefused, match="AE title"):
            stranger.echo()
        client_of(port).echo()


def test_a_peer_calls_from_its_own_address_unless_a_setting_leaves_that_out(
    kept: Kept, phantom_files: list[Path]
) -> None:
    elsewhere = dataclasses.replace(SCANNER, host="192.0.2.7")
    with listening(kept, elsewhere) as port, pytest.raises(PeerRefused, match="does not know our AE title SCANNER"):
        send(port, contents(phantom_files))
    assert kept.objects == []
    with listening(kept, elsewhere, checks_address=False) as port:
        send(port, contents(phantom_files))
    assert len(kept.objects) == len(phantom_files)


def test_a_peer_that_may_not_send_may_ask_whether_we_are_there(kept: Kept, phantom_files: list[Path]) -> None:
    with listening(kept, dataclasses.replace(SCANNER, may_send=False)) as port:
        client_of(port).echo()
        answers = send(port, contents(phantom_files[:1]))
    assert not answers[0].is_stored
    assert "not authorised" in (answers[0].reason or "")
    assert kept.objects == []
    assert kept.refusals == [("SCANNER", "127.0.0.1", "NotAllowed")]


def test_echoscu_is_answered(kept: Kept) -> None:
    with listening(kept) as port:
        assert run("echoscu", "-aet", "SCANNER", "-aec", "SCARMASS", "127.0.0.1", port).returncode == 0


def test_an_object_is_kept_before_success_is_answered(kept: Kept, phantom_files: list[Path]) -> None:
    may_keep, answers = threading.Event(), list[Sent]()
    kept.before = lambda: may_keep.wait(20)
    with listening(kept) as port:
        thread = threading.Thread(target=lambda: answers.extend(send(port, contents(phantom_files[:1]))))
        thread.start()
        thread.join(0.5)
        assert answers == []
        may_keep.set()
        thread.join(20)
    assert len(kept.objects) == len(answers) == 1


def test_where_there_is_no_room_the_peer_is_told_and_what_comes_later_is_kept(
    kept: Kept, phantom_files: list[Path]
) -> None:
    kept.raises = StorageFull("the disk is full")
    with listening(kept) as port:
        refused = send(port, contents(phantom_files[:2]))
        kept.raises = None
        stored = send(port, contents(phantom_files[:2]))
    assert [one.is_stored for one in (*refused, *stored)] == [False, False, True, True]
    assert refused[0].reason == 'it is out of resources (0xA700): "there is no room to store it"'


def test_a_fault_of_ours_is_no_success(kept: Kept, phantom_files: list[Path]) -> None:
    kept.raises = ValueError("a bug")
    with listening(kept) as port:
        answers = send(port, contents(phantom_files[:1]))
    assert not answers[0].is_stored


def test_too_large_an_object_is_refused_and_the_next_one_kept(kept: Kept, phantom_files: list[Path]) -> None:
    small, large = phantom_files[0].read_bytes(), phantom_files[1].read_bytes()
    dataset = pydicom.dcmread(io.BytesIO(large))
    dataset.PixelData = bytes(2**20)
    out = io.BytesIO()
    dataset.save_as(out)
    with listening(kept, bounds=ListenerBounds(object_bytes=2**20)) as port:
        answers = send(port, [out.getvalue(), small])
    assert [one.is_stored for one in answers] == [False, True]
    assert "more than 1048576 bytes" in (answers[0].reason or "")
    assert [data_set(content) for _, content in kept.objects] == [data_set(small)]


def test_an_association_that_drops_in_the_middle_of_an_object_leaves_nothing_of_it(
    kept: Kept, phantom_files: list[Path]
) -> None:
    objects = contents(phantom_files[:2])
    whole = recorded(lambda port: send(port, objects))
    middle_of_second = len(whole) - len(objects[1]) // 2
    with listening(kept) as port:
        with saying(port, whole[:middle_of_second]):
            wait_until(lambda: len(kept.objects) == 1)
        send(port, [objects[1]])
    assert [data_set(content) for _, content in kept.objects] == [data_set(content) for content in objects]


ABORT = bytes.fromhex("07 00 00000004 0000 0000")


def test_an_abort_in_the_middle_of_an_object_leaves_nothing_of_it(kept: Kept, phantom_files: list[Path]) -> None:
    whole = recorded(lambda port: send(port, contents(phantom_files[:1])))
    first_half = b"".join(pdus(whole)[:3])
    with listening(kept) as port:
        with saying(port, first_half + ABORT) as peer:
            assert peer.recv(1) == b""
        assert kept.objects == []
        send(port, contents(phantom_files[:1]))
    assert len(kept.objects) == 1


def test_storescu_may_abort_after_its_objects(kept: Kept, phantom_files: list[Path]) -> None:
    with listening(kept) as port:
        done = run("storescu", "--abort", "-aet", "SCANNER", "-aec", "SCARMASS", "127.0.0.1", port, *phantom_files)
    assert done.returncode == 0, done.stderr
    assert len(kept.objects) == len(phantom_files)


def test_a_peer_that_says_nothing_keeps_nobody_waiting(kept: Kept, phantom_files: list[Path]) -> None:
    whole = recorded(lambda port: send(port, contents(phantom_files[:1])))
    with listening(kept, bounds=ListenerBounds(associations=4)) as port:
        silent = [socket.create_connection(("127.0.0.1", port)) for _ in range(4)]
        with saying(port, whole[: len(whole) // 2]):
            assert all(one.is_stored for one in send(port, contents(phantom_files)))
        for connection in silent:
            connection.close()
    assert len(kept.objects) == len(phantom_files)


def test_strangers_cannot_take_the_connections_of_peers(kept: Kept) -> None:
    elsewhere = dataclasses.replace(SCANNER, host="192.0.2.7")
    with listening(kept, elsewhere) as port:
        connections = [socket.create_connection(("127.0.0.1", port)) for _ in range(12)]
        wait_until(lambda: len(select.select(connections, [], [], 0)[0]) == 8)
        assert all(connection.recv(1) == b"" for connection in select.select(connections, [], [], 0)[0])
        for connection in connections:
            connection.close()


def test_a_peer_with_too_many_associations_is_told_to_come_again(kept: Kept, phantom_files: list[Path]) -> None:
    is_there, go_on = threading.Event(), threading.Event()

    def hold() -> None:
        is_there.set()
        go_on.wait(20)

    kept.before = hold
    with listening(kept, bounds=ListenerBounds(associations=1)) as port:
        thread = threading.Thread(target=send, args=(port, contents(phantom_files[:1])))
        thread.start()
        assert is_there.wait(20)
        with pytest.raises(PeerRefused, match="too many associations"):
            client_of(port).echo()
        go_on.set()
        thread.join(20)
    assert len(kept.objects) == 1


def test_two_peers_at_once_are_told_apart(kept: Kept, phantom_files: list[Path]) -> None:
    archive = DimsePeer("the archive", "ARCHIVE", "localhost", 104)
    with listening(kept, SCANNER, archive) as port, ThreadPoolExecutor() as threads:
        sends = [
            threads.submit(send, port, contents(phantom_files[:5])),
            threads.submit(send, port, contents(phantom_files[5:]), LocalEntity("ARCHIVE")),
        ]
        for one in sends:
            assert all(answer.is_stored for answer in one.result())
    sent_by = {
        name: sorted(data_set(content) for who, content in kept.objects if who == name) for name, _ in kept.objects
    }
    assert sent_by == {
        "the scanner": sorted(data_set(content) for content in contents(phantom_files[:5])),
        "the archive": sorted(data_set(content) for content in contents(phantom_files[5:])),
    }


def test_a_peer_asks_for_storage_commitment_and_is_answered_later(kept: Kept) -> None:
    references = [Reference(MR, "1.2.3"), Reference(MR, "1.2.4")]
    with listening(kept) as port:
        transaction_uid = client_of(port).request_commitment(references)
        assert kept.requests == [("the scanner", transaction_uid, tuple(references))]
        client_of(port).send_commitment(Commitment(transaction_uid, (references[0],), ((references[1], "lost"),)))
    [(name, told)] = kept.reports
    assert name == "the scanner"
    assert told == Commitment(transaction_uid, (references[0],), ((references[1], "it has no such object (0x0112)"),))


def test_a_request_for_commitment_that_cannot_be_kept_is_not_taken(kept: Kept) -> None:
    kept.raises = StorageFull("the disk is full")
    with listening(kept) as port, pytest.raises(PeerFailed, match="out of resources"):
        client_of(port).request_commitment([Reference(MR, "1.2.3")])


def test_a_request_for_commitment_of_nothing_is_not_taken(kept: Kept) -> None:
    with listening(kept) as port, pytest.raises(PeerFailed, match="a value is not valid"):
        client_of(port).request_commitment([])
    assert kept.requests == []
