"""The words of the REST contract about who may be here: sessions, people and services' tokens."""

import uuid
from datetime import datetime
from typing import Annotated, Any

from pydantic import BaseModel, Field, SecretStr

from scarmass.api.asking import Asking
from scarmass.api.schemas.common import Few, Strict, StudyGroup
from scarmass.domain import access, accounts
from scarmass.domain.access import Permission, Role
from scarmass.domain.login import Login

LONGEST_PASSWORD = 1024
"""Of what is sent; which of them are taken is decided elsewhere."""
LONGEST_TOKEN_DAYS = 3650

Name = Annotated[str, Field(min_length=1, max_length=128, pattern=r"^[^\x00-\x1f\x7f]*$")]
Password = Annotated[SecretStr, Field(min_length=1, max_length=LONGEST_PASSWORD)]
StudyGroups = Annotated[Few[StudyGroup], Field(max_length=256)]
Roles = Annotated[Few[Role], Field(max_length=len(Role))]


class SignInRequest(Strict):
    user_name: Name
    password: Password


class PasswordChange(Strict):
    old: Password
    new: Password


class Person(BaseModel):
    """study_groups: null where every study is seen; an empty name stands for the general group."""

    person_id: uuid.UUID
    name: str
    roles: list[Role]
    permissions: list[Permission]
    study_groups: list[str] | None

    @staticmethod
    def of(person: access.Person) -> "Person":
        return Person(
            person_id=person.person_id,
            name=person.name,
            roles=sorted(person.roles),
            permissions=sorted(person.permissions),
            study_groups=None if person.study_groups is None else sorted(person.study_groups),
        )


class Session(BaseModel):
    """login: none, local, provider, or local and provider. person: null where nobody is signed in; may_change_password:
    whether their password is kept here. expires_at: at the latest; idle_expires_at: if nothing is asked until then.
    provider_label: of the button that signs in at the provider."""

    login: str
    person: Person | None
    may_change_password: bool = False
    expires_at: datetime | None = None
    idle_expires_at: datetime | None = None
    provider_label: str | None = None

    @staticmethod
    def of(login: Login | None, asking: Asking | None) -> "Session":
        if login is None:
            return Session(login="none", person=None)
        latest, idle = (None, None) if asking is None else asking.ends_at(login) or (None, None)
        return Session(
            login=login.kind,
            person=None if asking is None else Person.of(asking.person),
            may_change_password=asking is not None and asking.session is not None and asking.session.is_local,
            expires_at=latest,
            idle_expires_at=idle,
            provider_label=None if login.provider is None else login.provider.label,
        )


class NewPerson(Strict):
    """A local account. user_name: what is typed to sign in; name: on readings, the user name where it is left out."""

    user_name: Name
    name: Name | None = None
    password: Password
    roles: Roles
    study_groups: StudyGroups | None = None


class PersonChange(Strict):
    """What is left out stays. study_groups: null for every study. password: a new one, of a local account."""

    roles: Roles = Field(default=[])
    study_groups: StudyGroups | None = None
    is_disabled: bool = False
    password: Password | None = None

    def access(self) -> dict[str, Any]:
        """What of roles, study groups and is_disabled was sent."""
        sent = {name: getattr(self, name) for name in self.model_fields_set - {"password"}}
        return {name: frozenset(value) if isinstance(value, list) else value for name, value in sent.items()}


class Account(Person):
    """issuer: the provider where the person signs in, null for a local account."""

    issuer: str | None
    user_name: str
    email: str
    is_disabled: bool
    created_at: datetime
    signed_in_at: datetime | None

    @staticmethod
    def of_account(account: accounts.Account) -> "Account":
        return Account(
            **Person.of(account.person).model_dump(),
            issuer=account.issuer or None,
            user_name=account.user_name,
            email=account.email,
            is_disabled=account.is_disabled,
            created_at=account.created_at,
            signed_in_at=account.signed_in_at,
        )


class People(BaseModel):
    """By name. next_cursor goes on with the next ones."""

    people: list[Account]
    next_cursor: str | None


class NewToken(Strict):
    """permissions: fewer than a service has; null for all. study_groups: null for every study."""

    name: Name
    permissions: Annotated[Few[Permission], Field(max_length=len(Permission))] | None = None
    study_groups: StudyGroups | None = None
    expires_in_days: Annotated[int, Field(ge=1, le=LONGEST_TOKEN_DAYS)] = 365


class Token(BaseModel):
    id: uuid.UUID
    name: str
    permissions: list[Permission] | None
    study_groups: list[str] | None
    created_by: str
    created_at: datetime
    expires_at: datetime
    revoked_at: datetime | None
    used_at: datetime | None

    @staticmethod
    def of(token: accounts.ServiceToken) -> "Token":
        return Token(**_fields(token))


class CreatedToken(Token):
    """token: shown this once; what is kept of it cannot be turned back."""

    token: str

    @staticmethod
    def of_created(secret: str, token: accounts.ServiceToken) -> "CreatedToken":
        return CreatedToken(token=secret, **_fields(token))


class Tokens(BaseModel):
    """The newest first, with those that were revoked or have expired."""

    tokens: list[Token]


def _fields(token: accounts.ServiceToken) -> dict:
    listed = {name: getattr(token, name) for name in ("permissions", "study_groups")}
    rest = {name: getattr(token, name) for name in Token.model_fields if name not in listed}
    return rest | {name: None if of is None else sorted(of) for name, of in listed.items()}
