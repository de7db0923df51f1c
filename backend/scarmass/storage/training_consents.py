"""Consent to training: who said what of a study, in rows that are only ever added, and what was said last."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session, lazyload

from scarmass.domain.errors import StudyNotFound
from scarmass.domain.training_consent import ConsentState, TrainingConsent
from scarmass.storage.documents import Json
from scarmass.storage.tables import StudyChangeRow, StudyRow


def set_training_consent(session: Session, study_instance_uid: str, author: str, state: ConsentState) -> None:
    """Note whether a study may be trained on, and who said so; said again, it stays as it was said first.

    Raises StudyNotFound, ConsentWithdrawn.
    """
    row = session.get(StudyRow, study_instance_uid, options=[lazyload(StudyRow.stacks)], with_for_update=True)
    if row is None:
        raise StudyNotFound("no such study")
    before = consent_from_json(row.training_consent)
    before.require_may_become(state)
    if before.state is state:
        return
    change = StudyChangeRow(
        study_instance_uid=study_instance_uid, author=author, change={"training_consent": state.value}
    )
    session.add(change)
    session.flush()
    row.training_consent = {"state": state.value, "author": author, "at": change.created_at.isoformat()}
    session.flush()


def consented_studies(session: Session) -> list[str]:
    """UIDs of the studies on the worklist that may be trained on, in their order."""
    query = select(StudyRow.study_instance_uid).where(StudyRow.is_removed.is_(False))
    query = query.where(StudyRow.training_consent["state"].astext == ConsentState.GIVEN.value)
    return list(session.scalars(query.order_by(StudyRow.study_instance_uid)))


def consent_from_json(said: Json | None) -> TrainingConsent:
    if said is None:
        return TrainingConsent()
    return TrainingConsent(ConsentState(said["state"]), said["author"], datetime.fromisoformat(said["at"]))
