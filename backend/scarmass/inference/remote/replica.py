"""A replica: a process of Ray Serve that holds engines, with a GPU of its own where there is one.

What all replicas have to know together lies with an actor of Ray, which each of them listens to.
"""

import asyncio
import hmac
import logging
import threading
import time
import uuid
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import ray
from ray import serve
from ray.exceptions import RayError

from scarmass.domain.errors import Fact, MessageInvalid, ModelsUnavailable
from scarmass.domain.promotion import ModelKind
from scarmass.inference.remote.engines import Engines, OpenEngine
from scarmass.inference.remote.messages import Message, Task

log = logging.getLogger(__name__)

NAMESPACE, SHARED, DEPLOYMENT = "scarmass", "shared", "models"
STACKS = 512
"""That a replica is known to hold: a request of one of these goes to it."""
FILES_KEPT = 4
"""Files of weights that were sent, for replicas that lack them."""
BODY_BYTES = 2**30
LISTEN_S = 30.0
RETRY_S = 1.0


@dataclass(frozen=True)
class Known:
    """forgotten: another one whenever something is to be forgotten. serving: the sha256 of the weights that were opened
    to serve last."""

    forgotten: str = field(default_factory=lambda: uuid.uuid4().hex)
    serving: dict[ModelKind, str] = field(default_factory=dict)


class Shared:
    """What all replicas know. Where it is lost, and begins anew, they forget once more than they have to."""

    def __init__(self, serving: dict[ModelKind, str]) -> None:
        self._known = Known(serving=serving)
        self._files: OrderedDict[str, bytes] = OrderedDict()
        self._changed = asyncio.Condition()

    async def forget(self) -> None:
        await self._change(replace(self._known, forgotten=uuid.uuid4().hex))

    async def opened(self, kind: ModelKind, sha256: str) -> None:
        await self._change(replace(self._known, serving={**self._known.serving, kind: sha256}))

    async def known(self, before: Known | None = None) -> Known:
        """What is known, once it is something else than before, or after a while."""
        async with self._changed:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._changed.wait_for(lambda: self._known != before), LISTEN_S)
            return self._known

    async def put_file(self, sha256: str, content: bytes) -> None:
        self._files[sha256] = content
        while len(self._files) > FILES_KEPT:
            self._files.popitem(last=False)

    async def file(self, sha256: str) -> bytes | None:
        return self._files.get(sha256)

    async def _change(self, known: Known) -> None:
        async with self._changed:
            self._known = known
            self._changed.notify_all()


def shared(serving: dict[ModelKind, str]) -> Any:
    """The actor that Shared is; made where there is none. It is begun anew where its machine is lost."""
    actor = ray.remote(Shared).options(
        name=SHARED,
        namespace=NAMESPACE,
        lifetime="detached",
        get_if_exists=True,
        num_cpus=0,
        max_restarts=-1,
        max_task_retries=3,
        max_concurrency=1000,
    )
    return actor.remote(serving)


@dataclass(frozen=True)
class Holding:
    """How replicas hold models.

    shipped, kept: as Engines have them. token: of requests. serving: the sha256 of weights that are opened before any
    are asked for. at_once: requests that one replica answers in threads.
    """

    open_engine: OpenEngine
    shipped: Path
    kept: Callable[[], Path]
    token: str = field(repr=False)
    serving: dict[ModelKind, str]
    at_once: int = 8


class Replica:
    """Answers requests over HTTP: the body is a message, and so is the answer, whatever it says."""

    def __init__(self, holding: Holding) -> None:
        self._token, self._shared = holding.token, shared(holding.serving)
        self._engines = Engines(
            holding.open_engine,
            holding.shipped,
            holding.kept(),
            lambda sha256: told(self._shared.file.remote(sha256)),
            lambda kind, sha256: told(self._shared.opened.remote(kind, sha256)),
        )
        self._threads = ThreadPoolExecutor(holding.at_once)
        self._known: Known = ray.get(self._shared.known.remote())
        self._open_serving()
        threading.Thread(target=self._listen, name="listening", daemon=True).start()

    @serve.multiplexed(max_num_models_per_replica=STACKS)
    async def hold(self, stack: str) -> str:
        """By this Ray Serve knows that requests of the stack are best sent here."""
        return stack

    async def __call__(self, request: Any) -> bytes:
        given = request.headers.get("authorization", "")
        if not hmac.compare_digest(given.encode(), f"Bearer {self._token}".encode()):
            return _refusal(ModelsUnavailable("the replicas have another SCARMASS_MODELS_TOKEN"))
        length = request.headers.get("content-length", "")
        if not length.isdecimal() or int(length) > BODY_BYTES:
            return _refusal(MessageInvalid("the message is too long, or does not say how long it is"))
        if stack := serve.get_multiplexed_model_id():
            await self.hold(stack)  # type: ignore[operator]
        task, _, about = request.url.path.strip("/").partition("/")
        body = await request.body()
        return await asyncio.get_running_loop().run_in_executor(self._threads, self._answer, task, about, body)

    def _answer(self, task: str, about: str, body: bytes) -> bytes:
        if task == Task.FORGET:
            self._engines.forget()
            ray.get(self._shared.forget.remote())
        elif task == Task.WEIGHTS:
            try:
                self._engines.take_weights(about, body)
            except Fact as fact:
                return _refusal(fact)
            ray.get(self._shared.put_file.remote(about, body))
        elif not task:
            return self._engines.answer_packed(body)
        return Message().pack()

    def _listen(self) -> None:
        while True:
            try:
                known: Known = ray.get(self._shared.known.remote(self._known))
            except Exception:
                log.exception("a replica cannot hear what is to be forgotten, trying again")
                time.sleep(RETRY_S)
                continue
            before, self._known = self._known, known
            if known.forgotten != before.forgotten:
                self._engines.forget()
            if known.serving != before.serving:
                self._threads.submit(self._open_serving)

    def _open_serving(self) -> None:
        """So that no click waits for weights that another replica has opened."""
        for kind, sha256 in self._known.serving.items():
            try:
                self._engines.engine(kind, sha256)
            except Exception:
                log.exception("weights that serve could not be opened ahead")


def told(asked: Any) -> Any:
    """The answer of what all replicas share. Raises ModelsUnavailable where it is being begun anew."""
    try:
        return ray.get(asked)
    except RayError as error:
        raise ModelsUnavailable("the replicas' common knowledge is being begun anew") from error


def application(holding: Holding, replicas: int, waiting: int, processors: float, gpus: float) -> serve.Application:
    """What Ray Serve runs. waiting: requests that wait before more are refused. processors, gpus: of each replica."""
    deployment = serve.deployment(
        name=DEPLOYMENT,
        num_replicas=replicas,
        max_ongoing_requests=holding.at_once,
        max_queued_requests=waiting,
        ray_actor_options={"num_cpus": processors, "num_gpus": gpus},
        health_check_period_s=5,
        logging_config={"enable_access_log": False, "log_level": "WARNING"},
    )
    return deployment(Replica).bind(holding)


def _refusal(fact: Fact) -> bytes:
    return Message({"fact": type(fact).__name__, "why": str(fact)}).pack()
