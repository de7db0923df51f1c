"""The replicas as the server asks them: over HTTP, at the one address that Ray Serve answers at.

No part of Ray is in this process: it would end it where the cluster is away for a minute.
"""

import logging
import threading
import time
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import requests
from requests.adapters import HTTPAdapter

from scarmass.domain import errors
from scarmass.domain.errors import Fact, MessageInvalid, ModelsBusy, ModelsUnavailable
from scarmass.domain.promotion import ModelKind
from scarmass.domain.protocols import Model
from scarmass.inference.remote.messages import VERSION, Message, Task
from scarmass.inference.remote.tokens import token_of_requests

log = logging.getLogger(__name__)

CONNECT_S, READ_S = 3.0, 60.0
READY_S, ANSWER_S = (1.0, 1.5), 2.0
TRIES = 2
"""A replica that dies takes its requests with it: another one is asked once."""
PAUSE_S = 0.2
FIRST_PAUSE_S, LONGEST_PAUSE_S = 1.0, 15.0
"""Before replicas that could not be told to forget are told again: doubled each time."""
CONNECTIONS = 64
STACK_HEADER = "serve-multiplexed-model-id"
"""Ray Serve's, with hyphens: proxies drop names with underscores."""
STACKS, PLACED_S = 4096, 0.3
"""Stacks that are known to have a replica, and how long it takes Ray Serve to hear of a new one (at most 0.1 s)."""
BUSY = b"backpressure"
"""Ray Serve says so in an answer of status 503 where too many requests wait."""


class ModelFailed(Exception):
    """A model met what it should not, in a replica whose log says what."""


@dataclass(frozen=True)
class WeightsFile:
    """The weights that a request is to be answered with, and where they lie here."""

    kind: ModelKind
    model: Model
    path: Path


class Replicas:
    """Safe to use from many threads.

    address: ray://host:port, or https://host where something stands before Ray Serve that it has no certificate for.
    secret: what servers and replicas share.
    """

    def __init__(self, address: str, secret: str) -> None:
        self.address = address
        self._url = address.replace("ray://", "http://", 1).rstrip("/")
        self._session = requests.Session()
        self._session.trust_env = False
        self._session.mount(self._url, HTTPAdapter(pool_connections=1, pool_maxsize=CONNECTIONS))
        self._session.headers["Authorization"] = f"Bearer {token_of_requests(secret)}"
        self._stacks: OrderedDict[str, threading.Event] = OrderedDict()
        self._forgotten = 0
        self._forgetting = threading.Event()
        self._guard = threading.Lock()
        self._asking, self._answers, self._answered_until = threading.Lock(), False, 0.0
        self._forgetter: threading.Thread | None = None

    def ask(self, message: Message, weights: WeightsFile, stack: str = "") -> Message:
        """The answer of a replica: of the one that holds what it knows of the stack, where one does.

        Raises ModelsBusy, ModelsUnavailable, ModelFailed, and the facts that engines raise.
        """
        forgotten = self._forgotten
        of = {"version": VERSION, "kind": weights.kind, "sha256": weights.model.sha256}
        named = Message({**message.about, **of}, message.arrays).pack()
        try:
            with self._in_turn(stack):
                answer = self._post("", named, stack)
                if answer.about.get("lacks_weights"):
                    self._post(f"{Task.WEIGHTS}/{weights.model.sha256}", weights.path.read_bytes())
                    answer = self._post("", named, stack)
            if answer.about.get("lacks_weights"):
                raise ModelsUnavailable(f"the replicas do not keep the weights of {weights.model.name}")
            return answer
        finally:
            if forgotten != self._forgotten:  # it may have brought what was deleted meanwhile
                self._forgetting.set()

    @contextmanager
    def _in_turn(self, stack: str) -> Iterator[None]:
        """Let the first request of a stack go alone: those that follow it go where it went."""
        with self._guard:
            is_first = bool(stack) and stack not in self._stacks
            placed = self._stacks.setdefault(stack, threading.Event())
            if len(self._stacks) > STACKS:
                self._stacks.popitem(last=False)
        if stack and not is_first:
            placed.wait(READ_S)
        try:
            yield
        finally:
            if is_first:
                threading.Timer(PLACED_S, placed.set).start()

    def answer(self) -> bool:
        """Whether a replica answered at once when it was asked last, at most ANSWER_S ago: anybody may ask us."""
        with self._asking:
            if time.monotonic() > self._answered_until:
                self._answers = self._is_answering()
                self._answered_until = time.monotonic() + ANSWER_S
            return self._answers

    def _is_answering(self) -> bool:
        try:
            self._post(Task.READY, timeout_s=READY_S)
        except (Fact, ModelFailed):
            return False
        return True

    def forget(self) -> None:
        """Have every replica drop what it remembers of slices: soon, and for as long as they cannot be told again."""
        with self._guard:
            self._forgotten += 1
            self._forgetting.set()
            if self._forgetter is None:
                self._forgetter = threading.Thread(target=self._keep_forgetting, name="forgetting", daemon=True)
                self._forgetter.start()

    def _keep_forgetting(self) -> None:
        pause_s = FIRST_PAUSE_S
        while self._forgetting.wait():
            self._forgetting.clear()
            try:
                self._post(Task.FORGET)
                pause_s = FIRST_PAUSE_S
            except Exception as error:  # whatever it met: what was deleted is told until it is known
                if pause_s == FIRST_PAUSE_S:
                    log.warning("replicas are still to forget what was deleted: %s", error)
                self._forgetting.set()
                time.sleep(pause_s)
                pause_s = min(2 * pause_s, LONGEST_PAUSE_S)

    def _post(
        self, path: str, body: bytes = b"", stack: str = "", timeout_s: tuple[float, float] = (CONNECT_S, READ_S)
    ) -> Message:
        """Raises ModelsBusy, ModelsUnavailable, MessageInvalid, ModelFailed, and facts of the replica."""
        for attempt in range(1, TRIES + 1):
            try:
                response = self._session.post(
                    f"{self._url}/{path}",
                    data=body,
                    headers={STACK_HEADER: stack} if stack else None,
                    timeout=timeout_s,
                    allow_redirects=False,
                )
            except requests.Timeout as error:
                raise ModelsUnavailable(f"the models at {self.address} do not answer in time") from error
            except requests.RequestException as error:
                if attempt == TRIES:
                    raise ModelsUnavailable(f"the models at {self.address} cannot be reached") from error
            else:
                if response.status_code == 200:
                    return _answer(response.content)
                if response.status_code == 503 and BUSY in response.content:
                    raise ModelsBusy("so many wait for the models that no more are taken: ask again")
                if response.status_code < 500:
                    raise MessageInvalid(f"{self.address} answered {response.status_code}: it is not asked for models")
            time.sleep(PAUSE_S)
        raise ModelsUnavailable(f"the models at {self.address} do not work")


def _answer(packed: bytes) -> Message:
    answer = Message.unpack(packed)
    if name := answer.about.get("fact"):
        kind = getattr(errors, str(name), None)
        if isinstance(kind, type) and issubclass(kind, Fact):
            raise kind(str(answer.about.get("why", "")))
        raise ModelFailed(f"a replica answered {name}")
    if answer.about.get("failed"):
        raise ModelFailed("a model failed on another machine, whose log says why")
    return answer
