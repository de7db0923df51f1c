"""A reading's report as a DICOM object: Encapsulated PDF (PS3.3 A.45.1)."""

import hashlib
from collections.abc import Sequence

from highdicom.base import SOPClass
from pydicom.dataset import Dataset
from pydicom.uid import ExplicitVRLittleEndian

from scarmass.domain.pacs import Reference, ResultKind
from scarmass.imaging.codes import REPORT
from scarmass.imaging.result import (
    SOP_CLASS,
    Edition,
    SourceImage,
    code_item,
    common_arguments,
    document_item,
    finished,
    patient_arguments,
    reference_to,
)

TITLE = "Scar mass"


def parts_of(edition: Edition, pdf: bytes) -> tuple[str, ...]:
    """What a draft's report follows from besides its revision: texts that readers write beside it."""
    return (hashlib.sha256(pdf).hexdigest(),) if edition.is_draft else ()


def write_encapsulated_pdf(edition: Edition, patient: Dataset, images: Sequence[SourceImage], pdf: bytes) -> bytes:
    """The file. images: what the report is of."""
    kind = ResultKind.PDF
    document = SOPClass(
        sop_class_uid=SOP_CLASS[kind],
        modality="DOC",
        transfer_syntax_uid=ExplicitVRLittleEndian,
        **patient_arguments(patient),
        **common_arguments(edition, kind, patient, *parts_of(edition, pdf)),
    )
    document.ConversionType = "WSD"
    document.AcquisitionDateTime = None
    document.BurnedInAnnotation = "YES"
    document.VerificationFlag = "UNVERIFIED" if edition.is_draft else "VERIFIED"
    document.DocumentTitle = edition.marked(TITLE)
    document.ConceptNameCodeSequence = [code_item(REPORT)]
    document.SourceInstanceSequence = _sources(images)
    if (predecessor := edition.predecessor(kind)) is not None:
        document.PredecessorDocumentsSequence = [document_item(str(patient.StudyInstanceUID), *predecessor)]
    document.MIMETypeOfEncapsulatedDocument = "application/pdf"
    document.EncapsulatedDocument = pdf + b"\0" * (len(pdf) % 2)
    document.EncapsulatedDocumentLength = len(pdf)
    return finished(document, edition, patient)


def _sources(images: Sequence[SourceImage]) -> list[Dataset]:
    uids = {image.slice.header.sop_instance_uid: image.sop_class_uid for image in images}
    return [reference_to(Reference(sop_class, uid)) for uid, sop_class in uids.items()]
