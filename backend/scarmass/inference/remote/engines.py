"""What a replica holds: the engines of the weights that were asked for last, and what they answer."""

import logging
import re
import tempfile
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from hashlib import sha256 as sha256_hash
from pathlib import Path
from typing import cast

from scarmass.domain.errors import Fact, MessageInvalid, ModelsUnavailable, WeightsInvalid
from scarmass.domain.promotion import ModelKind
from scarmass.domain.protocols import Detector, Model, Segmenter
from scarmass.inference.remote import messages
from scarmass.inference.remote.messages import VERSION, Message, Task
from scarmass.inference.weights.catalog import read_catalog
from scarmass.inference.weights.load import sha256_of

log = logging.getLogger(__name__)

KEPT_OF_A_KIND = 2
"""Engines: of what serves, and of what served before, as that finishes what was begun with it."""

SHA256 = re.compile(r"[0-9a-f]{64}")

Engine = Detector | Segmenter
OpenEngine = Callable[[ModelKind, Path], Engine]
"""Loads a file of weights. Raises WeightsMissing, WeightsInvalid."""


class WeightsLacking(Exception):
    """No file of these weights is here: whoever asked may send it."""


class Engines:
    """Safe to use from many threads; engines of one kind are opened one after the other.

    shipped: the folder of weights that come with the application, and their catalog. kept: where weights that were sent
    are written to. fetch: the bytes of weights that were sent to another replica, None where no one has them. opened:
    is told which weights somebody had opened to serve.
    """

    def __init__(
        self,
        open_engine: OpenEngine,
        shipped: Path,
        kept: Path,
        fetch: Callable[[str], bytes | None] = lambda _: None,
        opened: Callable[[ModelKind, str], None] = lambda kind, sha256: None,
    ) -> None:
        self._open_engine, self._shipped, self._kept = open_engine, shipped, kept
        self._fetch, self._opened = fetch, opened
        self._engines: dict[ModelKind, OrderedDict[str, Engine]] = {kind: OrderedDict() for kind in ModelKind}
        self._guard = threading.Lock()
        self._opening = {kind: threading.Lock() for kind in ModelKind}
        self._forgotten = 0

    def answer_packed(self, packed: bytes) -> bytes:
        """The answer to a packed message, packed; or the fact that there is none."""
        try:
            return self.answer(Message.unpack(packed)).pack()
        except WeightsLacking:
            return Message({"lacks_weights": True}).pack()
        except Fact as fact:
            return Message({"fact": type(fact).__name__, "why": str(fact)}).pack()
        except Exception:
            log.exception("a model failed")
            return Message({"failed": True}).pack()

    def answer(self, message: Message) -> Message:
        """Raises WeightsLacking, MessageInvalid, ModelsUnavailable, and what engines raise."""
        if (theirs := message.about.get("version")) != VERSION:
            raise ModelsUnavailable(f"the models are of version {VERSION}, the server of {theirs}")
        forgotten = self._forgotten
        try:
            with _understood():
                task, kind = Task(message.about["task"]), ModelKind(message.about["kind"])
                sha256, serves = str(message.about["sha256"]), bool(message.about.get("serves"))
            engine = self.engine(kind, sha256)
            if serves:
                self._opened(kind, sha256)
            if kind is ModelKind.DETECTOR:
                return self._of_detector(cast(Detector, engine), task, message)
            return self._of_segmenter(cast(Segmenter, engine), task, message)
        finally:
            if forgotten != self._forgotten:  # it may have kept something of what was deleted meanwhile
                self._drop()

    def engine(self, kind: ModelKind, sha256: str) -> Engine:
        """The engine of these weights, opened where it is not. Raises WeightsLacking, WeightsInvalid."""
        if (held := self._held(kind, sha256)) is not None:
            return held
        with self._opening[kind]:  # others go on with what is held
            if (held := self._held(kind, sha256)) is not None:
                return held
            engine = self._open_engine(kind, self._file(sha256))
            log.warning("%s is ready as %s", engine.model.name, kind)
            with self._guard:
                self._engines[kind][sha256] = engine
                while len(self._engines[kind]) > KEPT_OF_A_KIND:
                    self._engines[kind].popitem(last=False)
            return engine

    def _held(self, kind: ModelKind, sha256: str) -> Engine | None:
        with self._guard:
            if sha256 in self._engines[kind]:
                self._engines[kind].move_to_end(sha256)
            return self._engines[kind].get(sha256)

    def take_weights(self, sha256: str, content: bytes) -> None:
        """Keep a file of weights. Raises WeightsInvalid where its bytes have another hash."""
        if not SHA256.fullmatch(sha256) or sha256_hash(content).hexdigest() != sha256:
            raise WeightsInvalid(f"weights that were sent have not the hash {sha256[:12]}...")
        self._kept.mkdir(parents=True, exist_ok=True)
        path = self._kept / f"{sha256}.safetensors"
        with tempfile.TemporaryDirectory(dir=self._kept) as partial:
            (Path(partial) / path.name).write_bytes(content)
            (Path(partial) / path.name).replace(path)

    def models(self) -> dict[ModelKind, list[Model]]:
        """Those whose engines are open, the one asked for last at the end."""
        return {kind: [engine.model for engine in list(engines.values())] for kind, engines in self._engines.items()}

    def forget(self) -> None:
        """Drop all that is remembered of slices, also what is being worked out now."""
        self._forgotten += 1
        self._drop()

    def _drop(self) -> None:
        for engine in list(self._engines[ModelKind.SEGMENTER].values()):
            cast(Segmenter, engine).forget()

    def _file(self, sha256: str) -> Path:
        """Raises WeightsLacking, WeightsInvalid."""
        if not SHA256.fullmatch(sha256):
            raise MessageInvalid("weights are named by their sha256")
        catalog = read_catalog(self._shipped).values()
        shipped = [self._shipped / entry.file for entry in catalog if entry.sha256 == sha256]
        for path in (*shipped, self._kept / f"{sha256}.safetensors"):
            if path.is_file() and sha256_of(path) == sha256:
                return path
        if (content := self._fetch(sha256)) is None:
            raise WeightsLacking(sha256)
        self.take_weights(sha256, content)
        return self._kept / f"{sha256}.safetensors"

    def _of_detector(self, detector: Detector, task: Task, message: Message) -> Message:
        if task is Task.OPEN:
            return Message()
        with _understood():
            image, region = messages.image_of(message), messages.region_of(message)
        (found,) = detector.detect([image], region)
        return messages.boxes_message(found)

    def _of_segmenter(self, segmenter: Segmenter, task: Task, message: Message) -> Message:
        if task is Task.OPEN:
            about = {
                "is_structure_conditioned": segmenter.is_structure_conditioned,
                "device_and_precision": segmenter.device_and_precision,
            }
            return Message(about)
        with _understood():
            image, region, box = messages.image_of(message), messages.region_of(message), messages.box_of(message)
            prompt = messages.prompt_of(message) if task is Task.SEGMENT else None
        if task is Task.EMBED:
            segmenter.embed(image, region)
            return Message()
        if prompt is None:
            return messages.outline_message(segmenter.outline_ventricle(image, region, box))
        return messages.segmentation_message(segmenter.segment(image, region, prompt))


@contextmanager
def _understood() -> Iterator[None]:
    """Raises MessageInvalid where what is read in the block is not as it should be."""
    try:
        yield
    except (KeyError, TypeError, ValueError) as error:
        raise MessageInvalid(f"server and replica do not understand each other: {error!r}") from error
