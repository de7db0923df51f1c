"""Objects on their way to a peer: which contexts they need, and what the peer says to each (PS3.4 annex B)."""

import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path

import pydicom
from pydicom import Dataset
from pydicom.uid import UID
from pynetdicom.association import Association
from pynetdicom.presentation import PresentationContext, build_context

from scarmass.domain.errors import ObjectRefused
from scarmass.domain.pacs import Reference
from scarmass.imaging.dimse.contexts import MOST_CONTEXTS, needed_by


@dataclass(frozen=True)
class Outgoing:
    """An object with what its file says of it. content: as a file of DICOM part 10."""

    reference: Reference
    transfer_syntax_uid: UID
    content: bytes = field(repr=False)

    @property
    def pairs(self) -> set[tuple[UID, UID]]:
        """SOP class and transfer syntax of every context in which it can be sent."""
        return set(needed_by(UID(self.reference.sop_class_uid), self.transfer_syntax_uid))


def outgoing(content: bytes) -> Outgoing:
    """Raises ObjectRefused where the content is no file of DICOM part 10."""
    try:
        meta = pydicom.dcmread(BytesIO(content), stop_before_pixels=True).file_meta
        reference = Reference(str(meta.MediaStorageSOPClassUID), str(meta.MediaStorageSOPInstanceUID))
        return Outgoing(reference, UID(meta.TransferSyntaxUID), content)
    except Exception as error:  # pydicom raises many kinds on what is no DICOM
        raise ObjectRefused("not a file of DICOM part 10: it cannot be sent") from error


def batches(objects: Sequence[Outgoing]) -> Iterator[tuple[list[Outgoing], list[PresentationContext]]]:
    """Objects in their order, each batch with the contexts that it needs, no more of them than an association has."""
    batch: list[Outgoing] = []
    pairs: set[tuple[UID, UID]] = set()
    for one in objects:
        if len(pairs | one.pairs) > MOST_CONTEXTS:
            yield batch, _contexts(pairs)
            batch, pairs = [], set()
        batch.append(one)
        pairs |= one.pairs
    if batch:
        yield batch, _contexts(pairs)


def _contexts(pairs: set[tuple[UID, UID]]) -> list[PresentationContext]:
    return [build_context(sop_class, syntax) for sop_class, syntax in sorted(pairs)]


def store(association: Association, one: Outgoing, message_id: int) -> Dataset | None:
    """The peer's status: an empty one where it did not answer. None where it accepts the object in no encoding.

    Where the peer takes the object as it is, its bytes go as they are.
    """
    accepted = {(cx.abstract_syntax, cx.transfer_syntax[0]) for cx in association.accepted_contexts if cx.as_scu}
    if (UID(one.reference.sop_class_uid), one.transfer_syntax_uid) in accepted:
        with tempfile.TemporaryDirectory(prefix="scarmass-send-") as folder:
            path = Path(folder) / "object.dcm"
            path.write_bytes(one.content)
            return association.send_c_store(path, msg_id=message_id)
    if one.pairs & accepted:
        return association.send_c_store(pydicom.dcmread(BytesIO(one.content)), msg_id=message_id)
    return None
