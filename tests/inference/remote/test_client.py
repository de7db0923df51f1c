"""What a server keeps of replicas, and tells them."""

import pytest

from scarmass.domain.errors import MessageInvalid, ModelsUnavailable
from scarmass.inference.remote import client
from scarmass.inference.remote.client import Replicas
from scarmass.inference.remote.messages import Message, Task
from scarmass.inference.remote.tokens import token_of_cluster, token_of_requests
from tests.waiting import wait_until


def replicas_that_answer(monkeypatch: pytest.MonkeyPatch, *answers: Message | Exception) -> tuple[Replicas, list[str]]:
    """Replicas, and what they were posted; the last answer stays."""
    replicas, posted = Replicas("ray://127.0.0.1:9", "a secret"), []

    def post(path: str, *_: object, **__: object) -> Message:
        posted.append(path)
        answer = answers[min(len(posted), len(answers)) - 1]
        if isinstance(answer, Exception):
            raise answer
        return answer

    monkeypatch.setattr(replicas, "_post", post)
    return replicas, posted


def test_what_is_deleted_is_told_until_it_is_taken_whatever_is_answered_meanwhile(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(client, "FIRST_PAUSE_S", 0.01)
    odd = [ModelsUnavailable("away"), MessageInvalid("a page of a proxy"), RuntimeError("whatever")]
    replicas, posted = replicas_that_answer(monkeypatch, *odd, Message())
    replicas.forget()
    wait_until(lambda: len(posted) == 4)
    assert set(posted) == {Task.FORGET}


def test_whether_models_answer_is_asked_once_however_many_want_to_know(monkeypatch: pytest.MonkeyPatch) -> None:
    replicas, posted = replicas_that_answer(monkeypatch, Message())
    assert [replicas.answer() for _ in range(5)] == [True] * 5
    assert posted == [Task.READY]
    away, _ = replicas_that_answer(monkeypatch, MessageInvalid("a page of a proxy"))
    assert not away.answer()


def test_what_goes_with_each_request_neither_is_the_secret_nor_opens_the_cluster() -> None:
    tokens = {token_of_requests("a secret"), token_of_cluster("a secret"), "a secret"}
    assert len(tokens) == 3
    assert token_of_requests("a secret") != token_of_requests("another")
