"""Accounts: made, changed and looked up, by an administrator or the command line."""

import uuid
from collections.abc import Mapping, Set
from typing import Any

from scarmass.domain.access import Role
from scarmass.domain.accounts import Account, name_key, valid_name
from scarmass.domain.errors import NameInvalid, NameTaken, PasswordNotOurs, PersonNotFound, RolesNotOurs, SignInRefused
from scarmass.services.access import passwords
from scarmass.storage import people
from scarmass.storage.database import Database


def create_account(
    database: Database,
    user_name: str,
    password: str,
    roles: Set[Role],
    name: str | None = None,
    study_groups: Set[str] | None = None,
) -> Account:
    """A local account. name: on readings, the user name where none is given.

    Raises NameInvalid, NameTaken, PasswordRefused.
    """
    user_name, name = name_key(valid_name(user_name)), valid_name(name or user_name)
    if " " in user_name:
        raise NameInvalid("a user name has no spaces")
    passwords.require_good(password, [user_name, name])
    password_hash = passwords.hashed(password)
    with database.transaction() as session:
        if not people.is_name_free(session, name):
            raise NameTaken(f"somebody else has the name “{name}”")
        return people.add_person(session, people.HERE, user_name, name, roles, study_groups, password_hash)


def account_named(database: Database, user_name: str) -> Account:
    """The local account with a user name. Raises PersonNotFound."""
    with database.transaction() as session:
        account = people.find_person(session, people.HERE, name_key(user_name))
    if account is None:
        raise PersonNotFound(f"there is no local account “{user_name}”")
    return account


def anybody_named(database: Database, name: str) -> Account:
    """The local account with a user name, or else whoever has the name. Raises PersonNotFound."""
    found = [one for one in all_accounts(database) if name_key(one.person.name) == name_key(name)]
    try:
        return account_named(database, name)
    except PersonNotFound:
        if not found:
            raise
        return found[0]


def all_accounts(database: Database) -> list[Account]:
    """By name."""
    return page_of_accounts(database, limit=2**31 - 1)


def page_of_accounts(database: Database, limit: int, after: str | None = None) -> list[Account]:
    """By name, at most limit, those after a name."""
    with database.transaction() as session:
        return people.page_of_people(session, limit, after)


def set_password(database: Database, person_id: uuid.UUID, password: str) -> None:
    """A new password, by an administrator: the person is signed out everywhere, and may try again at once.

    Raises PersonNotFound, PasswordNotOurs, PasswordRefused.
    """
    with database.transaction() as session:
        account = people.get_person(session, person_id)
    if not account.is_local:
        raise PasswordNotOurs(f"{account.person.name} signs in at {account.issuer}, which keeps the password")
    passwords.require_good(password, [account.user_name, account.person.name])
    password_hash = passwords.hashed(password)
    with database.transaction() as session:
        people.set_password_hash(session, person_id, password_hash)
        people.clear_failures(session, account.user_name)
        people.end_sessions(session, person_id)


def change_own_password(database: Database, person_id: uuid.UUID, old: str, new: str) -> None:
    """By the person, who is signed out everywhere. Raises SignInRefused, PasswordNotOurs, PasswordRefused."""
    with database.transaction() as session:
        password_hash = people.password_hash_of(session, person_id)
        account = people.get_person(session, person_id)
    if account.is_local and not passwords.matches(password_hash, old):
        raise SignInRefused("the old password is wrong")
    set_password(database, person_id, new)


def change_account(database: Database, person_id: uuid.UUID, changes: Mapping[str, Any]) -> Account:
    """Change any of roles, study_groups and is_disabled. The person is signed out everywhere where something changes.

    Raises PersonNotFound, RolesNotOurs.
    """
    with database.transaction() as session:
        account = people.get_person(session, person_id)
        person = account.person
        if not account.is_local and changes.keys() & {"roles", "study_groups"}:
            raise RolesNotOurs(f"the roles and study groups of {person.name} come from {account.issuer}")
        before = {"roles": person.roles, "study_groups": person.study_groups, "is_disabled": account.is_disabled}
        after = {**before, **changes}
        if after != before:
            account = people.set_access(session, person_id, **after)
            people.end_sessions(session, person_id)
        return account
