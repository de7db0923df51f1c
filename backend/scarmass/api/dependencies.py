"""What routes ask for: the services' context, embedding ahead, the reader."""

from typing import Annotated
from urllib.parse import unquote

from fastapi import Depends, Header, Path, Request

from scarmass.services.context import Context
from scarmass.services.readings.open import EmbeddingAhead

LONGEST_ENCODED_NAME = 64 * 12
"""64 characters of up to four bytes, each byte percent-encoded."""

UNAUTHENTICATED = "unauthenticated reader"
CLAIMED = " (unauthenticated)"


def _context(request: Request) -> Context:
    return request.app.state.context


def _embedding_ahead(request: Request) -> EmbeddingAhead:
    return request.app.state.embedding_ahead


def current_reader(
    x_reader: Annotated[str | None, Header(max_length=LONGEST_ENCODED_NAME, pattern=r"^[^\x00-\x1f\x7f]*$")] = None,
) -> str:
    """Who edits. Until there is a login this is a name the client claims, labelled as such.

    A name beyond ASCII comes percent-encoded, as headers need it.
    """
    return claimed(unquote(x_reader or ""))


def claimed(name: str) -> str:
    """The reader of a name that a client claims, or that one of them types for another."""
    name = "".join(each for each in name if each.isprintable()).strip().removesuffix(CLAIMED).strip()
    return f"{name}{CLAIMED}" if name else UNAUTHENTICATED


InContext = Annotated[Context, Depends(_context)]
WithEmbeddingAhead = Annotated[EmbeddingAhead, Depends(_embedding_ahead)]
CurrentReader = Annotated[str, Depends(current_reader)]
PathUid = Annotated[str, Path(min_length=1, max_length=64, pattern=r"^[!-~]+$")]
PathFrameNumber = Annotated[int, Path(ge=1, le=2**31 - 1)]
