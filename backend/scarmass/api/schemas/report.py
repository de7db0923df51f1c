"""The words of the REST contract about a reading's report."""

import uuid
from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, Field

from scarmass.api.schemas.common import Mass, Model, Strict
from scarmass.api.schemas.methods import MethodAnswer
from scarmass.api.schemas.pattern import ProposedPattern, StatedPattern
from scarmass.api.schemas.segments17 import Segment17
from scarmass.api.schemas.signing import Signature
from scarmass.domain import report_text
from scarmass.domain.mass import MassExtent
from scarmass.domain.report_text import LONGEST_FINDING, LONGEST_REMARKS, ImageQuality
from scarmass.services.readings import report as services
from scarmass.services.readings.finding import proposed_finding
from scarmass.services.readings.key_images import KeyImage
from scarmass.services.readings.report_parts import NotCompared, Percent
from scarmass.services.readings.words import Language, words_in


class ReportTextRequest(Strict):
    """finding: empty for the one that is proposed. quality: of the images, null where nothing is said of it.

    after: the number of the version this one follows, 0 for none.
    """

    finding: Annotated[str, Field(max_length=LONGEST_FINDING)] = ""
    remarks: Annotated[str, Field(max_length=LONGEST_REMARKS)] = ""
    quality: ImageQuality | None = None
    after: Annotated[int, Field(ge=0, le=2**31 - 1)] = 0


class ReportText(BaseModel):
    """What a reader wrote. revision: of the reading, when it was written."""

    number: int
    revision: int
    author: str
    created_at: datetime
    finding: str
    remarks: str
    quality: ImageQuality | None

    @staticmethod
    def of(text: report_text.ReportText) -> "ReportText":
        return ReportText(**vars(text))


class ReportPatient(BaseModel):
    name: str
    id: str
    birth_date: str
    sex: str


class ReportStudy(BaseModel):
    """Empty is what the headers do not say."""

    study_instance_uid: str
    study_date: str
    study_description: str
    accession_number: str
    referring_physician_name: str
    institution_name: str


class ReportAcquisition(BaseModel):
    """Empty or null is what the headers do not say; of two numbers, the least and the greatest of the slices'."""

    scanner: str
    magnetic_field_strength_t: float | None
    series_description: str
    sequence: str
    contrast: str
    inversion_time_ms: list[float] | None
    contrast_bolus_agent: str
    contrast_bolus_volume_ml: float | None
    contrast_delay_s: list[float] | None
    slice_thickness_mm: list[float]
    slice_spacing_mm: list[float]


class ReportSlices(BaseModel):
    """Numbers of slices, from 1."""

    of: int
    reviewed: int
    with_scar: list[int]
    edited: list[int]
    excluded: list[int]
    failed: list[int]
    unreviewed: list[int]
    pending: list[int]


class ReportImage(BaseModel):
    """A slice with most scar. svg: the image with its outlines; empty where its pixels are not at hand."""

    slice: int
    sop_instance_uid: str
    frame_number: int
    area_mm2: float
    mass: Mass
    svg: str

    @staticmethod
    def of(image: KeyImage) -> "ReportImage":
        sop_instance_uid, frame_number = image.measure.slice.key
        return ReportImage(
            slice=image.number,
            sop_instance_uid=sop_instance_uid,
            frame_number=frame_number,
            area_mm2=image.measure.area_mm2,
            mass=Mass.of(image.measure.mass),
            svg=image.svg,
        )


class ReportPrior(BaseModel):
    """The newest earlier study of the patient that is signed. difference: this reading's scar less the prior's."""

    study_date: str
    reading_id: uuid.UUID
    signature: Signature
    scar: Mass
    difference: Mass

    @staticmethod
    def of(prior: services.Prior | None) -> "ReportPrior | None":
        if prior is None:
            return None
        return ReportPrior(
            study_date=prior.study_date,
            reading_id=prior.reading_id,
            signature=Signature(reader=prior.signature.reader, signed_at=prior.signature.signed_at),
            scar=Mass.of(prior.scar),
            difference=Mass.of(prior.difference),
        )


class PercentOfMyocardium(BaseModel):
    """By each extent, null where it is not known."""

    by_slice_thickness: float | None
    by_slice_spacing: float | None

    @staticmethod
    def of(percent: Percent) -> "PercentOfMyocardium":
        return PercentOfMyocardium(**vars(percent))


