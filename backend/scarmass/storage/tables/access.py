"""Who may be here."""

import uuid
from datetime import datetime

from sqlalchemy import ForeignKey, UniqueConstraint, false, func
from sqlalchemy.orm import Mapped, mapped_column, relationship

from scarmass.storage.tables.base import Table


class PersonRow(Table):
    """Somebody who signs in. issuer: the provider's, empty for a local account; subject: who it is there.

    name_key: the name as it is compared, so that no two look alike. study_groups: null where every study is seen.
    """

    __tablename__ = "people"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    issuer: Mapped[str]
    subject: Mapped[str]
    name: Mapped[str]
    name_key: Mapped[str] = mapped_column(unique=True)
    email: Mapped[str] = mapped_column(server_default="")
    roles: Mapped[list[str]]
    study_groups: Mapped[list[str] | None]
    password_hash: Mapped[str | None]
    is_disabled: Mapped[bool] = mapped_column(server_default=false())
    created_at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())
    signed_in_at: Mapped[datetime | None]

    __table_args__ = (UniqueConstraint("issuer", "subject"),)


class SessionRow(Table):
    """A person signed in with one browser. sha256: of the cookie's token, which is not stored."""

    __tablename__ = "sessions"

    sha256: Mapped[str] = mapped_column(primary_key=True)
    person_id: Mapped[uuid.UUID] = mapped_column(ForeignKey(PersonRow.id), index=True)
    created_at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())
    seen_at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())
    person: Mapped[PersonRow] = relationship(lazy="joined", innerjoin=True)


class TokenRow(Table):
    """What a service shows. sha256: of the token, which is not stored. permissions: null for all of a service's."""

    __tablename__ = "tokens"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    sha256: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    permissions: Mapped[list[str] | None]
    study_groups: Mapped[list[str] | None]
    created_by: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())
    expires_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]
    used_at: Mapped[datetime | None]


class SignInFailureRow(Table):
    """Wrong passwords one after the other. sha256: of the user name, be there such an account or not: people type
    passwords where names belong."""

    __tablename__ = "sign_in_failures"

    sha256: Mapped[str] = mapped_column(primary_key=True)
    count: Mapped[int]
    last_at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())
