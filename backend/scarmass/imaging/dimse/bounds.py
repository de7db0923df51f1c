"""What one association may take of memory and time, whichever side began it."""

import socket
from contextlib import suppress
from io import BytesIO
from queue import Empty
from time import monotonic
from typing import cast

from pynetdicom.association import Association
from pynetdicom.dimse import DIMSEServiceProvider
from pynetdicom.dimse_messages import DIMSEMessage
from pynetdicom.events import Event
from pynetdicom.fsm import InvalidEventError, StateMachine
from pynetdicom.pdu_primitives import P_DATA
from pynetdicom.transport import AssociationSocket

ANNOUNCED_PDU_BYTES = 128 * 2**10
LARGEST_PDU_BYTES = 2**20
"""An association request may be longer than the PDUs that it announces; no sound one is longer than this."""
PDU_S = 30.0
"""That the bytes of one PDU may take, however steadily they trickle."""
COMMAND_BYTES = 2**16
WAITING_REQUESTS = 4
"""A peer waits for each answer before it asks again (PS3.7 annex D.3.3.3), but for what it breaks off."""
WAITING_ANSWERS = 4096
"""To one request a peer may answer many times (C-FIND, C-MOVE), without waiting for us."""
AWAITS_CLOSE = "Sta13"
"""The association is over, and its connection not closed yet (PS3.8 section 9.2.1)."""


class BoundedBuffer(BytesIO):
    """The bytes of a data set; none of it is kept above so many, and is_over tells so."""

    def __init__(self, largest: int) -> None:
        super().__init__()
        self._largest = largest
        self.is_over = False

    def write(self, piece) -> int:  # type: ignore[override]
        self.is_over = self.is_over or self.tell() + len(piece) > self._largest
        if not self.is_over:
            return super().write(piece)
        self.seek(0)
        self.truncate()
        return len(piece)


class BoundedMessages(DIMSEServiceProvider):
    """Messages whose data sets are bounded; what is no message ends the association, and not the thread that reads."""

    def __init__(self, association: Association, object_bytes: int) -> None:
        super().__init__(association)
        self._object_bytes = object_bytes
        self._waiting = WAITING_REQUESTS if association.is_acceptor else WAITING_ANSWERS

    def receive_primitive(self, primitive: P_DATA) -> None:
        if self.message is None:
            self.message = DIMSEMessage()
            self.message.data_set = BoundedBuffer(self._object_bytes)
        try:
            is_sound = self.msg_queue.qsize() < self._waiting
            if is_sound:
                super().receive_primitive(primitive)
                is_sound = self.message is None or self.message.encoded_command_set.tell() <= COMMAND_BYTES
        except Exception:  # pynetdicom raises many kinds on damaged commands
            is_sound = False
        if not is_sound:
            self.dul.event_queue.put("Evt19")  # an invalid PDU: the association is aborted (PS3.8 section 9.2.2)


class BoundedSocket(AssociationSocket):
    """Reads a PDU only where it is not too large, and not for longer than PDU_S."""

    def recv(self, nr_bytes: int) -> bytearray:
        """As many bytes, fewer where the connection ends. Raises OSError."""
        connection = cast(socket.socket, self.socket)
        if nr_bytes > LARGEST_PDU_BYTES:
            raise OSError(f"a PDU of {nr_bytes} bytes")
        end = monotonic() + PDU_S
        received = bytearray(nr_bytes)
        view, count = memoryview(received), 0
        while count < nr_bytes:
            if (left := end - monotonic()) <= 0:
                raise TimeoutError("a PDU takes too long")
            connection.settimeout(left)
            got = connection.recv_into(view[count:])
            if not got:
                view.release()
                del received[count:]
                return received
            count += got
        return received


class BoundedStates(StateMachine):
    """What we still say on an association that is over is dropped; pynetdicom ends the thread that reads over it."""

    def do_action(self, event: str) -> None:
        try:
            super().do_action(event)
        except InvalidEventError:
            if self.current_state != AWAITS_CLOSE:
                raise
            with suppress(Empty):
                self.dul.to_provider_queue.get_nowait()


def bound(event: Event, object_bytes: int) -> None:
    """Handler of EVT_CONN_OPEN: from here on the association keeps to the bounds, and small messages go at once."""
    association = event.assoc
    wrapped = cast(AssociationSocket, association.dul.socket)
    wrapped.__class__ = BoundedSocket  # pynetdicom makes its sockets itself
    association.dul.state_machine.__class__ = BoundedStates
    association.dimse = BoundedMessages(association, object_bytes)
    connection = cast(socket.socket, wrapped.socket)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    connection.settimeout(PDU_S)
