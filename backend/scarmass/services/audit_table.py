"""The audit trail as a table, written in pieces: however long it is, one piece is in memory."""

import csv
import io
import json
from collections.abc import Iterator
from typing import Any

from scarmass.domain.audit import Recorded, Sought
from scarmass.services.audit import page_of_events
from scarmass.services.context import Context
from scarmass.services.formulas import harmless

PIECE = 1000
COLUMNS = (
    *("number", "occurred_at", "person", "person_id", "address", "action", "outcome", "reason"),
    *("patient_id", "study_instance_uid", "about", "previous", "sha256"),
)


def to_csv(context: Context, sought: Sought) -> Iterator[str]:
    """The newest first; what is added meanwhile is not in it. Text begins no formula."""
    rows = page_of_events(context, sought, PIECE, None)
    yield _lines([COLUMNS])
    while rows:
        yield _lines([[harmless(value) for value in _cells(row)] for row in rows])
        rows = page_of_events(context, sought, PIECE, rows[-1].number) if len(rows) == PIECE else []


def _lines(rows: Any) -> str:
    out = io.StringIO()
    csv.writer(out).writerows(rows)
    return out.getvalue()


def _cells(row: Recorded) -> tuple[Any, ...]:
    event = row.event
    who = event.person, "" if event.person_id is None else str(event.person_id), event.address
    what = event.action.value, event.outcome.value, event.reason
    whose = event.subject.patient_id, event.subject.study_instance_uid
    about = json.dumps(dict(event.about), ensure_ascii=False, sort_keys=True)
    return row.number, event.occurred_at.isoformat(), *who, *what, *whose, about, row.previous, row.sha256
