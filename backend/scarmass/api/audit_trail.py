"""What was asked over HTTP, and by whom, is in the audit trail before its answer leaves."""

import asyncio
import json
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import cached_property
from typing import Any
from urllib.parse import parse_qs, unquote

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from scarmass.api.audited import Of, Requested, Where, named_in, requested
from scarmass.api.dependencies import LONGEST_ENCODED_NAME, claimed
from scarmass.api.errors import fact_answer
from scarmass.domain.access import Person
from scarmass.domain.audit import LONGEST, Event, Named, Outcome, plain
from scarmass.domain.errors import Fact, NotSignedIn
from scarmass.services.audit import Trail

PROBLEM = "application/problem+json"
PROBLEM_TYPE = "urn:scarmass:problem:"
WITHOUT_NAME = "Http"
"""What a problem is called that is told by its status alone."""
NOBODY = " (not signed in)"
LONGEST_BODY = 2**20
TO_SIGN_IN = 303
"""What a browser hears that asks for a page and is nobody: no page that is recorded answers so otherwise."""

AUDIT_THREADS = ThreadPoolExecutor(1, thread_name_prefix="audit")
"""One, as rows follow each other: two that look at the same patient at once are one row."""


class AuditTrail:
    """ASGI middleware, around whatever says who asks: `state.person`, where somebody signed in.

    An answer leaves when its row is durable. Where the row cannot be written, that is the answer; what was asked may be
    done by then, and the same request again, with the same client_id, is answered and recorded.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        asked = requested(scope["method"], scope["path"]) if scope["type"] == "http" else None
        if asked is None:
            await self.app(scope, receive, send)
            return
        scope.setdefault("state", {})
        exchange = _Exchange(scope["app"].state.audit_trail, asked, scope, receive, send)
        try:
            await self.app(scope, exchange.receive, exchange.send)
        except Exception as error:
            if not exchange.is_recorded:
                await exchange.record_failure(error)
            raise


class _Exchange:
    """One request and its answer, which is held back until it is recorded."""

    def __init__(self, trail: Trail, asked: Requested, scope: Scope, receive: Receive, send: Send) -> None:
        self._trail, self._asked, self._scope = trail, asked, scope
        self._receive, self._send = receive, send
        self._body = bytearray()
        self._held: list[Message] = []
        self.is_recorded = self._is_replaced = False

    async def receive(self) -> Message:
        message = await self._receive()
        if self._asked.audited.reads(Where.BODY) and len(self._body) < LONGEST_BODY:
            self._body += message.get("body", b"")
        return message

    async def send(self, message: Message) -> None:
        if self._is_replaced:
            return
        if self.is_recorded or not message["type"].startswith(("http.response.start", "http.response.body")):
            await self._send(message)
            return
        self._held.append(message)
        start = self._held[0]
        if self._reads_answer(start) and (message is start or message.get("more_body", False)):
            return
        answer = b"".join(one.get("body", b"") for one in self._held)
        if (refusal := await self.record(start["status"], answer)) is not None:
            self._is_replaced = True
            await fact_answer(refusal)(self._scope, self._receive, self._send)
            return
        for one in self._held:
            await self._send(one)
        self._held.clear()

    def _reads_answer(self, start: Message) -> bool:
        is_problem = Headers(raw=start["headers"]).get("content-type", "").startswith(PROBLEM)
        return is_problem or self._asked.audited.reads(Where.ANSWER)

    async def record(self, status: int, answer: bytes) -> Fact | None:
        """Answers why it could not be recorded, None where it was, or was lately."""
        told = _json(answer)
        return await self._record(*self._outcome(status, told), told)

    async def record_failure(self, error: Exception) -> Fact | None:
        """Where there is no answer, but what ended the request."""
        reason = type(error).__name__ if isinstance(error, Fact) else "Unexpected"
        return await self._record(Outcome.FAILED, reason, None)

    def _outcome(self, status: int, told: Any) -> tuple[Outcome, str]:
        if status == TO_SIGN_IN:
            return Outcome.REFUSED, NotSignedIn.__name__
        outcome = Outcome.SUCCESS if status < 400 else Outcome.REFUSED if status < 500 else Outcome.FAILED
        return outcome, "" if outcome is Outcome.SUCCESS else _reason(status, told)

    async def _record(self, outcome: Outcome, reason: str, told: Any) -> Fact | None:
        self.is_recorded = True
        audited = self._asked.audited
        event = self._event(outcome, reason, told)
        named, keys = self._named(told)
        is_folded = audited.is_folded or event.reason == NotSignedIn.__name__
        if is_folded and self._trail.is_recorded(event, named, keys):
            return None
        try:
            add = self._trail.record
            await asyncio.get_running_loop().run_in_executor(AUDIT_THREADS, add, event, named, keys, is_folded)
        except Fact as fact:
            return fact
        return None

    def _event(self, outcome: Outcome, reason: str, told: Any) -> Event:
        person = self._scope["state"].get("person")
        client = self._scope.get("client")
        return Event(
            action=self._asked.audited.action,
            person=person.name if isinstance(person, Person) else self._claimed(),
            person_id=person.person_id if isinstance(person, Person) else None,
            address=client[0] if client else "",
            outcome=outcome,
            reason=reason,
            about=self._about(told),
        )

    def _claimed(self) -> str:
        """Who it is by their own word."""
        if field := self._asked.audited.claims:
            name = next(named_in(self._sent, (field,)), "")
            return f"{plain(name)}{NOBODY}"
        header = Headers(scope=self._scope).get("x-reader", "")[:LONGEST_ENCODED_NAME]
        return claimed(plain(unquote(header)))

    def _named(self, told: Any) -> tuple[Named | None, list[str]]:
        """What is named, by the first of the places that name anything."""
        for of in self._asked.audited.of:
            if keys := list(dict.fromkeys(plain(key, LONGEST) for key in self._keys(of, told))):
                return of.named, keys
        return None, []

    def _keys(self, of: Of, told: Any) -> list[str]:
        match of.where:
            case Where.PATH:
                return [self._asked.path[name] for name in of.names if name in self._asked.path]
            case Where.QUERY:
                return [one for name in of.names for one in self._query.get(name, [])]
            case Where.BODY:
                return list(named_in(self._sent, of.names))
            case Where.ANSWER:
                return list(named_in(told, of.names))

    @cached_property
    def _sent(self) -> Any:
        return _json(bytes(self._body))

    @cached_property
    def _query(self) -> Mapping[str, list[str]]:
        with suppress(ValueError):
            return parse_qs(self._scope["query_string"].decode("latin-1"))
        return {}

    def _about(self, told: Any) -> dict[str, str]:
        about = {"route": self._asked.route}
        about |= {name: plain(value) for name, value in self._asked.path.items()}
        for name in self._asked.audited.tells:
            value = told.get(name) if isinstance(told, dict) else None
            value = self._query.get(name, [value])[0]
            if value is not None:
                about[name] = str(len(value)) if isinstance(value, list) else plain(str(value))
        return about


def _json(body: bytes) -> Any:
    """What JSON says, None where it is none."""
    try:
        return json.loads(body) if body else None
    except (ValueError, RecursionError):
        return None


def _reason(status: int, told: Any) -> str:
    """The name of a problem, or the status where it has none."""
    kind = told.get("type") if isinstance(told, dict) else None
    name = kind.removeprefix(PROBLEM_TYPE) if isinstance(kind, str) else WITHOUT_NAME
    return str(status) if name == WITHOUT_NAME else plain(name)
