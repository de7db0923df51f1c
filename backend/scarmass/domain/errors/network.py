"""Facts of other machines, and of what goes to them."""

from scarmass.domain.errors.kinds import Conflict, Invalid, NotFound, Unavailable


class PeerUnreachable(Unavailable):
    """A PACS, or another machine of the network, does not answer in time."""


class PeerRefused(Unavailable):
    """A machine of the network answers, and will not talk to us, or not about this."""


class PeerFailed(Unavailable):
    """A machine of the network gave up in the middle, or said what its standard does not know."""


class StudyIncomplete(Unavailable):
    """A peer sends a part of a study, and the same part however often it is asked."""


class PeerNotFound(NotFound):
    """No machine of the network has this name in the settings."""


class TransferNotFound(NotFound):
    """No transfer has this id."""


class NothingListens(Conflict):
    """A peer would send what is fetched to our AE title, and the settings name none."""


class AuditReceiverUnreachable(Unavailable):
    """The syslog server that the audit trail is sent to does not take it."""


class EventIdInvalid(Invalid):
    """What should say which event was seen last does not."""
