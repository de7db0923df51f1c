"""People who sign in, wrong passwords, sessions and services' tokens. Secrets are stored as their sha256, passwords as
their hash."""

import hashlib
import uuid
from collections.abc import Iterable, Set
from datetime import timedelta

from sqlalchemy import ColumnElement, delete, func, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session as DatabaseSession

from scarmass.domain.access import Permission, Person, Role
from scarmass.domain.accounts import Account, ServiceToken, Session, name_key
from scarmass.domain.errors import NameTaken, PersonNotFound, TokenNotFound
from scarmass.storage.notifications import notify
from scarmass.storage.tables import PersonRow, SessionRow, SignInFailureRow, TokenRow

HERE = ""
"""The issuer of local accounts."""


def digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def sessions_key(person_id: uuid.UUID) -> str:
    """What is notified when sessions of the person end."""
    return f"sessions of {person_id}"


def add_person(
    session: DatabaseSession,
    issuer: str,
    subject: str,
    name: str,
    roles: Set[Role],
    study_groups: Set[str] | None,
    password_hash: str | None = None,
    email: str = "",
) -> Account:
    """Raises NameTaken."""
    values = {
        "id": uuid.uuid4(),
        "issuer": issuer,
        "subject": subject,
        "name": name,
        "name_key": name_key(name),
        "email": email,
        "roles": sorted(roles),
        "study_groups": _listed(study_groups),
        "password_hash": password_hash,
    }
    adding = insert(PersonRow).values(**values).on_conflict_do_nothing().returning(PersonRow.id)
    if session.scalar(adding) is None:
        raise NameTaken(f"somebody else has the name “{name}” or the user name “{subject}”")
    return _account(session.get_one(PersonRow, values["id"]))


def is_name_free(session: DatabaseSession, name: str) -> bool:
    """Whether neither a person nor a token that still counts has the name."""
    people = select(PersonRow.id).where(PersonRow.name_key == name_key(name))
    tokens = select(TokenRow.name).where(TokenRow.revoked_at.is_(None))
    return session.scalar(people) is None and name_key(name) not in map(name_key, session.scalars(tokens))


def find_person(session: DatabaseSession, issuer: str, subject: str) -> Account | None:
    row = session.scalar(select(PersonRow).where(PersonRow.issuer == issuer, PersonRow.subject == subject))
    return None if row is None else _account(row)


def get_person(session: DatabaseSession, person_id: uuid.UUID) -> Account:
    """Raises PersonNotFound."""
    return _account(_person_row(session, person_id))


def page_of_people(session: DatabaseSession, limit: int, after: str | None) -> list[Account]:
    """People by name, at most limit, those after a name."""
    query = select(PersonRow).order_by(PersonRow.name_key).limit(limit)
    if after is not None:
        query = query.where(PersonRow.name_key > name_key(after))
    return [_account(row) for row in session.scalars(query)]


def password_hash_of(session: DatabaseSession, person_id: uuid.UUID) -> str | None:
    return session.scalar(select(PersonRow.password_hash).where(PersonRow.id == person_id))


def set_password_hash(session: DatabaseSession, person_id: uuid.UUID, password_hash: str) -> None:
    """Raises PersonNotFound."""
    _person_row(session, person_id).password_hash = password_hash
    session.flush()


def set_access(
    session: DatabaseSession, person_id: uuid.UUID, roles: Set[Role], study_groups: Set[str] | None, is_disabled: bool
) -> Account:
    """Raises PersonNotFound."""
    row = _person_row(session, person_id)
    row.roles, row.study_groups, row.is_disabled = sorted(roles), _listed(study_groups), is_disabled
    session.flush()
    return _account(row)


def set_email(session: DatabaseSession, person_id: uuid.UUID, email: str) -> None:
    """Raises PersonNotFound."""
    _person_row(session, person_id).email = email
    session.flush()


def lock_failures(session: DatabaseSession, user_name: str) -> tuple[int, timedelta]:
    """How many wrong passwords came one after the other for this user name, and how long ago the last one did; no other
    transaction adds one until ours ends."""
    query = select(SignInFailureRow.count, func.clock_timestamp() - SignInFailureRow.last_at)
    row = session.execute(query.where(SignInFailureRow.sha256 == digest(user_name)).with_for_update()).one_or_none()
    return (0, timedelta()) if row is None else (row[0], row[1])


def add_failure(session: DatabaseSession, user_name: str) -> None:
    adding = insert(SignInFailureRow).values(sha256=digest(user_name), count=1)
    more = {"count": SignInFailureRow.count + 1, "last_at": func.clock_timestamp()}
    session.execute(adding.on_conflict_do_update(index_elements=["sha256"], set_=more))


def clear_failures(session: DatabaseSession, user_name: str) -> None:
    session.execute(delete(SignInFailureRow).where(SignInFailureRow.sha256 == digest(user_name)))


