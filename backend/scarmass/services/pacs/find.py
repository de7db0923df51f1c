"""What peers have, and whether they answer."""

from collections.abc import Sequence
from dataclasses import dataclass

from scarmass.domain.errors import PeerFailed, PeerRefused, PeerUnreachable
from scarmass.domain.pacs import FoundStudy, StudyQuery
from scarmass.services.context import Context
from scarmass.storage import studies


@dataclass(frozen=True)
class FoundHere:
    """is_stored: whether anything of the study is here already."""

    study: FoundStudy
    is_stored: bool


def find(context: Context, peer: str, query: StudyQuery) -> list[FoundHere]:
    """The peer's studies that match. Raises PeerNotFound, PeerUnreachable, PeerRefused, PeerFailed."""
    found: Sequence[FoundStudy] = context.client_of(context.network.peer(peer)).find(query)
    with context.database.transaction() as session:
        stored = studies.stored_studies(session, [one.study_instance_uid for one in found])
    return [FoundHere(one, one.study_instance_uid in stored) for one in found]


def why_silent(context: Context, peer: str) -> str | None:
    """None where the peer answers us, else why not. Raises PeerNotFound."""
    found = context.network.peer(peer)
    try:
        context.client_of(found).echo()
    except (PeerUnreachable, PeerRefused, PeerFailed) as error:
        return str(error)
    return None
