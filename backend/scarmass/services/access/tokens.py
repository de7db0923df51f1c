"""Services' tokens: made and shown once, found by what a service shows, revoked."""

import secrets
import uuid
from collections.abc import Set
from datetime import UTC, datetime, timedelta

from scarmass.domain.access import PERMISSIONS, Permission, Person, Role
from scarmass.domain.accounts import ServiceToken, valid_name
from scarmass.domain.errors import NameTaken, NotAllowed
from scarmass.storage import people
from scarmass.storage.database import Database

PREFIX = "scarmass_"
"""What leak scanners look for."""
USED_TO = timedelta(minutes=1)
"""A token's use is noted no oftener."""


def create_token(
    database: Database,
    name: str,
    created_by: str,
    lasts: timedelta,
    permissions: Set[Permission] | None = None,
    study_groups: Set[str] | None = None,
) -> tuple[str, ServiceToken]:
    """The token, which is not kept, and what is kept of it. permissions: None for all that a service has.

    Raises NameInvalid, NameTaken, NotAllowed.
    """
    name = valid_name(name)
    if beyond := set(permissions or ()) - PERMISSIONS[Role.SERVICE]:
        raise NotAllowed(f"a service is never given the permission to {', '.join(sorted(beyond))}")
    token = PREFIX + secrets.token_urlsafe(32)
    with database.transaction() as session:
        if not people.is_name_free(session, name):
            raise NameTaken(f"a person or another token has the name “{name}”")
        return token, people.add_token(session, token, name, permissions, study_groups, created_by, lasts)


def service_of(database: Database, token: str) -> Person | None:
    """Whoever shows this token, None where it is none, was revoked or has expired."""
    if not token.startswith(PREFIX):
        return None
    with database.transaction() as session:
        found = people.find_token(session, token)
        if found is None:
            return None
        if found.used_at is None or datetime.now(UTC) - found.used_at > USED_TO:
            people.touch_token(session, found.id)
    return Person(found.id, found.name, frozenset({Role.SERVICE}), found.study_groups, found.permissions)


def all_tokens(database: Database) -> list[ServiceToken]:
    """The newest first, those that were revoked or have expired too."""
    with database.transaction() as session:
        return people.all_tokens(session)


def revoke_token(database: Database, token_id: uuid.UUID) -> None:
    """Raises TokenNotFound."""
    with database.transaction() as session:
        people.revoke_token(session, token_id)
