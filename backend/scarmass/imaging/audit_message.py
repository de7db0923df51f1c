"""Rows of the audit trail as DICOM audit messages (PS3.15 A.5), which IHE's ATNA profile carries."""

import os
import socket
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC
from ipaddress import ip_address
from types import MappingProxyType
from xml.etree.ElementTree import Element, SubElement, tostring

from scarmass.domain.audit import PROCESS, Action, Event, Outcome, Recorded, plain


@dataclass(frozen=True)
class Code:
    """A coded value: of DICOM's own scheme (PS3.16 CID 400 to 402) where it names no other."""

    value: str
    meaning: str
    scheme: str = "DCM"


@dataclass(frozen=True)
class Kind:
    """What an action is told as. code: C, R, U, D or E (create, read, update, delete, execute). kind: what of the
    event. life_cycle: what becomes of the data (PS3.15 A.5.1.2.3)."""

    event: Code
    code: str
    kind: Code | None = None
    life_cycle: str = ""


@dataclass(frozen=True)
class AuditSource:
    """Who reports: the name of this installation, and the site that it belongs to."""

    source_id: str = PROCESS
    enterprise_site_id: str = ""


ACTIVITY = Code("110100", "Application Activity")
AUDIT_LOG_USED = Code("110101", "Audit Log Used")
ACCESSED = Code("110103", "DICOM Instances Accessed")
TRANSFERRED = Code("110104", "DICOM Instances Transferred")
STUDY_DELETED = Code("110105", "DICOM Study Deleted")
EXPORT = Code("110106", "Export")
IMPORT = Code("110107", "Import")
PATIENT_RECORD = Code("110110", "Patient Record")
QUERY = Code("110112", "Query")
SECURITY_ALERT = Code("110113", "Security Alert")
AUTHENTICATION = Code("110114", "User Authentication")

KINDS: Mapping[Action, Kind] = MappingProxyType(
    {
        Action.START: Kind(ACTIVITY, "E", Code("110120", "Application Start")),
        Action.STOP: Kind(ACTIVITY, "E", Code("110121", "Application Stop")),
        Action.SETTINGS: Kind(SECURITY_ALERT, "E", Code("110131", "Software Configuration")),
        Action.SIGN_IN: Kind(AUTHENTICATION, "E", Code("110122", "Login")),
        Action.SIGN_OUT: Kind(AUTHENTICATION, "E", Code("110123", "Logout")),
        Action.ADMINISTER: Kind(SECURITY_ALERT, "E", Code("110137", "User Security Attributes Changed")),
        Action.AUDIT: Kind(AUDIT_LOG_USED, "R"),
        Action.LIST: Kind(QUERY, "E", life_cycle="6"),
        Action.QUERY: Kind(QUERY, "E", life_cycle="6"),
        Action.OPEN: Kind(ACCESSED, "R", life_cycle="6"),
        Action.ASK: Kind(ACCESSED, "R", life_cycle="6"),
        Action.EDIT: Kind(PATIENT_RECORD, "U"),
        Action.SIGN: Kind(PATIENT_RECORD, "U", life_cycle="4"),
        Action.AMEND: Kind(PATIENT_RECORD, "U", life_cycle="3"),
        Action.STACK: Kind(PATIENT_RECORD, "U", life_cycle="3"),
        Action.READER_STUDY: Kind(PATIENT_RECORD, "C"),
        Action.IMPORT: Kind(IMPORT, "C", life_cycle="2"),
        Action.EXPORT: Kind(EXPORT, "R", life_cycle="10"),
        Action.SEND: Kind(TRANSFERRED, "R", life_cycle="10"),
        Action.FETCH: Kind(TRANSFERRED, "C", life_cycle="2"),
        Action.REMOVE: Kind(STUDY_DELETED, "D", life_cycle="14"),
        Action.CONSENT: Kind(PATIENT_RECORD, "U"),
        Action.PROMOTE: Kind(SECURITY_ALERT, "E", Code("110131", "Software Configuration")),
        Action.DELETE: Kind(STUDY_DELETED, "D", life_cycle="15"),
    }
)

OWN_SCHEME = "99SCARMASS"
"""Each action by its own name, beside the standard's code: a receiver can tell an edit from a signature."""
OUTCOMES = {Outcome.SUCCESS: "0", Outcome.REFUSED: "4", Outcome.FAILED: "8"}

APPLICATION = Code("110150", "Application")
DESTINATION, SOURCE = Code("110152", "Destination Role ID"), Code("110153", "Source Role ID")
PATIENT_NUMBER, URI = Code("2", "Patient Number", "RFC-3881"), Code("12", "URI", "RFC-3881")
STUDY_INSTANCE_UID = Code("110180", "Study Instance UID")
MACHINE_NAME, IP_ADDRESS = "1", "2"
PERSON, SYSTEM_OBJECT = "1", "2"
OF_PATIENT, OF_REPORT, OF_SECURITY_RESOURCE = "1", "3", "13"
APPLICATION_SERVER = "4"


