"""What is kept of people who sign in, of their sessions, and of services' tokens."""

import unicodedata
import uuid
from dataclasses import dataclass
from datetime import datetime

from scarmass.domain.access import Permission, Person
from scarmass.domain.errors import NameInvalid

LONGEST_NAME = 64
CLAIMED = " (unauthenticated)"
UNAUTHENTICATED = "unauthenticated reader"
OURS = frozenset({UNAUTHENTICATED, "import", "network", "system"})
"""Names that the record gives to what no person did."""


@dataclass(frozen=True)
class Account:
    """issuer: the provider that the person signs in at, empty where it is here. user_name: what is typed, or who it is
    at the provider."""

    person: Person
    issuer: str
    user_name: str
    email: str
    is_disabled: bool
    created_at: datetime
    signed_in_at: datetime | None

    @property
    def is_local(self) -> bool:
        return not self.issuer


@dataclass(frozen=True)
class Session:
    """A person signed in with one browser. seen_at: when the last request came, to a minute."""

    person: Person
    is_local: bool
    created_at: datetime
    seen_at: datetime


@dataclass(frozen=True)
class ServiceToken:
    """What a service shows. permissions: None for all that a service has."""

    id: uuid.UUID
    name: str
    permissions: frozenset[Permission] | None
    study_groups: frozenset[str] | None
    created_by: str
    created_at: datetime
    expires_at: datetime
    revoked_at: datetime | None
    used_at: datetime | None


def name_key(name: str) -> str:
    """The name as it is compared: names that differ in case, width or spaces are one."""
    return " ".join(unicodedata.normalize("NFKC", name).casefold().split())


def valid_name(name: str) -> str:
    """A name of a person or a service that can stand on a reading. Raises NameInvalid."""
    name = " ".join(unicodedata.normalize("NFC", name).split())
    if not 1 <= len(name) <= LONGEST_NAME or not name.isprintable():
        raise NameInvalid(f"a name is 1 to {LONGEST_NAME} printable characters")
    if name_key(name) in OURS or name_key(name).endswith(CLAIMED.strip()):
        raise NameInvalid(f"“{name}” would be taken for something that nobody signed in for")
    return name
