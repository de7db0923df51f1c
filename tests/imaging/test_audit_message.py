"""Audit messages are valid by the schema of PS3.15 and say who, what, whose and with what outcome."""

import uuid
from base64 import b64decode
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree  # type: ignore[attr-defined] # it has no types
from pydicom.sr.codedict import codes

from scarmass.domain.audit import PROCESS, Action, Event, Head, Outcome, Recorded, Subject, chained, plain
from scarmass.imaging import audit_message as module
from scarmass.imaging.audit_message import KINDS, AuditSource, Code, audit_message

SCHEMA = etree.RelaxNG(etree.parse(Path(__file__).parent / "data" / "audit_message.rng"))
AT = datetime(2026, 3, 4, 5, 6, 7, 89, tzinfo=UTC)
ANNA = uuid.UUID(int=7)
SUBJECT = Subject("P-1", "1.2.840.1")


def row(event: Event) -> Recorded:
    return chained(Head(), [event])[0]


def message(event: Event, source: AuditSource = AuditSource()) -> etree._Element:
    """The message of an event, held against the schema."""
    found = etree.fromstring(audit_message(row(event), source))
    SCHEMA.assertValid(found)
    return found


@pytest.mark.parametrize("action", Action)
@pytest.mark.parametrize("outcome", Outcome)
def test_every_action_with_every_outcome_is_valid(action: Action, outcome: Outcome) -> None:
    found = message(Event(action, "Dr Anna", ANNA, "10.0.0.1", SUBJECT, outcome, "NotAllowed", occurred_at=AT))
    assert found.find("EventIdentification").get("EventDateTime") == "2026-03-04T05:06:07.000089Z"
    own = found.findall("EventIdentification/EventTypeCode")[-1]
    assert (own.get("csd-code"), own.get("codeSystemName")) == (action.value, "99SCARMASS")


@given(
    person=st.text().map(plain),
    address=st.text().map(plain),
    patient=st.text(),
    uid=st.text(),
    about=st.dictionaries(st.sampled_from(["route", "peer", "over"]), st.text().map(plain)),
)
def test_whatever_stands_in_a_row_is_well_formed_and_valid(
    person: str, address: str, patient: str, uid: str, about: dict[str, str]
) -> None:
    message(Event(Action.IMPORT, person, None, address, Subject(patient, uid), about=about))


def own_codes() -> set[Code]:
    found = {one for one in vars(module).values() if isinstance(one, Code)}
    found |= {one for kind in KINDS.values() for one in (kind.event, kind.kind) if one is not None}
    return {one for one in found if one.scheme == "DCM"}


def test_codes_have_the_meanings_of_the_standard() -> None:
    of_standard = {getattr(codes.DCM, name).value: getattr(codes.DCM, name).meaning for name in codes.DCM.dir()}
    ours = {code.value: code.meaning for code in own_codes()}
    assert len(ours) > 20
    assert ours == {value: of_standard[value] for value in ours}


def test_who_asked_is_the_requestor_and_the_server_takes_part() -> None:
    asked, process = message(Event(Action.OPEN, "Dr Anna", ANNA, "2001:db8::1", SUBJECT)).findall("ActiveParticipant")
    assert (asked.get("UserID"), asked.get("UserName"), asked.get("UserIsRequestor")) == (str(ANNA), "Dr Anna", "true")
    assert (asked.get("NetworkAccessPointID"), asked.get("NetworkAccessPointTypeCode")) == ("2001:db8::1", "2")
    assert (process.get("UserID"), process.get("UserIsRequestor")) == (PROCESS, "false")


def test_what_the_server_does_by_itself_it_has_asked_for() -> None:
    (process,) = message(Event(Action.START)).findall("ActiveParticipant")
    assert (process.get("UserID"), process.get("UserIsRequestor")) == (PROCESS, "true")


def test_patient_and_study_are_named_by_their_ids_alone() -> None:
    objects = message(Event(Action.EXPORT, "Dr Anna", subject=SUBJECT)).findall("ParticipantObjectIdentification")
    patient, study, _ = objects
    assert (patient.get("ParticipantObjectID"), patient.get("ParticipantObjectTypeCodeRole")) == ("P-1", "1")
    assert study.find("ParticipantObjectIDTypeCode").get("csd-code") == "110180"
    assert study.find(".//StudyIDs").get("UID") == "1.2.840.1"
    assert patient.get("ParticipantObjectDataLifeCycle") == "10"


def test_the_rows_place_in_the_chain_is_in_its_message() -> None:
    recorded = row(Event(Action.EDIT, about={"route": "POST /x"}))
    found = etree.fromstring(audit_message(recorded))
    details = {one.get("type"): b64decode(one.get("value")).decode() for one in found.iter("ParticipantObjectDetail")}
    assert details == {"number": "1", "sha256": recorded.sha256, "previous": "0" * 64, "route": "POST /x"}


@pytest.mark.parametrize(
    ("event", "expected"),
    [
        (Event(Action.SEND, about={"peer": "PACS"}), [(PROCESS, "110153"), ("PACS", "110152")]),
        (Event(Action.FETCH, about={"peer": "PACS"}), [(PROCESS, "110152"), ("PACS", "110153")]),
        (Event(Action.IMPORT, "CT1", about={"over": "network"}), [("CT1", "110153"), (PROCESS, "110152")]),
    ],
)
def test_who_gives_and_who_gets_is_told(event: Event, expected: list[tuple[str, str]]) -> None:
    found = message(event)
    roles = [(one.get("UserID"), one.find("RoleIDCode").get("csd-code")) for one in found.findall("ActiveParticipant")]
    assert roles == expected
    assert found.find("EventIdentification/EventID").get("csd-code") == "110104"


def test_what_is_uploaded_is_imported_and_not_transferred() -> None:
    found = message(Event(Action.IMPORT, "Dr Anna", subject=SUBJECT))
    assert found.find("EventIdentification/EventID").get("csd-code") == "110107"


def test_the_site_reports_under_its_own_names() -> None:
    reported = message(Event(Action.STOP), AuditSource("scar-1", "Hospital")).find("AuditSourceIdentification")
    assert (reported.get("AuditSourceID"), reported.get("AuditEnterpriseSiteID")) == ("scar-1", "Hospital")


def test_the_name_of_the_fact_is_the_outcomes_description() -> None:
    found = message(Event(Action.SIGN, "Dr Anna", outcome=Outcome.REFUSED, reason="NotAllowed"))
    identification = found.find("EventIdentification")
    assert identification.get("EventOutcomeIndicator") == "4"
    assert identification.findtext("EventOutcomeDescription") == "NotAllowed"
