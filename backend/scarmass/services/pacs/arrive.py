"""What came over the network is taken in by the rules, and prepared once its study is quiet."""

import logging
import time
import uuid
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import BinaryIO

from sqlalchemy.orm import Session

from scarmass.domain.audit import Action, Event, Named, Outcome, Subject
from scarmass.domain.errors import Away, ClientIdReused, ObjectRefused, StackNotFound, StorageFull
from scarmass.domain.pacs import DimsePeer
from scarmass.domain.pacs_rules import Arriving, accepted, prepare_rule
from scarmass.domain.study_groups import GENERAL, Filing
from scarmass.domain.transfers import Arrival, RefusedObject
from scarmass.imaging.announced import Announced, announced
from scarmass.imaging.archive import Refused
from scarmass.services.context import Context
from scarmass.services.intake import take_in
from scarmass.services.pacs.commit import take_note
from scarmass.services.readings.open import open_reading
from scarmass.storage import arrivals, audit, readings, studies
from scarmass.storage.spool import Spool, Waiting
from scarmass.storage.subjects import subjects_of

log = logging.getLogger(__name__)

BATCH = 200
GATHER_S = 1.0
"""So long objects wait for those beside them: a study's stacks are formed anew with each batch."""
GIVES_WAY_S = 0.5
"""So long an object waits for an edit that is being answered: a reader's click goes first."""
NOTE_RETRY_S = 60.0
NOTE_KEPT_S = 24 * 3600.0
OBJECT_RETRY_S, MOST_TRIES = 10.0, 3
"""Of an object that could not be read through: all its tries begin before its study is quiet, by the usual rule."""
ON_ARRIVAL = "on arrival"
"""Who opens the readings that are prepared before anyone opens them."""
UNEXPECTED = "an unexpected error, of which the server's log tells more; it is set aside"


@dataclass(frozen=True)
class _Object:
    waiting: Waiting
    head: Announced
    name: str


class Arrivals:
    """Takes from a spool, for one thread at a time; of several processes, one takes."""

    def __init__(self, context: Context, spool: Spool) -> None:
        self._context, self._spool = context, spool
        self._due_at: dict[str, float] = {}
        self._tries: Counter[str] = Counter()

    def work(self, gather_s: float = GATHER_S) -> bool:
        """Take in what waits longer than gather_s and prepare what is quiet; answers whether there may be more.

        Raises Away, StorageFull: everything waits as before.
        """
        with self._spool.taking() as is_ours:
            if not is_ours:
                return False
            batch = list(islice(self._due(), BATCH))
            if len(batch) < BATCH and batch and time.time() - batch[0].put_at < gather_s:
                return False
            self._take_in([one for one in batch if not one.is_note])
            for note in (one for one in batch if one.is_note):
                self._take_note(note)
            prepare_quiet(self._context)
            return len(batch) == BATCH

    def _due(self) -> Iterator[Waiting]:
        now = time.monotonic()
        for one in self._spool.waiting():
            if now >= self._due_at.get(one.path.name, now):
                yield one

    def _take_note(self, note: Waiting) -> None:
        is_dealt_with = False
        try:
            is_dealt_with = take_note(self._context, note.source, *note.note())
        except Away:
            raise
        except Exception:
            log.exception("a note from the network could not be dealt with")
            self._spool.set_aside(note)
            return
        if is_dealt_with or time.time() - note.put_at > NOTE_KEPT_S:
            self._due_at.pop(note.path.name, None)
            self._spool.remove(note)
        else:
            self._due_at[note.path.name] = time.monotonic() + NOTE_RETRY_S

    def _take_in(self, waiting: Sequence[Waiting]) -> None:
        by_source: dict[str, list[_Object]] = defaultdict(list)
        for one in waiting:
            by_source[one.source].append(self._named(one))
        for source, objects in by_source.items():
            self._take_in_from(source, objects)

    def _named(self, one: Waiting) -> _Object:
        self._context.precedence.give_way(GIVES_WAY_S)
        head = announced(one.path)
        is_named = head.sop_instance_uid and self._context.examiners.pseudonyms is None
        return _Object(one, head, head.sop_instance_uid if is_named else f"object {one.path.name[31:39]}")

    def _take_in_from(self, source: str, objects: Sequence[_Object]) -> None:
        """Stored before it is recorded, recorded before it leaves the spool: each may happen again, and changes
        nothing.

        What could not be read through waits, and is set aside in the end: its sender was told that it is stored. Where
        objects are de-identified none is kept.
        """
        rules = self._context.network.rules
        decided = [(one, accepted(rules, _arriving(one.head, source))) for one in objects]
        refused = {one.name: decision.reason for one, decision in decided if not decision.is_accepted}
        wanted = [one for one, decision in decided if decision.is_accepted]
        stored, rejected = self._stored(wanted, source)
        refused |= {one.name: one.reason for one in rejected}
        may_pass = {one.name for one in rejected if one.may_pass}
        ended = [one for one in objects if one.name not in may_pass or not self._is_put_off(one.waiting.path.name)]
        by_study: dict[str, list[RefusedObject]] = {uid: [] for uid in stored}
        for one in ended:
            if one.name in refused:
                uid = "" if self._context.examiners.pseudonyms is not None else one.head.study_instance_uid
                by_study.setdefault(uid, []).append(RefusedObject(one.name, refused[one.name]))
        with self._context.database.transaction() as session:
            for uid in sorted(by_study):
                arrivals.record(session, uid, source, by_study[uid], has_stored=uid in stored)
            self._record(session, source, stored, {uid: len(by_study[uid]) for uid in sorted(by_study)})
        for one in ended:
            if one.name in may_pass and self._context.examiners.pseudonyms is None:
                self._spool.set_aside(one.waiting)
            else:
                self._spool.remove(one.waiting)
            self._due_at.pop(one.waiting.path.name, None)
            self._tries.pop(one.waiting.path.name, None)

    def _is_put_off(self, name: str) -> bool:
        """Whether one that could not be read through is to be tried again."""
        self._tries[name] += 1
        self._due_at[name] = time.monotonic() + OBJECT_RETRY_S
        return self._tries[name] < MOST_TRIES

    def _record(self, session: Session, source: str, stored: Mapping[str, Subject], came: Mapping[str, int]) -> None:
        """In the audit trail. stored: studies of which something is. came: of each study how many were refused."""
        peer = self._context.network.peer_calling(source)
        address = peer.host if isinstance(peer, DimsePeer) else ""
        others = [uid for uid in came if uid and uid not in stored]
        known = {one.study_instance_uid: one for one in subjects_of(session, Named.STUDY, others)}
        audit.append(
            session,
            [
                Event(
                    Action.IMPORT,
                    source,
                    address=address,
                    subject=stored.get(uid) or known.get(uid, Subject()),
                    outcome=Outcome.SUCCESS if uid in stored else Outcome.REFUSED,
                    reason="" if uid in stored else ObjectRefused.__name__,
                    about={"over": "network", "refused": str(refused)},
                )
                for uid, refused in came.items()
            ],
        )

    def _stored(self, objects: Sequence[_Object], source: str) -> tuple[dict[str, Subject], list[Refused]]:
        """Whose studies are stored now, by their UIDs, and why the others are not."""
        if not objects:
            return {}, []
        context = self._context
        try:
            opened, filed = _opened(context, objects), Filing(context.study_group_of.get(source, GENERAL))
            intake = take_in(context.database, context.files, opened, examiners=context.examiners, filed=filed)
        except (Away, StorageFull):
            raise
        except Exception:
            log.exception("objects from the network could not be taken in")
            return self._one_by_one(objects, source)
        kept = {one.study_instance_uid: Subject(one.patient_id, one.study_instance_uid) for one in intake.kept}
        return kept, intake.rejected

    def _one_by_one(self, objects: Sequence[_Object], source: str) -> tuple[dict[str, Subject], list[Refused]]:
        """One that nothing can be made of must not keep the others waiting for ever."""
        if len(objects) == 1:
            self._spool.set_aside(objects[0].waiting)
            return {}, [Refused(objects[0].name, UNEXPECTED)]
        stored: dict[str, Subject] = {}
        refused: list[Refused] = []
        for one in objects:
            more, rejected = self._stored([one], source)
            stored |= more
            refused += rejected
        return stored, refused


