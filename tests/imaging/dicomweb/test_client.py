"""What servers of DICOMweb get wrong is survived: searches, studies and what they say of what was sent."""

import pytest

from scarmass.domain.errors import ObjectRefused, PeerFailed, PeerRefused, StudyIncomplete
from scarmass.domain.pacs import FoundStudy, Progress, Sent, StudyQuery
from scarmass.imaging.dicomweb.client import DicomwebClient
from tests.imaging.dicomweb.odd_server import OddServer, Reply, told


def unwanted(_: object) -> None:
    pytest.fail("nothing was to come")


STUDY = "1.2.3"
A_STUDY = {"0020000D": {"vr": "UI", "Value": [STUDY]}, "00201208": {"vr": "IS", "Value": ["2"]}}
MULTIPART = 'multipart/related; type="application/dicom"; boundary=xyz'


def part(content: bytes) -> bytes:
    return b"\r\n--xyz\r\nContent-Type: application/dicom\r\n\r\n" + content


def has_study(server: OddServer, study: Reply) -> None:
    """It finds one study of two objects, and answers so when it is fetched."""
    server.answer = lambda request: told([A_STUDY]) if "?" in request.path else study


def fetched(web: DicomwebClient) -> tuple[list[bytes], list[Progress]]:
    objects: list[bytes] = []
    progress: list[Progress] = []
    web.fetch(STUDY, objects.append, progress.append)
    return objects, progress


@pytest.mark.parametrize("reply", [Reply(204), Reply(200), told([])])
def test_nothing_found_is_an_answer(server: OddServer, web: DicomwebClient, reply: Reply) -> None:
    server.answer = lambda request: reply
    web.echo()
    assert web.find(StudyQuery()) == []


def test_studies_are_read_as_far_as_they_can_be(server: OddServer, web: DicomwebClient) -> None:
    odd = {
        **A_STUDY,
        "00100010": {"vr": "PN", "Value": [{"Alphabetic": " Odd^One\0 "}]},
        "00100020": {"vr": "LO", "Value": 7},
        "00201206": {"vr": "IS", "Value": ["many"]},
        "00081030": "no attribute",
        "00080061": {"vr": "CS", "Value": ["MR", None, {}]},
    }
    of_no_uid = {"0020000D": {"Value": ["../../patients"]}}
    of_another_modality = {"0020000D": {"Value": ["1.5"]}, "00080061": {"Value": ["CT"]}}
    server.answer = lambda request: told([None, 3, of_no_uid, of_another_modality, odd, odd])
    assert web.find(StudyQuery()) == [
        FoundStudy(STUDY, patient_name="Odd^One", modalities=("MR",), number_of_instances=2)
    ]


def test_more_studies_than_asked_for_are_left(server: OddServer, web: DicomwebClient) -> None:
    server.answer = lambda request: told([{"0020000D": {"Value": [f"1.{number}"]}} for number in range(9)])
    assert len(web.find(StudyQuery(limit=4))) == 4
    assert "limit=4" in server.requests[0].path


def test_wildcards_and_spaces_are_asked_as_every_server_reads_them(server: OddServer, web: DicomwebClient) -> None:
    server.answer = lambda request: told([])
    web.find(StudyQuery(patient_name="de la Cruz*", patient_id="a+b&limit=9"))
    assert "PatientName=de%20la%20Cruz*" in server.requests[0].path
    assert "PatientID=a%2Bb%26limit%3D9" in server.requests[0].path


def test_each_object_is_received_as_it_was(server: OddServer, web: DicomwebClient, content: bytes) -> None:
    has_study(server, Reply(200, part(content) * 2 + b"\r\n--xyz--\r\n", MULTIPART))
    assert fetched(web) == ([content] * 2, [Progress(1, 2), Progress(2, 2)])
    assert "transfer-syntax=*" in server.requests[-1].headers["Accept"]


@pytest.mark.parametrize("number", [0, 1])
def test_how_much_of_a_study_came_is_told(server: OddServer, web: DicomwebClient, content: bytes, number: int) -> None:
    has_study(server, Reply(206, part(content) * number + b"\r\n--xyz--\r\n", MULTIPART))
    objects, progress = fetched(web)
    assert (objects, progress[-1]) == ([content] * number, Progress(number, 2))


@pytest.mark.parametrize("said", [{}, {"00201208": {"vr": "IS", "Value": [1]}}])
def test_a_part_is_no_whole_study_where_the_count_does_not_say_so(
    server: OddServer, web: DicomwebClient, content: bytes, said: dict
) -> None:
    study = {"0020000D": A_STUDY["0020000D"], **said}
    partial = Reply(206, part(content) + b"\r\n--xyz--\r\n", MULTIPART)
    server.answer = lambda request: told([study]) if "?" in request.path else partial
    received: list[bytes] = []
    with pytest.raises(StudyIncomplete, match="only a part of the study"):
        web.fetch(STUDY, received.append, lambda progress: None)
    assert received == [content]


