"""The DICOM conformance statement (PS3.2), made of what the code speaks.

`python -m scarmass.imaging.conformance > docs/conformance.md` writes it.
"""

from collections.abc import Iterable, Sequence

from pydicom.sr.coding import Code
from pydicom.uid import UID

from scarmass.imaging.codes import MASS, OWN_SCHEME, OWN_SCHEME_NAME, STRUCTURES
from scarmass.imaging.dimse.contexts import (
    COMMITMENT,
    FIND,
    GET,
    IMAGES,
    MOVE,
    OTHERS,
    RECEIVED,
    VERIFICATION,
    listened_to,
)
from scarmass.imaging.mr.enhanced import MULTI_FRAME
from scarmass.imaging.result import SOP_CLASS

Row = Sequence[object]

INTRODUCTION = """# DICOM conformance

What ScarMass says and understands in a network of DICOM machines, in the order of PS3.2. For research use only; not
a cleared medical device. How it is set up is told in [Beside the PACS](pacs.md), what becomes of unusual objects in
[DICOM as it comes](dicom.md), what leaves in [exports](exports.md#dicom-objects).

This page is written by `python -m scarmass.imaging.conformance > docs/conformance.md`; a test compares the two."""

NETWORK = """## Network

There is one application entity. Its AE title, address and port are settings; without them nothing listens. It
listens in a process of its own, which writes each object to the disk before it answers success.

- Calling entities are known by AE title and, unless the settings leave it out, by address; the called AE title is
  checked. All others are refused at the association, and nothing of theirs is kept.
- Associations at once, the size of an object and the time of a PDU are bounded ([limits](limits.md)). Where there
  is no room the answer is A700H, out of resources.
- The application context is 1.2.840.10008.3.1.1.1. There is no asynchronous operations window and no user identity
  negotiation.
- TLS (PS3.15 annex B) is a setting of the entity and of each peer, with certificates of both sides."""

COMMITMENT_TOLD = """Storage commitment goes both ways. After a send to a peer whose setting `commits` is true, the peer
is asked to keep the objects; its answer is taken on the same association or on a new one. Peers that ask us are
answered on a new association: an object is committed where its file is stored; one that a signed reading leaves as,
where the images are that it is made from each time, and no signed version replaces it."""

WEB = """## Web services (PS3.18)

| service | as user agent | as origin server, under `/dicomweb` |
|---|---|---|
| STOW-RS | results of signed readings, an object a request | MR images, SEG, RTSTRUCT as `multipart/related` |
| QIDO-RS | studies | studies, series, instances, as `application/dicom+json` |
| WADO-RS | a study, as it is stored | study, series, instance, as they are stored, and their metadata |

As user agent it calls the host that the settings name and no other, follows no redirect, and sends a bearer token
where one is set. Frames, rendered images, bulk data and XML are not offered."""

IHE = """## IHE profiles

Parts of these apply; none was tested at a Connectathon.

- **AI Results (AIR)**: as an Evidence Creator results leave as segmentations and as structured reports of TID 1500,
  which name the algorithm with version and sha256, refer to the images and to each other, and are stored by C-STORE
  or STOW-RS.
- **Scheduled Workflow (SWF.b)**: of the Evidence Creator, storing and storage commitment. There is no modality
  worklist and no performed procedure step.
- **Consistent Time (CT)**: times are those of the server's clock, which its operating system keeps by NTP.

HL7 messages are neither sent nor read."""

TEXT = """## Character sets, times and media

Text is read in every character set of PS3.3 C.12.1.1.2 that pydicom decodes, and written as ISO_IR 192 (UTF-8).
Times are local times, with TimezoneOffsetFromUTC. No media are written; a DICOMDIR that is uploaded is passed over."""


def page() -> str:
    """The statement as Markdown."""
    return "\n\n".join((INTRODUCTION, *_network(), WEB, *_objects(), IHE, TEXT)) + "\n"


def _network() -> Iterable[str]:
    yield NETWORK
    yield "### SOP classes"
    rows = [
        (*_uid(VERIFICATION), "yes", "yes"),
        ("Storage, all classes of the standard", f"{len(listened_to())} classes", "", "yes"),
        ("Storage, what leaves and what is fetched by C-GET", "below", "yes", ""),
        *((*_uid(uid), "yes", "") for uid in (FIND, MOVE, GET)),
        (*_uid(COMMITMENT), "yes", "yes"),
    ]
    yield _table(("class", "UID", "SCU", "SCP"), rows)
    yield (
        "An object of any storage class is received; what is no MR image, segmentation or set of contours is\n"
        "then refused by the rules or by name, which the page tells."
    )
    yield COMMITMENT_TOLD
    yield "### Transfer syntaxes that are received, in the order in which one is chosen"
    yield _table(("transfer syntax", "UID"), [_uid(uid) for uid in RECEIVED])
    yield "### Classes that are asked for by C-GET"
    yield _table(("class", "UID"), [_uid(uid) for uid in (*IMAGES, *OTHERS)])


def _objects() -> Iterable[str]:
    yield "## Objects"
    yield "Images that are read and measured: MR Image Storage and the multi-frame classes " + ", ".join(
        f"{_name(uid)} ({uid})" for uid in MULTI_FRAME
    )
    yield "Objects that are written, each read back and compared before it leaves:"
    yield _table(("object", "class", "UID"), [(kind.value, *_uid(uid)) for kind, uid in SOP_CLASS.items()])
    yield "Structures, by the codes of their segments and measurement groups:"
    coded = [(one.label, _code(one.category), _code(one.type)) for one in STRUCTURES.values()]
    yield _table(("structure", "category", "type"), coded)
    yield (
        f"Masses are {_code(MASS)}, in UCUM units. Where no standard code says what a number is, the scheme\n"
        f"{OWN_SCHEME} does ({OWN_SCHEME_NAME}). UIDs of what is written are of the root 2.25 and follow from\n"
        "reading, version and kind: the same version sent twice is one object."
    )


def _uid(uid: UID | str) -> tuple[str, str]:
    return _name(uid), str(uid)


def _name(uid: UID | str) -> str:
    return UID(str(uid)).name


def _code(code: Code) -> str:
    return f"{code.meaning} ({code.value}, {code.scheme_designator})"


def _table(heads: Row, rows: Iterable[Row]) -> str:
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join("| " + " | ".join(str(cell) for cell in line) + " |" for line in lines)


if __name__ == "__main__":
    print(page(), end="")
