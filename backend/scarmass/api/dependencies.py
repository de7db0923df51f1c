"""What routes ask for: the services' context, embedding ahead, and who asks, with the permission that it takes.

None of it waits for anything: as coroutines they need no thread, of which a request would take one after the other.
"""

import uuid
from collections.abc import Awaitable, Callable
from typing import Annotated
from urllib.parse import unquote

from fastapi import Depends, Header, Path, Request

from scarmass.api.asking import person_of
from scarmass.domain.access import Permission, Person, Role
from scarmass.domain.accounts import CLAIMED, UNAUTHENTICATED
from scarmass.services.context import Context
from scarmass.services.readings.open import EmbeddingAhead

LONGEST_ENCODED_NAME = 64 * 12
"""64 characters of up to four bytes, each byte percent-encoded."""

ANYBODY = uuid.UUID(int=0)
"""Who asks where nobody signs in."""


async def _embedding_ahead(request: Request) -> EmbeddingAhead:
    return request.app.state.embedding_ahead


async def _asking(
    request: Request,
    x_reader: Annotated[str | None, Header(max_length=LONGEST_ENCODED_NAME, pattern=r"^[^\x00-\x1f\x7f]*$")] = None,
) -> Person:
    """Whoever signed in; without a login anybody, under the name that the client claims, labelled as such.

    A name beyond ASCII comes percent-encoded, as headers need it.
    """
    person = person_of(request)
    return person or Person(ANYBODY, claimed(unquote(x_reader or "")), frozenset(Role))


async def _context(request: Request, person: Annotated[Person, Depends(_asking)]) -> Context:
    """What the person sees of everything."""
    return request.app.state.context.seen_by(person)


def _may(*any_of: Permission) -> Callable[[Person], Awaitable[Person]]:
    async def check(person: Annotated[Person, Depends(_asking)]) -> Person:
        if not any(map(person.may, any_of)):
            person.require(any_of[0])
        return person

    return check


async def _current_reader(person: Annotated[Person, Depends(_asking)]) -> str:
    return person.name


def claimed(name: str) -> str:
    """The reader of a name that a client claims, or that one of them types for another."""
    name = "".join(each for each in name if each.isprintable()).strip().removesuffix(CLAIMED).strip()
    return f"{name}{CLAIMED}" if name else UNAUTHENTICATED


async def _naming(context: Annotated[Context, Depends(_context)]) -> Callable[[str], str]:
    return claimed if context.login is None else str.strip


InContext = Annotated[Context, Depends(_context)]
WithEmbeddingAhead = Annotated[EmbeddingAhead, Depends(_embedding_ahead)]
CurrentReader = Annotated[str, Depends(_current_reader)]
NamedReader = Annotated[Callable[[str], str], Depends(_naming)]
"""Makes a reader of a name that somebody types for another: with a login it is the name in the login."""
PathUid = Annotated[str, Path(min_length=1, max_length=64, pattern=r"^[!-~]+$")]
PathFrameNumber = Annotated[int, Path(ge=1, le=2**31 - 1)]

SignedIn = Annotated[Person, Depends(_asking)]
"""Whoever may be here at all."""
CanView = Annotated[Person, Depends(_may(Permission.VIEW))]
CanStore = Annotated[Person, Depends(_may(Permission.STORE))]
CanAsk = Annotated[Person, Depends(_may(Permission.ASK))]
CanRead = Annotated[Person, Depends(_may(Permission.READ))]
CanSign = Annotated[Person, Depends(_may(Permission.SIGN))]
CanManage = Annotated[Person, Depends(_may(Permission.MANAGE))]
CanManageTransfers = Annotated[Person, Depends(_may(Permission.MANAGE, Permission.SIGN))]
CanMonitor = Annotated[Person, Depends(_may(Permission.MONITOR))]
CanAdminister = Annotated[Person, Depends(_may(Permission.ADMINISTER))]
