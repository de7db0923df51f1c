"""Writes the measurements of a reading as a structured report: TID 1500 (PS3.16), an Enhanced SR (PS3.3 A.35.2).

A group for each structure, which refers to its segment (TID 1411), and one for each segment of the wall (TID 1501).
"""

from collections.abc import Sequence
from dataclasses import dataclass

from highdicom.coding_schemes import CodingSchemeIdentificationItem
from highdicom.sr import (
    AlgorithmIdentification,
    CodedConcept,
    DeviceObserverIdentifyingAttributes,
    EnhancedSR,
    FindingSite,
    Measurement,
    MeasurementReport,
    MeasurementsAndQualitativeEvaluations,
    ObservationContext,
    ObserverContext,
    PersonObserverIdentifyingAttributes,
    ReferencedSegment,
    SourceImageForMeasurementGroup,
    SourceImageForSegmentation,
    TrackingIdentifier,
    VolumetricROIMeasurementsAndQualitativeEvaluations,
)
from pydicom.dataset import Dataset
from pydicom.sr.codedict import codes
from pydicom.sr.coding import Code
from pydicom.valuerep import DT

from scarmass.domain.pacs import ResultKind
from scarmass.imaging.codes import CARDIAC_MR, OWN_SCHEME, OWN_SCHEME_NAME
from scarmass.imaging.result import (
    MAKER,
    SOP_CLASS,
    UNKNOWN,
    Edition,
    SourceImage,
    common_arguments,
    document_item,
    finished,
    local_time,
    nameless,
    person_name,
)
from scarmass.imaging.seg.write import Algorithm
from scarmass.imaging.uids import uid_of


@dataclass(frozen=True)
class Number:
    """One measurement. method: by which of several ways it was worked out. derivation: that it is a sum, or a mean."""

    name: Code
    value: float
    unit: Code
    method: Code | None = None
    derivation: Code | None = None


@dataclass(frozen=True, eq=False)
class Group:
    """What was measured of one finding. label: unique within the report.

    segment_number: of the segmentation; None where no segment is just this. images: on which it was measured.
    parameters: what the numbers rest on besides masks and geometry, each as "name: value".
    """

    label: str
    tracking_uid: str
    finding: Code
    site: Code | None
    numbers: tuple[Number, ...]
    images: tuple[SourceImage, ...]
    segment_number: int | None = None
    algorithms: tuple[Algorithm, ...] = ()
    parameters: tuple[str, ...] = ()


def write_report(edition: Edition, patient: Dataset, images: Sequence[SourceImage], groups: Sequence[Group]) -> bytes:
    """The file. A draft is partial and unverified; a signed one complete, and verified by who signed it."""
    content = MeasurementReport(
        observation_context=_observers(edition),
        procedure_reported=CARDIAC_MR,
        imaging_measurements=[_group(edition, one) for one in groups],
    )
    report = EnhancedSR(
        evidence=_evidence(edition, patient, images, groups),
        content=content,
        is_complete=not edition.is_draft,
        is_final=not edition.is_draft,
        is_verified=not edition.is_draft,
        verifying_observer_name=None if edition.is_draft else person_name(edition.reader),
        verifying_organization=None if edition.is_draft else patient.get("InstitutionName") or UNKNOWN,
        coding_schemes=[CodingSchemeIdentificationItem(OWN_SCHEME, OWN_SCHEME_NAME, responsible_organization=MAKER)],
        **common_arguments(edition, ResultKind.SR, patient),
    )
    for observer in report.get("VerifyingObserverSequence") or []:
        observer.VerificationDateTime = DT(local_time(edition, patient).strftime("%Y%m%d%H%M%S.%f%z"))
    if (predecessor := edition.predecessor(ResultKind.SR)) is not None:
        report.PredecessorDocumentsSequence = [document_item(str(patient.StudyInstanceUID), *predecessor)]
    return finished(report, edition, patient)


def _observers(edition: Edition) -> ObservationContext:
    return ObservationContext(
        observer_person_context=ObserverContext(
            CodedConcept.from_code(codes.DCM.Person), PersonObserverIdentifyingAttributes(person_name(edition.reader))
        ),
        observer_device_context=ObserverContext(
            CodedConcept.from_code(codes.DCM.Device),
            DeviceObserverIdentifyingAttributes(uid_of("device"), name=MAKER, manufacturer_name=MAKER),
        ),
    )


def _group(
    edition: Edition, group: Group
) -> MeasurementsAndQualitativeEvaluations | VolumetricROIMeasurementsAndQualitativeEvaluations:
    told = {
        "tracking_identifier": TrackingIdentifier(group.tracking_uid, group.label),
        "finding_type": group.finding,
        "finding_sites": None if group.site is None else [FindingSite(group.site)],
        "algorithm_id": _algorithm(group),
        "measurements": [_measurement(one) for one in group.numbers],
    }
    if group.segment_number is None:
        sources = [SourceImageForMeasurementGroup(*_named(image)) for image in group.images]
        return MeasurementsAndQualitativeEvaluations(**told, source_images=sources)
    segment = ReferencedSegment(
        SOP_CLASS[ResultKind.SEG],
        edition.sop_instance_uid(ResultKind.SEG),
        group.segment_number,
        source_images=[SourceImageForSegmentation(*_named(image)) for image in group.images],
    )
    return VolumetricROIMeasurementsAndQualitativeEvaluations(**told, referenced_segment=segment)


def _named(image: SourceImage) -> tuple[str, str, list[int] | None]:
    frames = [image.slice.header.frame_number] if image.is_multi_frame else None
    return image.sop_class_uid, image.slice.header.sop_instance_uid, frames


def _algorithm(group: Group) -> AlgorithmIdentification | None:
    """TID 4019, which is for one algorithm: of several, their names and versions in the same order."""
    if not group.algorithms:
        return None
    return AlgorithmIdentification(
        name="; ".join(one.name for one in group.algorithms),
        version="; ".join(one.version for one in group.algorithms),
        parameters=list(group.parameters) or None,
        family=group.algorithms[0].family,
        manufacturer=MAKER,
    )


def _measurement(number: Number) -> Measurement:
    return Measurement(
        number.name, float(number.value), number.unit, method=number.method, derivation=number.derivation
    )


def _evidence(
    edition: Edition, patient: Dataset, images: Sequence[SourceImage], groups: Sequence[Group]
) -> list[Dataset]:
    """Headers of everything that the report refers to."""
    found = [
        _evidence_item(patient, image.sop_class_uid, image.slice.header.sop_instance_uid, series)
        for image in images
        for series in [image.slice.header.series_instance_uid]
    ]
    if any(group.segment_number is not None for group in groups):
        kind = ResultKind.SEG
        series = edition.series_instance_uid(kind)
        found.append(_evidence_item(patient, SOP_CLASS[kind], edition.sop_instance_uid(kind), series))
    return found


def _evidence_item(patient: Dataset, sop_class_uid: str, sop_instance_uid: str, series: str) -> Dataset:
    item = nameless(patient)
    item.SOPClassUID, item.SOPInstanceUID, item.SeriesInstanceUID = sop_class_uid, sop_instance_uid, series
    return item
