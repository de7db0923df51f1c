"""Whom a provider's claims name: a person, made at the first sign-in, with the roles that the claims give now."""

from collections.abc import Iterator, Mapping
from itertools import chain, count
from typing import Any

from scarmass.domain.accounts import LONGEST_NAME, Account, valid_name
from scarmass.domain.errors import NameInvalid, NameTaken, NoRole, ProviderRefused, SignInRefused
from scarmass.domain.login import Provider
from scarmass.storage import people
from scarmass.storage.database import Database

LONGEST_SUBJECT = 255
"""OpenID Connect Core 1.0, 2."""


def person_of_claims(database: Database, provider: Provider, claims: Mapping[str, Any]) -> Account:
    """A person is an issuer and a subject; the name is that of the first sign-in, as readings carry it.

    Whoever has other roles or study groups than before is signed out everywhere else.

    Raises ProviderRefused, NoRole, SignInRefused.
    """
    subject = claims.get("sub")
    if not isinstance(subject, str) or not 1 <= len(subject) <= LONGEST_SUBJECT or "\x00" in subject:
        raise ProviderRefused("the provider does not say who it is")
    values = values_of(claims, provider.roles_claim)
    roles, study_groups = provider.roles_of(values), provider.study_groups_of(values)
    email = _text(claims, "email")
    with database.transaction() as session:
        account = people.find_person(session, provider.issuer, subject)
        if account is not None:
            people.set_email(session, account.person.person_id, email)
            if (account.person.roles, account.person.study_groups) != (roles, study_groups):
                people.set_access(session, account.person.person_id, roles, study_groups, account.is_disabled)
                people.end_sessions(session, account.person.person_id)
    if not roles:
        raise NoRole(
            f"the provider says nothing in “{provider.roles_claim}” that is a role here: ask your administrator"
        )
    if account is None:
        return _made(database, provider, subject, claims, email)
    if account.is_disabled:
        raise SignInRefused("this account is disabled: ask your administrator")
    return account


def values_of(claims: Mapping[str, Any], path: str) -> frozenset[str]:
    """The texts of a claim, or of the one that a dotted path leads to."""
    found: Any = claims
    for name in [path] if path in claims else path.split("."):
        found = found.get(name) if isinstance(found, Mapping) else None
    values = found if isinstance(found, list) else [found]
    return frozenset(value for value in values if isinstance(value, str))


def _made(database: Database, provider: Provider, subject: str, claims: Mapping[str, Any], email: str) -> Account:
    values = values_of(claims, provider.roles_claim)
    access = provider.roles_of(values), provider.study_groups_of(values)
    for name in _names(claims, provider.name_claim, subject):
        with database.transaction() as session:
            if (account := people.find_person(session, provider.issuer, subject)) is not None:
                return account  # the same person, by another browser at the same moment
            if people.is_name_free(session, name):
                try:
                    return people.add_person(session, provider.issuer, subject, name, *access, email=email)
                except NameTaken:
                    continue
    raise AssertionError("there is always another name")


def _names(claims: Mapping[str, Any], name_claim: str, subject: str) -> Iterator[str]:
    """Names for a person, the best first: no two people share one."""
    told = [_text(claims, claim) for claim in (name_claim, "preferred_username", "upn", "email")]
    told = [*filter(None, told), subject]
    beside = [f"{told[0]} ({other})" for other in told[1:]] + [f"{told[0]} ({number})" for number in range(2, 100)]
    for name in chain(told[:1], beside, (f"Person {number}" for number in count(1))):
        try:
            yield valid_name(name[:LONGEST_NAME])
        except NameInvalid:
            continue


def _text(claims: Mapping[str, Any], claim: str) -> str:
    value = claims.get(claim)
    return value[:LONGEST_SUBJECT] if isinstance(value, str) and value.isprintable() else ""
