"""What a replica holds, and that it says what it lacks."""

import threading
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from scarmass.domain.errors import MessageInvalid, WeightsInvalid
from scarmass.domain.promotion import ModelKind
from scarmass.domain.protocols import SliceImage
from scarmass.inference.remote import messages
from scarmass.inference.remote.engines import Engines, WeightsLacking
from scarmass.inference.remote.messages import VERSION, Message, Task
from scarmass.inference.remote.models import open_message
from scarmass.paths import WEIGHTS
from tests.inference.remote.fake_engines import TellingSegmenter, open_fake

KIND = ModelKind.SEGMENTER


@pytest.fixture
def engines(tmp_path: Path) -> Engines:
    return Engines(open_fake, WEIGHTS, tmp_path)


def taken(engines: Engines, content: bytes) -> str:
    name = sha256(content).hexdigest()
    engines.take_weights(name, content)
    return name


def embed(weights: str, key: str = "slice") -> Message:
    asked = messages.image_message(Task.EMBED, SliceImage(key, np.zeros((4, 4), np.float32), (1.0, 1.0)))
    return Message({**asked.about, "version": VERSION, "kind": KIND, "sha256": weights}, asked.arrays)


def test_the_two_weights_asked_for_last_are_held(engines: Engines) -> None:
    first, second, third = (taken(engines, content) for content in (b"1", b"2", b"3"))
    for weights in (first, second, first, third):
        engines.engine(KIND, weights)
    assert [model.sha256 for model in engines.models()[KIND]] == [first, third]


def test_weights_that_are_not_here_are_fetched_from_another_replica_and_checked(tmp_path: Path) -> None:
    right, wrong = sha256(b"right").hexdigest(), sha256(b"wrong").hexdigest()
    elsewhere = {right: b"right", wrong: b"altered"}
    engines = Engines(open_fake, WEIGHTS, tmp_path, elsewhere.get)
    assert engines.engine(KIND, right).model.sha256 == right
    with pytest.raises(WeightsInvalid):
        engines.engine(KIND, wrong)
    with pytest.raises(WeightsLacking):
        engines.engine(KIND, sha256(b"nowhere").hexdigest())


def test_weights_that_are_opened_to_be_compared_are_not_told_to_serve(tmp_path: Path) -> None:
    told: list[str] = []
    engines = Engines(open_fake, WEIGHTS, tmp_path, opened=lambda _, sha256: told.append(sha256))
    candidate, promoted = taken(engines, b"candidate"), taken(engines, b"promoted")
    for weights, serves in ((candidate, False), (promoted, True)):
        about = {**open_message(serves).about, "version": VERSION, "kind": KIND, "sha256": weights}
        engines.answer(Message(about))
    assert told == [promoted]


@pytest.mark.parametrize("name", ["", "../../etc/passwd", "0" * 63, "A" * 64])
def test_weights_are_named_by_a_hash_and_nothing_else(engines: Engines, name: str) -> None:
    with pytest.raises(MessageInvalid):
        engines.engine(KIND, name)
    with pytest.raises(WeightsInvalid):
        engines.take_weights(name, b"")


def test_what_was_being_worked_out_while_all_was_forgotten_is_not_kept(
    engines: Engines, monkeypatch: pytest.MonkeyPatch
) -> None:
    weights = taken(engines, b"a segmenter")
    segmenter = engines.engine(KIND, weights)
    assert isinstance(segmenter, TellingSegmenter)
    embeds = segmenter.embed

    def forgotten_meanwhile(*asked: object) -> None:
        engines.forget()
        embeds(*asked)  # type: ignore[arg-type]

    monkeypatch.setattr(segmenter, "embed", forgotten_meanwhile)
    engines.answer(embed(weights))
    assert segmenter.embedded == []


def test_what_is_forgotten_is_forgotten_once_more_after_what_had_begun_and_not_after_what_begins_later(
    engines: Engines, monkeypatch: pytest.MonkeyPatch
) -> None:
    weights = taken(engines, b"a segmenter")
    segmenter, forgotten = engines.engine(KIND, weights), []
    has_begun, has_ended = ([threading.Event() for _ in range(3)] for _ in range(2))

    def work(image: SliceImage, _: object) -> None:
        number = int(image.key)
        if number == 0:
            engines.forget()
        has_begun[number].set()
        assert number == 2 or has_begun[number + 1].wait(10)
        assert number == 0 or has_ended[number - 1].wait(10)

    def ask(number: int) -> None:
        engines.answer(embed(weights, str(number)))
        has_ended[number].set()

    monkeypatch.setattr(segmenter, "embed", work)
    monkeypatch.setattr(segmenter, "forget", lambda: forgotten.append(1))
    with ThreadPoolExecutor(3) as threads:
        asked = [threads.submit(ask, 0)]
        for number in (1, 2):
            assert has_begun[number - 1].wait(10)
            asked.append(threads.submit(ask, number))
        for one in asked:
            one.result()
    assert len(forgotten) == 2


def test_what_is_held_answers_while_other_weights_are_being_opened(tmp_path: Path) -> None:
    is_opening, may_open = threading.Event(), threading.Event()

    def open_slowly(kind: ModelKind, path: Path) -> Any:
        if path.read_bytes() == b"slow":
            is_opening.set()
            assert may_open.wait(10)
        return open_fake(kind, path)

    engines = Engines(open_slowly, WEIGHTS, tmp_path)
    quick, slow = taken(engines, b"quick"), sha256(b"slow").hexdigest()
    engines.take_weights(slow, b"slow")
    engines.engine(KIND, quick)
    with ThreadPoolExecutor(1) as threads:
        opening = threads.submit(engines.engine, KIND, slow)
        assert is_opening.wait(10)
        assert engines.engine(KIND, quick).model.sha256 == quick
        may_open.set()
        assert opening.result().model.sha256 == slow


def test_a_server_of_another_version_waits_for_models_of_its_own(engines: Engines) -> None:
    weights = taken(engines, b"a segmenter")
    for version in ("0.0.0", None):
        asked = Message({**embed(weights).about, "version": version}, embed(weights).arrays)
        assert Message.unpack(engines.answer_packed(asked.pack())).about["fact"] == "ModelsUnavailable"


def test_a_message_that_asks_for_nothing_known_is_told_as_such(engines: Engines) -> None:
    answer = Message.unpack(engines.answer_packed(Message({"version": VERSION, "task": "dream"}).pack()))
    assert answer.about["fact"] == "MessageInvalid"
