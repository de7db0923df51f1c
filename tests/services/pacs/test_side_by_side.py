"""Peers are sent to and fetched from side by side, each by one transfer at a time."""

import threading
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

import pytest
from sqlalchemy import text

from scarmass.domain.errors import PeerUnreachable
from scarmass.domain.pacs import Peer
from scarmass.domain.pacs_rules import Network
from scarmass.domain.transfers import Transfer, TransferState
from scarmass.services.context import Context
from scarmass.services.pacs import ask
from scarmass.worker import PEERS_AT_ONCE, Worker
from tests.fake_pacs import PACS, FakePacs
from tests.waiting import wait_until

pytestmark = pytest.mark.slow

STALLED = replace(PACS, name="STALLED", ae_title="STALLED")
STUDY = {"1.2.3": [b"no image"]}


@dataclass
class StalledPacs(FakePacs):
    """Answers nothing until answers is set. most: how many transfers waited for it at once."""

    answers: threading.Event = field(default_factory=threading.Event)
    waiting: int = 0
    most: int = 0

    def _answer(self) -> None:
        self.waiting += 1
        self.most = max(self.most, self.waiting)
        assert self.answers.wait(60)
        self.waiting -= 1
        super()._answer()


@pytest.fixture
def stalled(networked: Context, pacs: FakePacs) -> Iterator[StalledPacs]:
    """A peer that does not answer, beside the one that does."""
    peer = StalledPacs(STALLED, studies=STUDY)
    pacs.studies |= STUDY

    def client_of(one: Peer) -> FakePacs:
        return peer if one == STALLED else pacs

    networked.network, networked.client_of = Network(peers=(STALLED, PACS)), client_of
    yield peer
    peer.answers.set()


def asked(context: Context, peer: Peer) -> uuid.UUID:
    return ask.ask_fetch(context, uuid.uuid4(), peer.name, "1.2.3", "Dr Anna").id


def to(context: Context, peer: Peer) -> list[Transfer]:
    """In the order in which they were asked for."""
    return [one for one in ask.page_of_transfers(context, 50, None) if one.peer == peer.name][::-1]


def are_done(context: Context, peer: Peer) -> bool:
    return all(one.state is TransferState.DONE for one in to(context, peer))


def test_a_peer_that_does_not_answer_holds_up_itself_alone(networked: Context, stalled: StalledPacs) -> None:
    for _ in range(PEERS_AT_ONCE + 2):
        asked(networked, STALLED)
    with Worker(networked):
        wait_until(lambda: stalled.waiting)
        for _ in range(2):
            asked(networked, PACS)
        wait_until(lambda: are_done(networked, PACS))
        states = [one.state for one in to(networked, STALLED)]
        assert states == [TransferState.RUNNING, *[TransferState.WAITING] * (PEERS_AT_ONCE + 1)]
        stalled.answers.set()
        wait_until(lambda: are_done(networked, STALLED))
    assert stalled.most == 1
    finished = [one.changed_at for one in to(networked, STALLED)]
    assert finished == sorted(finished)


def test_what_waits_for_its_next_attempt_keeps_nothing_of_its_peer_waiting(
    networked: Context, stalled: StalledPacs
) -> None:
    stalled.failure = PeerUnreachable("the plug is out")
    stalled.answers.set()
    first = asked(networked, STALLED)
    with Worker(networked):
        wait_until(lambda: to(networked, STALLED)[0].next_attempt_at)
        stalled.failure = None
        asked(networked, STALLED)
        wait_until(lambda: to(networked, STALLED)[1].state is TransferState.DONE)
        assert to(networked, STALLED)[0].state is TransferState.WAITING
        with networked.database.transaction() as session:
            session.execute(text("update transfers set next_attempt_at = now() where id = :id"), {"id": first})
        wait_until(lambda: are_done(networked, STALLED))
