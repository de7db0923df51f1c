"""What the listener notes the server reads, also where one of the two is of another version."""

from scarmass.domain.pacs import Commitment, Reference
from scarmass.storage.spool_notes import (
    answer_from_json,
    answer_to_json,
    refusal_from_json,
    refusal_to_json,
    request_from_json,
    request_to_json,
)

ONE, OTHER = Reference("1.2", "2.25.1"), Reference("1.2", "2.25.2")


def test_an_answer_keeps_its_form() -> None:
    answer = Commitment("2.25.9", (ONE,), ((OTHER, "the disk is full"),))
    payload = {
        "transaction_uid": "2.25.9",
        "committed": [["1.2", "2.25.1"]],
        "failed": [["1.2", "2.25.2", "the disk is full"]],
    }
    assert answer_to_json(answer) == payload
    assert answer_from_json(payload) == answer


def test_a_request_keeps_its_form() -> None:
    payload = {"transaction_uid": "2.25.9", "references": [["1.2", "2.25.1"], ["1.2", "2.25.2"]]}
    assert request_to_json("2.25.9", [ONE, OTHER]) == payload
    assert request_from_json(payload) == ("2.25.9", [ONE, OTHER])


def test_a_refusal_keeps_its_form() -> None:
    payload = {"address": "192.0.2.1", "reason": "PeerUnknown"}
    assert refusal_to_json("192.0.2.1", "PeerUnknown") == payload
    assert refusal_from_json(payload) == ("192.0.2.1", "PeerUnknown")