class Report(BaseModel):
    """text: what a reader wrote, null where nobody did; text_is_older: the reading has changed since its finding.

    finding: the reader's, or proposed_finding. spread: of the scar, null where models could not be asked.
    left_ventricle: LGE myocardial mass, not cine mass. pattern: as a reader stated it; proposed_pattern: by where scar
    lies in the wall. segments: null where contours or insertion points are missing. methods: none where
    methods_not_compared says why; without their slices, which /methods has. taken_from: in words, the segmentations of
    others that masks were taken from, and their SOP Instance UIDs.
    """

    reading_id: uuid.UUID
    revision: int
    state: str
    is_draft: bool
    language: Language
    patient: ReportPatient
    study: ReportStudy
    acquisition: ReportAcquisition
    finding: str
    proposed_finding: str
    text: ReportText | None
    text_is_older: bool
    scar: Mass
    spread: Mass | None
    no_reflow: Mass | None
    scar_percent_of_myocardium: float | None
    scar_percent: PercentOfMyocardium | None
    no_reflow_percent: PercentOfMyocardium | None
    left_ventricle: Mass | None
    pattern: StatedPattern | None
    proposed_pattern: ProposedPattern | None
    segments: list[Segment17] | None
    methods: list[MethodAnswer]
    methods_not_compared: NotCompared | None
    mass_extent: MassExtent
    density_g_per_ml: float
    sensitivity: float
    follows: bool
    models: list[Model]
    taken_from: list[str]
    readers: list[str]
    changed_at: datetime | None
    warnings: list[str]
    slices: ReportSlices
    key_images: list[ReportImage]
    prior: ReportPrior | None

    @staticmethod
    def of(report: services.Report, language: Language) -> "Report":
        text, reading, ventricle = report.text, report.reading, report.left_ventricle
        proposed = proposed_finding(report, words_in(language))
        return Report(
            reading_id=reading.id,
            revision=reading.revision,
            state=reading.state.value,
            is_draft=report.is_draft,
            language=language,
            patient=_patient(report),
            study=_study(report),
            acquisition=_acquisition(report),
            finding=text.finding if text is not None and text.finding else proposed,
            proposed_finding=proposed,
            text=None if text is None else ReportText.of(text),
            text_is_older=report.text_is_older,
            scar=Mass.of(report.scar),
            spread=None if report.spread is None else Mass.of(report.spread),
            no_reflow=None if report.no_reflow is None else Mass.of(report.no_reflow),
            scar_percent_of_myocardium=None if ventricle is None else ventricle.scar.by(report.mass_extent),
            scar_percent=None if ventricle is None else PercentOfMyocardium.of(ventricle.scar),
            no_reflow_percent=None if ventricle is None else PercentOfMyocardium.of(ventricle.no_reflow),
            left_ventricle=None if ventricle is None else Mass.of(ventricle.mass),
            pattern=StatedPattern.of(reading.pattern),
            proposed_pattern=None if report.layers is None else ProposedPattern.of(report.layers),
            segments=None if report.segments is None else [Segment17.of(one) for one in report.segments],
            methods=[MethodAnswer.of(one, False).model_copy(update={"slices": []}) for one in report.methods.methods],
            methods_not_compared=report.methods.because,
            mass_extent=report.mass_extent,
            density_g_per_ml=report.density_g_per_ml,
            sensitivity=report.sensitivity.value,
            follows=report.sensitivity.follows,
            models=[Model.of(model) for model in report.models],
            taken_from=[one.cited for one in reading.taken_from],
            readers=list(reading.authors),
            changed_at=report.changed_at,
            warnings=list(report.stack.warnings),
            slices=ReportSlices(**{**vars(report.slices), "reviewed": report.slices.reviewed}),
            key_images=[ReportImage.of(image) for image in report.key_images],
            prior=ReportPrior.of(report.prior),
        )


def _patient(report: services.Report) -> ReportPatient:
    study = report.stack.study
    return ReportPatient(
        name=study.patient_name, id=study.patient_id, birth_date=study.patient_birth_date, sex=study.patient_sex
    )


def _study(report: services.Report) -> ReportStudy:
    study, protocol = report.stack.study, report.acquisition.protocol
    return ReportStudy(
        study_instance_uid=study.study_instance_uid,
        study_date=study.study_date,
        study_description=study.study_description,
        accession_number=study.accession_number,
        referring_physician_name=protocol.referring_physician,
        institution_name=protocol.institution,
    )


def _acquisition(report: services.Report) -> ReportAcquisition:
    acquisition, protocol = report.acquisition, report.acquisition.protocol
    return ReportAcquisition(
        scanner=protocol.scanner,
        magnetic_field_strength_t=protocol.field_strength_t,
        series_description=report.stack.description,
        sequence=protocol.sequence,
        contrast=report.stack.contrast.value,
        inversion_time_ms=None if acquisition.inversion_time_ms is None else list(acquisition.inversion_time_ms),
        contrast_bolus_agent=protocol.contrast_agent,
        contrast_bolus_volume_ml=protocol.contrast_volume_ml,
        contrast_delay_s=None if acquisition.delay_s is None else list(acquisition.delay_s),
        slice_thickness_mm=list(acquisition.slice_thickness_mm),
        slice_spacing_mm=list(acquisition.slice_spacing_mm),
    )
