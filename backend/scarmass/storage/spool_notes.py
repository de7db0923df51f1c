"""Notes of the spool: what is said beside objects, as the listener writes it and the server reads it."""

from collections.abc import Mapping, Sequence
from typing import Any

from scarmass.domain.pacs import Commitment, Reference

ANSWERED, REQUESTED, REFUSED = "committed", "requested", "refused"
"""Kinds: what a peer answered us, what it asks us, and that somebody was refused."""


def answer_to_json(commitment: Commitment) -> dict[str, Any]:
    """The payload of a note of ANSWERED."""
    return {
        "transaction_uid": commitment.transaction_uid,
        "committed": [_pair(one) for one in commitment.committed],
        "failed": [[*_pair(one), reason] for one, reason in commitment.failed],
    }


def request_to_json(transaction_uid: str, references: Sequence[Reference]) -> dict[str, Any]:
    """The payload of a note of REQUESTED."""
    return {"transaction_uid": transaction_uid, "references": [_pair(one) for one in references]}


def refusal_to_json(address: str, reason: str) -> dict[str, Any]:
    """The payload of a note of REFUSED."""
    return {"address": address, "reason": reason}


def answer_from_json(payload: Mapping[str, Any]) -> Commitment:
    return Commitment(
        str(payload["transaction_uid"]),
        tuple(Reference(*pair) for pair in payload["committed"]),
        tuple((Reference(*pair), str(reason)) for *pair, reason in payload["failed"]),
    )


def request_from_json(payload: Mapping[str, Any]) -> tuple[str, list[Reference]]:
    """Transaction UID and what is asked for."""
    return str(payload["transaction_uid"]), [Reference(*pair) for pair in payload["references"]]


def refusal_from_json(payload: Mapping[str, Any]) -> tuple[str, str]:
    """The address and the reason."""
    return str(payload["address"]), str(payload["reason"])


def _pair(reference: Reference) -> list[str]:
    return [reference.sop_class_uid, reference.sop_instance_uid]