def audit_message(row: Recorded, source: AuditSource = AuditSource()) -> bytes:
    """The row as XML in UTF-8. With the row's number and hash in each message, what was received elsewhere holds the
    chain here to what it was."""
    event, kind = row.event, _kind_of(row.event)
    message = Element("AuditMessage")
    identification = SubElement(
        message,
        "EventIdentification",
        EventActionCode=kind.code,
        EventDateTime=event.occurred_at.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z"),
        EventOutcomeIndicator=OUTCOMES[event.outcome],
    )
    _coded(identification, "EventID", kind.event)
    for code in (kind.kind, Code(event.action.value, event.action.value, OWN_SCHEME)):
        if code is not None:
            _coded(identification, "EventTypeCode", code)
    if event.reason:
        SubElement(identification, "EventOutcomeDescription").text = event.reason
    _participants(message, event)
    reporter = {"AuditEnterpriseSiteID": source.enterprise_site_id} if source.enterprise_site_id else {}
    reported = SubElement(message, "AuditSourceIdentification", {**reporter, "AuditSourceID": source.source_id})
    SubElement(reported, "AuditSourceTypeCode", {"csd-code": APPLICATION_SERVER})
    _objects(message, row, kind)
    return tostring(message, "utf-8", xml_declaration=True)


def _kind_of(event: Event) -> Kind:
    """What comes over the network is transferred, not imported."""
    kind = KINDS[event.action]
    if event.action is Action.IMPORT and event.about.get("over") == "network":
        return Kind(TRANSFERRED, kind.code, life_cycle=kind.life_cycle)
    return kind


def _participants(message: Element, event: Event) -> None:
    is_own = event.person == PROCESS
    peer, comes = event.about.get("peer"), event.action in (Action.IMPORT, Action.FETCH)
    own_role, other_role = (DESTINATION, SOURCE) if comes else (SOURCE, DESTINATION)
    if not is_own:
        who = {"UserID": str(event.person_id or event.person), "UserName": event.person, "UserIsRequestor": "true"}
        asked = SubElement(message, "ActiveParticipant", {**who, **_access_point(event.address)})
        if event.about.get("over") == "network":
            _coded(asked, "RoleIDCode", other_role)
    own = {"UserID": PROCESS, "AlternativeUserID": str(os.getpid()), "UserIsRequestor": str(is_own).lower()}
    process = SubElement(message, "ActiveParticipant", {**own, **_access_point(socket.gethostname())})
    moves = event.action in (Action.SEND, Action.FETCH, Action.IMPORT, Action.EXPORT, Action.QUERY)
    _coded(process, "RoleIDCode", own_role if moves else APPLICATION)
    if peer:
        other = SubElement(message, "ActiveParticipant", {"UserID": peer, "UserIsRequestor": "false"})
        _coded(other, "RoleIDCode", other_role)


def _objects(message: Element, row: Recorded, kind: Kind) -> None:
    subject = row.event.subject
    if patient := plain(subject.patient_id):
        about = {"ParticipantObjectTypeCode": PERSON, "ParticipantObjectTypeCodeRole": OF_PATIENT}
        _object(message, patient, PATIENT_NUMBER, patient, about, kind.life_cycle)
    if uid := plain(subject.study_instance_uid):
        about = {"ParticipantObjectTypeCode": SYSTEM_OBJECT, "ParticipantObjectTypeCodeRole": OF_REPORT}
        study = _object(message, uid, STUDY_INSTANCE_UID, uid, about, kind.life_cycle)
        contains = SubElement(SubElement(study, "ParticipantObjectDescription"), "ParticipantObjectContainsStudy")
        SubElement(contains, "StudyIDs", UID=uid)
    about = {"ParticipantObjectTypeCode": SYSTEM_OBJECT, "ParticipantObjectTypeCodeRole": OF_SECURITY_RESOURCE}
    own = _object(message, f"urn:scarmass:audit:{row.number}", URI, "Security Audit Log", about, "")
    chain = {"number": str(row.number), "sha256": row.sha256, "previous": row.previous}
    for name, value in {**chain, **row.event.about}.items():
        SubElement(own, "ParticipantObjectDetail", type=name, value=b64encode(value.encode()).decode())


def _object(
    message: Element, key: str, key_type: Code, name: str, about: Mapping[str, str], life_cycle: str
) -> Element:
    """A participant object. Its name is its key where no name is recorded, as the schema asks for one."""
    attributes = {"ParticipantObjectID": key, **about}
    if life_cycle:
        attributes["ParticipantObjectDataLifeCycle"] = life_cycle
    made = SubElement(message, "ParticipantObjectIdentification", attributes)
    _coded(made, "ParticipantObjectIDTypeCode", key_type)
    SubElement(made, "ParticipantObjectName").text = name
    return made


def _coded(parent: Element, name: str, code: Code) -> None:
    attributes = {"csd-code": code.value, "codeSystemName": code.scheme, "originalText": code.meaning}
    SubElement(parent, name, attributes)


def _access_point(address: str) -> dict[str, str]:
    """Where from, by name or by number; nothing where that is not known."""
    if not address:
        return {}
    try:
        ip_address(address)
    except ValueError:
        return {"NetworkAccessPointID": address, "NetworkAccessPointTypeCode": MACHINE_NAME}
    return {"NetworkAccessPointID": address, "NetworkAccessPointTypeCode": IP_ADDRESS}
