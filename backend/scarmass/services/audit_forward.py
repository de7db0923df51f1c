"""The audit trail is sent to where it is kept elsewhere: from the stored rows, in their order, until each is there."""

from scarmass.domain.audit import AuditReceiver
from scarmass.services.context import Context
from scarmass.storage import audit

PIECE = 100


def forward_next(context: Context, receiver: AuditReceiver) -> bool:
    """Send the next rows that the receiver has not got; answers whether there may be more.

    Of several processes one sends. What is cut off in the middle is sent again. Raises AuditReceiverUnreachable,
    DatabaseUnavailable: nothing is lost by either.
    """
    with context.database.transaction() as session:
        number = audit.take_delivery(session, receiver.name)
        if number is None:
            return False
        rows = audit.rows_after(session, number, PIECE)
        if rows:
            receiver.send(rows)
            audit.set_delivered(session, receiver.name, rows[-1].number)
    return len(rows) == PIECE