def forget_failures(session: DatabaseSession, fewer_than: int, older_than: timedelta) -> None:
    is_old = SignInFailureRow.last_at < func.clock_timestamp() - older_than
    session.execute(delete(SignInFailureRow).where(SignInFailureRow.count < fewer_than, is_old))


def add_session(session: DatabaseSession, token: str, person_id: uuid.UUID) -> Session:
    """Raises PersonNotFound."""
    _person_row(session, person_id).signed_in_at = func.clock_timestamp()  # type: ignore[assignment]
    session.add(SessionRow(sha256=digest(token), person_id=person_id))
    session.flush()
    return _session(session.get_one(SessionRow, digest(token)))


def find_session(session: DatabaseSession, token: str, longest: timedelta, idle: timedelta) -> Session | None:
    """The session of this token, None where it has ended or its person is disabled."""
    query = select(SessionRow).where(SessionRow.sha256 == digest(token), ~_has_ended(longest, idle))
    row = session.scalar(query)
    return None if row is None or row.person.is_disabled else _session(row)


def touch_session(session: DatabaseSession, token: str) -> None:
    """The session is in use."""
    touching = update(SessionRow).where(SessionRow.sha256 == digest(token))
    session.execute(touching.values(seen_at=func.clock_timestamp()))


def end_session(session: DatabaseSession, token: str) -> None:
    ended = delete(SessionRow).where(SessionRow.sha256 == digest(token)).returning(SessionRow.person_id)
    for person_id in session.scalars(ended):
        notify(session, sessions_key(person_id))


def end_sessions(session: DatabaseSession, person_id: uuid.UUID) -> None:
    """Sign a person out everywhere."""
    session.execute(delete(SessionRow).where(SessionRow.person_id == person_id))
    notify(session, sessions_key(person_id))


def drop_ended_sessions(session: DatabaseSession, longest: timedelta, idle: timedelta) -> None:
    session.execute(delete(SessionRow).where(_has_ended(longest, idle)))


def _has_ended(longest: timedelta, idle: timedelta) -> ColumnElement[bool]:
    now = func.clock_timestamp()
    return or_(SessionRow.created_at <= now - longest, SessionRow.seen_at <= now - idle)


def add_token(
    session: DatabaseSession,
    token: str,
    name: str,
    permissions: Set[Permission] | None,
    study_groups: Set[str] | None,
    created_by: str,
    lasts: timedelta,
) -> ServiceToken:
    row = TokenRow(
        sha256=digest(token),
        name=name,
        permissions=_listed(permissions),
        study_groups=_listed(study_groups),
        created_by=created_by,
        expires_at=func.clock_timestamp() + lasts,
    )
    session.add(row)
    session.flush()
    return _token(session.get_one(TokenRow, row.id))


def find_token(session: DatabaseSession, token: str) -> ServiceToken | None:
    """None where it was revoked or has expired."""
    query = select(TokenRow).where(TokenRow.sha256 == digest(token), TokenRow.revoked_at.is_(None))
    row = session.scalar(query.where(TokenRow.expires_at > func.clock_timestamp()))
    return None if row is None else _token(row)


def touch_token(session: DatabaseSession, token_id: uuid.UUID) -> None:
    session.execute(update(TokenRow).where(TokenRow.id == token_id).values(used_at=func.clock_timestamp()))


def all_tokens(session: DatabaseSession) -> list[ServiceToken]:
    return [_token(row) for row in session.scalars(select(TokenRow).order_by(TokenRow.created_at.desc()))]


def revoke_token(session: DatabaseSession, token_id: uuid.UUID) -> None:
    """It stays listed. Raises TokenNotFound."""
    row = session.get(TokenRow, token_id)
    if row is None:
        raise TokenNotFound("no such token")
    if row.revoked_at is None:
        row.revoked_at = func.clock_timestamp()  # type: ignore[assignment]
    session.flush()
    notify(session, sessions_key(token_id))


def _person_row(session: DatabaseSession, person_id: uuid.UUID) -> PersonRow:
    row = session.get(PersonRow, person_id)
    if row is None:
        raise PersonNotFound("no such person")
    return row


def _listed(names: Iterable[str] | None) -> list[str] | None:
    return None if names is None else sorted(names)


def _groups(names: Iterable[str] | None) -> frozenset[str] | None:
    return None if names is None else frozenset(names)


def _person(row: PersonRow) -> Person:
    return Person(row.id, row.name, frozenset(map(Role, row.roles)), _groups(row.study_groups))


def _account(row: PersonRow) -> Account:
    shown = (row.subject, row.email, row.is_disabled, row.created_at, row.signed_in_at)
    return Account(_person(row), row.issuer, *shown)


def _session(row: SessionRow) -> Session:
    return Session(_person(row.person), row.person.issuer == HERE, row.created_at, row.seen_at)


def _token(row: TokenRow) -> ServiceToken:
    permissions = None if row.permissions is None else frozenset(map(Permission, row.permissions))
    times = (row.created_at, row.expires_at, row.revoked_at, row.used_at)
    return ServiceToken(row.id, row.name, permissions, _groups(row.study_groups), row.created_by, *times)
