"""From the slices of a study to its stacks: who belongs together, in which order, how far apart.

Order and geometry come from ImageOrientationPatient and ImagePositionPatient alone. Series join into one stack where
they agree in all but position: one series for each breath-hold, odd and even slices, base and apex. What is of one
position stands in stacks of its own: magnitude and phase-sensitive images, acquisitions, the phases of a cine.
"""

import re
import uuid
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from scarmass.domain.geometry import slice_spacings_mm
from scarmass.domain.other_views import phase_description
from scarmass.domain.stack import Contrast, RepeatedImage, Slice, SliceHeader, Stack, StudyHeader
from scarmass.imaging.mr.acquisitions import Acquired, acquisitions
from scarmass.imaging.mr.lge import Company, Component, Verdict, component_of, contrast_of, lge_verdict
from scarmass.imaging.mr.planes import POSITION_TOLERANCE, Line, grids
from scarmass.imaging.mr.stack_warnings import elsewhere, of_extents, of_frames, of_long_axes, of_repeats
from scarmass.imaging.mr.terms import normalised

STACK_NAMESPACE = uuid.UUID("5b0f6c1c-4d0f-5e1e-9d62-0f6d9f4f4c11")

NAME_OF_A_PART = re.compile(
    r"(?<![a-z])(bas(e|al|is|ale)|mid|medial|ap(ex|ical|ikal|icale)|odd|even|part|half|upper|lower|slice|sl|bh|nr)(?![a-z])"
    r"|[\W\d_]+"
)
"""What a description has beside the name that all slices of an acquisition share."""

DISTORTION = frozenset(("ND", "DIS2D", "DIS3D"))
"""In ImageType: the same image before and after its distortion was corrected."""


@dataclass(frozen=True)
class _Draft:
    """A stack in the making. line: along which its images are in order."""

    acquired: Acquired
    line: Line
    contrast: Contrast
    company: Company

    @property
    def first(self) -> SliceHeader:
        return self.acquired.images[0]

    @property
    def place(self) -> tuple:
        """Among the stacks of the study: as the scanner made them, what was replaced after all else of its series."""
        series_number = min(one.series_number or 0 for one in self.acquired.images)
        uid = min(one.sop_instance_uid for one in self.acquired.images)
        return series_number, self.acquired.is_replaced, self.acquired.number, uid, self.first.frame_number


def build_stacks(study: StudyHeader, headers: Iterable[SliceHeader]) -> list[Stack]:
    """Every slice of the study in exactly one stack, whatever order they come in."""
    ordered = sorted(headers, key=lambda one: (one.series_number or 0, one.sop_instance_uid, one.frame_number))
    drafts = [
        draft
        for (*_, contrast), images in _of_one_kind(ordered).items()
        for grid in grids(images)
        for draft in _drafts(grid, contrast)
    ]
    drafts.sort(key=lambda draft: draft.place)
    stacks = [_stack(study, draft, verdict) for draft, verdict in zip(drafts, _verdicts(drafts), strict=True)]
    said = zip(stacks, elsewhere(stacks), of_long_axes(stacks), strict=True)
    return [replace(stack, warnings=(*stack.warnings, *more, *axes)) for stack, more, axes in said]


def _of_one_kind(headers: Sequence[SliceHeader]) -> dict[tuple, list[SliceHeader]]:
    """Images that may join: of one name, frame of reference, way of scanning, and kind of image.

    A FrameOfReferenceUID counts where several series have it: de-identified series carry a new one in every object.
    """
    series: dict[str, list[SliceHeader]] = defaultdict(list)
    series_of_frame: dict[str, set[str]] = defaultdict(set)
    for header in headers:
        series[header.series_instance_uid].append(header)
        series_of_frame[header.frame_of_reference_uid].add(header.series_instance_uid)
    shared = {
        uid: frames.pop()
        for uid, images in series.items()
        if len(frames := {header.frame_of_reference_uid for header in images}) == 1
    }
    frames = {uid: frame for uid, frame in shared.items() if len(series_of_frame[frame]) > 1}
    names = {uid: _name(images[0]) for uid, images in series.items()}
    have_real = {names[one.series_instance_uid] for one in headers if component_of(one) is Component.REAL}
    kinds: dict[tuple, list[SliceHeader]] = defaultdict(list)
    for header in headers:
        uid = header.series_instance_uid
        contrast = contrast_of(header, has_real=names[uid] in have_real)
        # What has no name is told by how it was scanned.
        name = names[uid] or series[uid][0].scanning_sequence
        corrected = frozenset(header.image_type) & DISTORTION
        kinds[(name, frames.get(uid), corrected, component_of(header), contrast)].append(header)
    return kinds