def prepare_quiet(context: Context) -> None:
    """Open readings of the LGE stacks of studies that are quiet, which queues their preparing."""
    with context.database.transaction() as session:
        found = arrivals.coming(session)
    for coming in found:
        _prepare(context, coming)


def _prepare(context: Context, coming: arrivals.Coming) -> None:
    uid = coming.study_instance_uid
    with context.database.transaction() as session:
        study = studies.get_study(session, uid)
    rule = prepare_rule(
        context.network.rules,
        [
            Arriving("MR", study.header.study_description, stack.description, source)
            for stack in study.stacks
            for source in coming.sources
        ],
    )
    if rule is not None and coming.quiet_for < rule.quiet_seconds:
        return
    because = "no rule prepares it" if rule is None else f"the rule “{rule.name}”"
    opened = 0 if rule is None else sum(_open(context, stack.stack_id) for stack in study.stacks if stack.is_lge)
    with context.database.transaction() as session:
        arrivals.set_prepared(session, uid, opened, because)


def _open(context: Context, stack_id: str) -> bool:
    """The stack's reading, where it has none; answers whether it is new."""
    with context.database.transaction() as session:
        if readings.all_of_stack(session, stack_id):
            return False
    try:
        client_id = uuid.uuid5(uuid.NAMESPACE_OID, stack_id)
        return open_reading(context, stack_id, client_id, ON_ARRIVAL)[1]
    except (StackNotFound, ClientIdReused):  # an upload formed the stacks anew, or opened it before us
        return False


def page_of_arrivals(context: Context, limit: int, before: int | None) -> list[Arrival]:
    """Those that began to come last first."""
    with context.database.transaction() as session:
        return arrivals.page(session, limit, before)


def _arriving(head: Announced, source: str) -> Arriving:
    return Arriving(head.modality, head.study_description, head.series_description, source)


def _opened(context: Context, objects: Sequence[_Object]) -> Iterator[tuple[str, BinaryIO]]:
    for one in objects:
        context.precedence.give_way(GIVES_WAY_S)
        with one.waiting.path.open("rb") as stream:
            yield one.name, stream
