"""Each to their share: how often a person, or the clients at one address, may ask, and for how much at once."""

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from enum import StrEnum
from time import monotonic

from starlette.types import ASGIApp, Receive, Scope, Send

from scarmass.api.bounds import Share
from scarmass.api.errors import fact_answer
from scarmass.domain.errors import TooManyRequests
from scarmass.services.remembered import Remembered

REMEMBERED_NAMES = 10_000
AT_ONCE_RETRY_S = 1.0


class What(StrEnum):
    """What is counted while it lasts."""

    UPLOADS = "uploads"
    MODEL_WORK = "requests that models answer"


def address_of(scope: Scope) -> str:
    return str((scope.get("client") or ("",))[0])


def person_of(scope: Scope) -> str | None:
    """None where nobody has signed in."""
    person = scope.get("state", {}).get("person")
    return None if person is None else f"person {person.person_id}"


class Buckets:
    """A bucket for each name: full with what one may ask for at one go, and filled again by so many a second."""

    def __init__(self, per_second: float, burst: float, clock: Callable[[], float] = monotonic) -> None:
        self._per_second, self._burst, self._clock = per_second, burst, clock
        self._left: Remembered[str, tuple[float, float]] = Remembered(REMEMBERED_NAMES)

    def take(self, name: str) -> float:
        """Take one out; answers how many seconds to wait where none is left, and else 0."""
        now = self._clock()
        left, at = self._left.get(name) or (self._burst, now)
        left = min(self._burst, left + (now - at) * self._per_second)
        if left < 1:
            return (1 - left) / self._per_second
        self._left.put(name, (left - 1, now))
        return 0.0


class Shares:
    """Of everybody, by the settings. For the thread of the event loop."""

    def __init__(self, share: Share, clock: Callable[[], float] = monotonic) -> None:
        many = share.persons_per_address
        self._of_persons = Buckets(share.requests_per_second, share.burst, clock)
        self._of_addresses = Buckets(share.requests_per_second * many, share.burst * many, clock)
        self._most = {What.UPLOADS: share.uploads, What.MODEL_WORK: share.model_work}
        self._persons_per_address = many
        self._at_once: Counter[tuple[What, str]] = Counter()

    def require_request_of_address(self, scope: Scope) -> None:
        """Raises TooManyRequests."""
        _require(self._of_addresses.take(address_of(scope)))

    def require_request_of_person(self, scope: Scope) -> None:
        """Raises TooManyRequests."""
        if (person := person_of(scope)) is not None:
            _require(self._of_persons.take(person))

    @contextmanager
    def at_once(self, scope: Scope, what: What) -> Iterator[None]:
        """One more of these, while the block lasts. Raises TooManyRequests."""
        most = self._most[what]
        with ExitStack() as counted:
            counted.enter_context(self._counted(what, address_of(scope), most * self._persons_per_address))
            if (person := person_of(scope)) is not None:
                counted.enter_context(self._counted(what, person, most))
            yield

    @contextmanager
    def _counted(self, what: What, name: str, most: int) -> Iterator[None]:
        if self._at_once[what, name] >= most:
            raise TooManyRequests(f"more than {most} {what} at once: wait for the answer to one", AT_ONCE_RETRY_S)
        self._at_once[what, name] += 1
        try:
            yield
        finally:
            self._at_once[what, name] -= 1
            if not self._at_once[what, name]:
                del self._at_once[what, name]


class Sharing:
    """ASGI middleware: what is more than a share is refused before anything is done for it."""

    def __init__(self, app: ASGIApp, require: Callable[[Scope], None]) -> None:
        self.app, self.require = app, require

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            try:
                self.require(scope)
            except TooManyRequests as refused:
                await fact_answer(refused)(scope, receive, send)
                return
        await self.app(scope, receive, send)


def _require(wait_s: float) -> None:
    if wait_s > 0:
        raise TooManyRequests("too many requests in a short time: wait, and go on", wait_s)
