"""What is asked again and again is recorded once in a while."""

from dataclasses import replace

import pytest

from scarmass.domain.audit import Action, Event, Outcome, Subject
from scarmass.services import audit_folding
from scarmass.services.audit_folding import FOLDED_S, Folding

OPENED = Event(Action.OPEN, "Dr Anna", address="10.0.0.1", subject=Subject("P1", "1.2"))


def test_the_same_is_known_for_a_while() -> None:
    now = 1000.0
    folding = Folding(lambda: now)
    assert not folding.is_known(OPENED)
    folding.note(OPENED)
    assert folding.is_known(replace(OPENED, about={"route": "another"}))
    now += FOLDED_S
    assert not folding.is_known(OPENED)


@pytest.mark.parametrize(
    "change",
    [
        {"person": "Dr Bert"},
        {"address": "10.0.0.2"},
        {"action": Action.EXPORT},
        {"subject": Subject("P1", "1.3")},
        {"outcome": Outcome.REFUSED},
        {"reason": "NotAllowed"},
    ],
)
def test_anything_else_is_not(change: dict) -> None:
    folding = Folding()
    folding.note(OPENED)
    assert not folding.is_known(replace(OPENED, **change))


def test_what_is_remembered_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audit_folding, "MOST", 2)
    folding = Folding()
    of = [replace(OPENED, person=str(number)) for number in range(3)]
    for event in of:
        folding.note(event)
    assert [folding.is_known(event) for event in of] == [False, True, True]
