"""The audit trail searched, and taken away as a table."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query
from fastapi.responses import StreamingResponse
from pydantic import AwareDatetime

from scarmass.api.dependencies import CanAdminister, InContext
from scarmass.api.schemas.audit import AuditEvent, AuditEvents, AuditReceiver
from scarmass.domain.audit import Action, Outcome, Sought
from scarmass.services.audit import delivered, page_of_events
from scarmass.services.audit_table import to_csv

router = APIRouter(prefix="/api/v1/audit", tags=["audit"])

Text = Annotated[str, Query(max_length=128, pattern=r"^[^\x00-\x1f\x7f]*$")]


def _sought(
    action: Annotated[list[Action], Query(default_factory=list, max_length=len(Action))],
    person: Text = "",
    outcome: Outcome | None = None,
    patient_id: Text = "",
    study_instance_uid: Text = "",
    since: AwareDatetime | None = None,
    until: AwareDatetime | None = None,
) -> Sought:
    return Sought(person, tuple(action), outcome, patient_id, study_instance_uid, since, until)


Asked = Annotated[Sought, Depends(_sought)]


@router.get("")
def list_events(
    _: CanAdminister,
    context: InContext,
    sought: Asked,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
    cursor: Annotated[int | None, Query(ge=1, le=2**63 - 1)] = None,
) -> AuditEvents:
    """Who did what, with whose data, from where, and what came of it. person: a part of the name."""
    found = page_of_events(context, sought, limit + 1, cursor)
    page, more = found[:limit], len(found) > limit
    to = context.audit_receiver
    return AuditEvents(
        events=[AuditEvent.of(row) for row in page],
        next_cursor=page[-1].number if more else None,
        receiver=None if to is None else AuditReceiver.of(to.name, delivered(context, to.name)),
    )


@router.get("/export", response_class=StreamingResponse, responses={200: {"content": {"text/csv": {}}}})
def export_events(_: CanAdminister, context: InContext, sought: Asked) -> StreamingResponse:
    """All that is sought as CSV, the newest first; text that a spreadsheet would run as a formula is quoted."""
    named = {"Content-Disposition": 'attachment; filename="audit-trail.csv"'}
    return StreamingResponse(to_csv(context, sought), media_type="text/csv; charset=utf-8", headers=named)
