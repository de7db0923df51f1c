"""Sessions: begun with a password, found by their token, ended by time, by the person or by an administrator."""

import secrets
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from scarmass.domain.accounts import Session, name_key
from scarmass.domain.errors import NoLogin, SignInPaused, SignInRefused
from scarmass.domain.login import Login
from scarmass.services.access import passwords
from scarmass.storage import people
from scarmass.storage.database import Database

FREE_TRIES = 5
"""So many wrong passwords one after the other cost no wait."""
FIRST_WAIT, LONGEST_WAIT = timedelta(seconds=5), timedelta(minutes=15)
MOST_TRIES = 100
"""By NIST SP 800-63B-4 3.2.2: after so many the account waits for a new password."""
FORGOTTEN_AFTER = timedelta(days=1)
"""Fewer than the free tries."""
SEEN_TO = timedelta(minutes=1)
"""A session's use is noted no oftener."""


@dataclass(frozen=True)
class Begun:
    """A session, and the token that its cookie holds and nothing else does."""

    token: str
    session: Session


def sign_in(database: Database, login: Login | None, user_name: str, password: str) -> Begun:
    """Raises NoLogin, SignInRefused, SignInPaused."""
    if login is None or not login.local_accounts:
        raise NoLogin("nobody signs in with a password here")
    user_name = name_key(user_name)
    with database.transaction() as session:
        _require_no_pause(*people.lock_failures(session, user_name))
        people.add_failure(session, user_name)  # until it is known to be right, so that many at once are no more tries
        account = people.find_person(session, people.HERE, user_name)
        password_hash = None if account is None else people.password_hash_of(session, account.person.person_id)
    is_right = passwords.matches(password_hash, password)
    if not is_right or account is None or account.is_disabled:
        raise SignInRefused("the user name or the password is wrong")
    with database.transaction() as session:
        people.clear_failures(session, user_name)
        if password_hash is not None and passwords.is_outdated(password_hash):
            people.set_password_hash(session, account.person.person_id, passwords.hashed(password))
    return begin(database, login, account.person.person_id)


def begin(database: Database, login: Login, person_id: uuid.UUID) -> Begun:
    """A session of a person who has shown who they are; its token is new. Raises PersonNotFound."""
    token = secrets.token_urlsafe(32)
    with database.transaction() as session:
        people.drop_ended_sessions(session, login.longest, login.idle)
        people.forget_failures(session, FREE_TRIES, FORGOTTEN_AFTER)
        return Begun(token, people.add_session(session, token, person_id))


def find(database: Database, login: Login, token: str, is_use: bool = True) -> Session | None:
    """The session of this token, None where it has ended. is_use: whether asking puts off the end by idleness."""
    with database.transaction() as session:
        found = people.find_session(session, token, login.longest, login.idle)
        if found is not None and is_use and datetime.now(UTC) - found.seen_at > min(SEEN_TO, login.idle / 10):
            people.touch_session(session, token)
        return found


def end(database: Database, token: str) -> None:
    """Sign out."""
    with database.transaction() as session:
        people.end_session(session, token)


def end_all(database: Database, person_id: uuid.UUID) -> None:
    """Sign out everywhere."""
    with database.transaction() as session:
        people.end_sessions(session, person_id)


def _require_no_pause(failures: int, since_last: timedelta) -> None:
    if failures >= MOST_TRIES:
        raise SignInPaused(f"after {MOST_TRIES} wrong passwords an administrator has to set a new one")
    if failures >= FREE_TRIES:
        wait = min(LONGEST_WAIT, FIRST_WAIT * 2 ** min(failures - FREE_TRIES, 10)) - since_last
        if wait > timedelta():
            raise SignInPaused(f"after {failures} wrong passwords the next one is looked at in {wait.seconds + 1} s")
