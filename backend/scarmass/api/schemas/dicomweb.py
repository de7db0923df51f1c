"""DICOMweb's answers in the DICOM JSON model."""

from typing import Any

from scarmass.imaging.dicom_json import to_json
from scarmass.services.dicomweb.search import Found, Level
from scarmass.services.dicomweb.store import Failed, StoreAnswer

MAX_COMMENT = 256


def store_response(answer: StoreAnswer, base: str) -> dict[str, Any]:
    """The Store Instances Response Module (PS3.3 C.36, PS3.18 table I.1-1), and why each that failed did."""
    named = [one for one in answer.failed if one.found is not None]
    found = to_json(
        {
            "RetrieveURL": f"{base}/studies/{answer.kept[0].uids[0]}" if answer.kept else "",
            "FailedSOPSequence": [_named(one) for one in named],
            "ReferencedSOPSequence": [
                {
                    "ReferencedSOPClassUID": one.found.sop_class_uid,
                    "ReferencedSOPInstanceUID": one.uids[2],
                    "RetrieveURL": url_of(base, *one.uids),
                }
                for one in answer.kept
            ],
            "OtherFailuresSequence": [_failure(one) for one in answer.failed if one.found is None],
        }
    )
    return {tag: element for tag, element in found.items() if "Value" in element or tag == "00081190"}


def _failure(failed: Failed) -> dict[str, Any]:
    """ErrorComment is of no module, and other programs tell the reason in it too."""
    return {"ErrorComment": f"{failed.name}: {failed.comment}"[:MAX_COMMENT], "FailureReason": failed.reason}


def _named(failed: Failed) -> dict[str, Any]:
    assert failed.found is not None
    uids = {
        "ReferencedSOPClassUID": failed.found.sop_class_uid,
        "ReferencedSOPInstanceUID": failed.found.sop_instance_uid,
    }
    return uids | _failure(failed)


def match_response(found: Found, level: Level, base: str) -> dict[str, Any]:
    uids = [found[name] for name in ("StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID")[: level + 1]]
    url = url_of(base, *uids)
    return dict(sorted(to_json({**found, "InstanceAvailability": "ONLINE", "RetrieveURL": url}).items()))


def url_of(base: str, study: str, series: str | None = None, instance: str | None = None) -> str:
    parts = zip(("studies", "series", "instances"), (study, series, instance), strict=True)
    return base + "".join(f"/{name}/{uid}" for name, uid in parts if uid)