@pytest.mark.parametrize("lost", [1, 2, 5, 7, 9, 12, 5000])
@pytest.mark.parametrize("declared", [None, -1])
def test_a_study_that_breaks_off_is_no_whole_one(
    server: OddServer, web: DicomwebClient, content: bytes, lost: int, declared: int | None
) -> None:
    whole = part(content) * 2 + b"\r\n--xyz--"
    has_study(server, Reply(200, whole[:-lost], MULTIPART, declared=declared or len(whole)))
    received: list[bytes] = []
    with pytest.raises(PeerFailed):
        web.fetch(STUDY, received.append, lambda progress: None)
    assert all(one == content for one in received)


@pytest.mark.parametrize(
    "study",
    [
        Reply(204, media_type="text/plain"),
        Reply(200, b"<html>Please log in</html>", "text/html"),
        Reply(200, part(b"no DICOM") + b"\r\n--xyz--", MULTIPART),
        Reply(200, part(b""), MULTIPART, is_endless=True),
        Reply(500),
    ],
)
def test_what_is_no_study_is_not_received(server: OddServer, web: DicomwebClient, study: Reply) -> None:
    has_study(server, study)
    with pytest.raises(PeerFailed):
        web.fetch(STUDY, unwanted, unwanted)


def test_a_study_larger_than_one_object_may_be_comes(server: OddServer, web: DicomwebClient, content: bytes) -> None:
    number = 2**22 // len(content) + 2
    has_study(server, Reply(200, part(content) * number + b"\r\n--xyz--", MULTIPART))
    assert len(fetched(web)[0]) == number


def test_who_receives_may_break_off(server: OddServer, web: DicomwebClient, content: bytes) -> None:
    has_study(server, Reply(200, part(content) * 2 + b"\r\n--xyz--", MULTIPART))

    def full(content: bytes) -> None:
        raise OSError("no space left")

    with pytest.raises(OSError, match="no space left"):
        web.fetch(STUDY, full, unwanted)


@pytest.mark.parametrize("study", ["", "../patients", "1.2/../..", "1.2?x=y", "1" * 65])
def test_only_a_uid_is_asked_for(server: OddServer, web: DicomwebClient, study: str) -> None:
    with pytest.raises(PeerRefused, match="UID"):
        web.fetch(study, unwanted, unwanted)
    assert server.requests == []


def stored(uid: str, sequence: str, **reason: int) -> dict:
    """An answer to a STOW-RS that names the object in this sequence, with a reason."""
    tags = {"WarningReason": "00081196", "FailureReason": "00081197"}
    item: dict = {"00081155": {"vr": "UI", "Value": [uid]}}
    item |= {tags[name]: {"vr": "US", "Value": [code]} for name, code in reason.items()}
    return {{"referenced": "00081199", "failed": "00081198"}[sequence]: {"vr": "SQ", "Value": [item]}}


def test_what_is_stored_and_what_is_not_is_told_of_each(
    server: OddServer, web: DicomwebClient, content: bytes, uid: str
) -> None:
    replies = [
        told(stored(uid, "referenced") | {"00081198": {"vr": "SQ"}}),
        told(stored(uid, "referenced", WarningReason=0xB000), 202),
        told(stored(uid, "failed", FailureReason=0xA702), 202),
        told(stored(uid, "failed", FailureReason=0x0122), 409),
        told(stored(uid, "failed", FailureReason=0x9999), 409),
        told(stored("1.2.3.4", "referenced")),
        Reply(200),
        Reply(413),
    ]
    server.answer = lambda request: replies[len(server.requests) - 1]
    progress: list[Progress] = []
    assert web.send([content] * len(replies), progress.append) == [
        Sent(uid, True),
        Sent(uid, True, "it changed attributes (0xB000)"),
        Sent(uid, False, "it is out of resources (0xA702)"),
        Sent(uid, False, "it does not take objects of this SOP class (0x0122)"),
        Sent(uid, False, "it answers with a number that is not known (0x9999)"),
        Sent(uid, False, "it does not say whether it stored it"),
        Sent(uid, False, "it does not say whether it stored it"),
        Sent(uid, False, "it takes no objects of this size (HTTP 413)"),
    ]
    assert progress[-1] == Progress(2, 8, 6)


@pytest.mark.parametrize("reply", [told([1]), told({"00081199": 5}), Reply(409, b"<html/>", "text/html"), Reply(401)])
def test_an_answer_to_what_was_sent_that_says_nothing_is_a_fact(
    server: OddServer, web: DicomwebClient, content: bytes, reply: Reply
) -> None:
    server.answer = lambda request: reply
    with pytest.raises((PeerFailed, PeerRefused), match="Archive"):
        web.send([content], unwanted)


def test_what_is_no_dicom_stops_all_before_any_is_sent(server: OddServer, web: DicomwebClient, content: bytes) -> None:
    with pytest.raises(ObjectRefused):
        web.send([content, b"no DICOM"], unwanted)
    assert server.requests == []