def _name(header: SliceHeader) -> str:
    return NAME_OF_A_PART.sub(" ", normalised(header.series_description or header.protocol_name)).strip()


def _drafts(grid: list[SliceHeader], contrast: Contrast) -> list[_Draft]:
    line = Line(grid)
    series: dict[str, list[SliceHeader]] = defaultdict(list)
    for header in grid:
        series[header.series_instance_uid].append(header)
    at_positions = {uid: line.by_position(images, POSITION_TOLERANCE) for uid, images in series.items()}
    drafts = []
    for acquired in acquisitions(grid, line):
        beside = [images for one in acquired.images for images in at_positions[one.series_instance_uid]]
        company = Company(
            number_of_phases=acquired.of if acquired.is_phase else 1,
            images=max(map(len, beside)),
            inversion_times=max(len({one.inversion_time_ms for one in images} - {None}) for images in beside),
        )
        drafts.append(_Draft(acquired, line, contrast, company))
    return drafts


def _verdicts(drafts: Sequence[_Draft]) -> list[Verdict]:
    """Late enhancement or not; a stack of which nothing speaks is what was acquired with it, image for image."""
    own = [lge_verdict(draft.first, draft.company) for draft in drafts]
    enhanced = {
        _when_and_where(header): draft
        for draft, verdict in zip(drafts, own, strict=True)
        for header in draft.acquired.images
        if verdict.is_lge and header.acquisition_time
    }
    return [
        verdict if verdict.is_lge is not None else _by_company(draft, enhanced, verdict)
        for draft, verdict in zip(drafts, own, strict=True)
    ]


def _when_and_where(header: SliceHeader) -> tuple:
    return header.acquisition_time, header.position_mm, header.orientation


def _by_company(draft: _Draft, enhanced: dict[tuple, _Draft], verdict: Verdict) -> Verdict:
    others = [enhanced.get(_when_and_where(header)) for header in draft.acquired.images]
    if None in others or others[0] is None:
        return verdict
    return Verdict(True, f"its images were acquired with those of “{_description(others[0])}”")


def _stack(study: StudyHeader, draft: _Draft, verdict: Verdict) -> Stack:
    images = draft.acquired.images
    spacings = slice_spacings_mm(draft.line.at_mm(images))
    slices = tuple(Slice(header, spacing) for header, spacing in zip(images, spacings, strict=True))
    first_uid = min((one.sop_instance_uid, one.frame_number) for one in images)
    return Stack(
        stack_id=str(uuid.uuid5(STACK_NAMESPACE, repr((study.study_instance_uid, first_uid)))),
        study=study,
        description=_description(draft),
        contrast=draft.contrast,
        is_lge=bool(verdict.is_lge),
        is_lge_because=verdict.because,
        warnings=(*of_extents(slices), *of_frames(slices), *of_repeats(draft.acquired)),
        slices=slices,
        repeats=tuple(
            tuple(RepeatedImage((one.sop_instance_uid, one.frame_number), one.acquisition_time) for one in images)
            for images in draft.acquired.repeats
        ),
    )


def _description(draft: _Draft) -> str:
    acquired = draft.acquired
    name = draft.first.series_description or draft.first.protocol_name or "no description"
    if acquired.is_replaced:
        return f"{name}, replaced"
    if acquired.is_phase:
        return phase_description(name, acquired.number, acquired.of)
    if acquired.of > 1:
        return f"{name}, acquisition {acquired.number} of {acquired.of}"
    return name
