"""Who may be here: people and services' tokens, by an administrator."""

import uuid
from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Query

from scarmass.api.dependencies import CanAdminister, InContext
from scarmass.api.routes.session import required_login
from scarmass.api.schemas.access import (
    Account,
    CreatedToken,
    NewPerson,
    NewToken,
    People,
    PersonChange,
    Token,
    Tokens,
)
from scarmass.domain.errors import NoLogin
from scarmass.services.access import accounts, tokens

router = APIRouter(prefix="/api/v1", tags=["access"])


@router.get("/people")
def list_people(
    _: CanAdminister,
    context: InContext,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
    cursor: Annotated[str | None, Query(max_length=128, pattern=r"^[^\x00]*$")] = None,
) -> People:
    """Everybody who has signed in or has an account, by name."""
    required_login(context)
    found = accounts.page_of_accounts(context.database, limit + 1, cursor)
    page, more = found[:limit], len(found) > limit
    next_cursor = page[-1].person.name if more else None
    return People(people=[Account.of_account(one) for one in page], next_cursor=next_cursor)


@router.post("/people", status_code=201)
def create_person(body: NewPerson, _: CanAdminister, context: InContext) -> Account:
    """A local account; its person signs in with the user name and the password."""
    if not required_login(context).local_accounts:
        raise NoLogin("people sign in at the provider: the settings allow no local accounts")
    made = accounts.create_account(
        context.database,
        body.user_name,
        body.password.get_secret_value(),
        frozenset(body.roles),
        body.name,
        None if body.study_groups is None else frozenset(body.study_groups),
    )
    return Account.of_account(made)


@router.patch("/people/{person_id}")
def change_person(person_id: uuid.UUID, body: PersonChange, _: CanAdminister, context: InContext) -> Account:
    """Change roles, study groups or password, or disable the account. The person is signed out everywhere by it."""
    required_login(context)
    if body.password is not None:
        accounts.set_password(context.database, person_id, body.password.get_secret_value())
    return Account.of_account(accounts.change_account(context.database, person_id, body.access()))


@router.get("/tokens")
def list_tokens(_: CanAdminister, context: InContext) -> Tokens:
    """Services' tokens, by what is kept of them."""
    required_login(context)
    return Tokens(tokens=[Token.of(one) for one in tokens.all_tokens(context.database)])


@router.post("/tokens", status_code=201)
def create_token(body: NewToken, administrator: CanAdminister, context: InContext) -> CreatedToken:
    """A token for another program, which shows it as `Authorization: Bearer`. It is told this once."""
    required_login(context)
    secret, made = tokens.create_token(
        context.database,
        body.name,
        administrator.name,
        timedelta(days=body.expires_in_days),
        None if body.permissions is None else frozenset(body.permissions),
        None if body.study_groups is None else frozenset(body.study_groups),
    )
    return CreatedToken.of_created(secret, made)


@router.delete("/tokens/{token_id}", status_code=204)
def revoke_token(token_id: uuid.UUID, _: CanAdminister, context: InContext) -> None:
    """Whoever shows it from now on is nobody."""
    required_login(context)
    tokens.revoke_token(context.database, token_id)
