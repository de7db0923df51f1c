"""From the slices of a study to its stacks: who belongs together, in which order, how far apart.

Order and geometry come from ImageOrientationPatient and ImagePositionPatient alone. Several images at one position
are phases and become stacks of their own. Series of one slice each (one breath-hold, one series) that agree in all
but position join into one stack.
"""

import uuid
from collections import defaultdict
from collections.abc import Iterable, Sequence

import numpy as np

from scarmass.domain.geometry import DISTINCT_TOLERANCE_MM, positions_along_normal_mm, slice_spacings_mm
from scarmass.domain.stack import Slice, SliceHeader, Stack, StudyHeader
from scarmass.imaging.mr.lge import contrast_of, lge_verdict

STACK_NAMESPACE = uuid.UUID("5b0f6c1c-4d0f-5e1e-9d62-0f6d9f4f4c11")
EVEN_TOLERANCE_MM = 0.1


def build_stacks(study: StudyHeader, headers: Iterable[SliceHeader]) -> list[Stack]:
    """Every slice of the study in exactly one stack."""
    by_series: dict[tuple, list[SliceHeader]] = defaultdict(list)
    for header in headers:
        by_series[(header.series_instance_uid, *_plane_key(header))].append(header)
    groups: dict[tuple, list[SliceHeader]] = defaultdict(list)
    for key, members in by_series.items():
        groups[_joined_key(members[0]) if len(members) == 1 else key].extend(members)
    stacks = [
        _stack(study, key, phases, number)
        for key, members in groups.items()
        for phases in [_phases(members)]
        for number in range(len(phases))
    ]
    return sorted(stacks, key=lambda stack: (stack.slices[0].header.series_number or 0, stack.stack_id))


def _plane_key(header: SliceHeader) -> tuple:
    """What slices of one stack share; rounding absorbs the noise of text-encoded decimals.

    FrameOfReferenceUID is left out: de-identified series carry a new one in every object.
    """
    normal = tuple((np.round(header.plane.normal, 2) + 0.0).tolist())
    orientation = tuple((np.round(header.orientation, 2) + 0.0).tolist())
    spacing = tuple(np.round(header.pixel_spacing_mm, 4).tolist())
    return (
        normal,
        orientation,
        header.rows,
        header.columns,
        spacing,
        contrast_of(header).value,
    )


def _joined_key(header: SliceHeader) -> tuple:
    return ("joined", header.series_description, header.frame_of_reference_uid, *_plane_key(header))


def _phases(members: Sequence[SliceHeader]) -> list[list[SliceHeader]]:
    """Split slices that share positions into phases, each with every position at most once, in stack order."""
    positions_mm = positions_along_normal_mm([header.plane for header in members])
    order = np.argsort(positions_mm, kind="stable")
    starts = np.flatnonzero(np.diff(positions_mm[order]) > DISTINCT_TOLERANCE_MM) + 1
    phases: dict[int, list[SliceHeader]] = defaultdict(list)
    for at_position in np.split(order, starts):
        for phase, header in enumerate(sorted((members[i] for i in at_position), key=_time_key)):
            phases[phase].append(header)
    return [phases[phase] for phase in sorted(phases)]


def _number_of_phases(phases: Sequence[Sequence[SliceHeader]]) -> int:
    """Phases that most positions have: a slice or two taken again do not make a cine."""
    return sum(2 * len(phase) > len(phases[0]) for phase in phases)


def _repeats(phases: Sequence[Sequence[SliceHeader]]) -> list[str]:
    if len(phases) == 1 or _number_of_phases(phases) > 1:
        return []
    return [f"{len(phases[1])} of {len(phases[0])} positions were imaged again: the repeats are stacks of their own"]


def _time_key(header: SliceHeader) -> tuple:
    return (header.trigger_time_ms or 0.0, header.instance_number or 0, header.sop_instance_uid)


def _stack(study: StudyHeader, key: tuple, phases: list[list[SliceHeader]], number: int) -> Stack:
    members = phases[number]
    first = members[0]
    spacings = slice_spacings_mm(positions_along_normal_mm([header.plane for header in members]))
    is_lge, because = lge_verdict(first, _number_of_phases(phases))
    description = first.series_description or first.protocol_name or "no description"
    if len(phases) > 1:
        description = f"{description}, phase {number + 1} of {len(phases)}"
    return Stack(
        stack_id=str(uuid.uuid5(STACK_NAMESPACE, repr((study.study_instance_uid, key, number)))),
        study=study,
        description=description,
        contrast=contrast_of(first),
        is_lge=is_lge,
        is_lge_because=because,
        warnings=(*_warnings(members, spacings), *_repeats(phases)),
        slices=tuple(Slice(header, gap) for header, gap in zip(members, spacings, strict=True)),
    )


def _warnings(members: Sequence[SliceHeader], spacings: Sequence[float | None]) -> list[str]:
    warnings = []
    thicknesses = {header.slice_thickness_mm for header in members}
    if None in thicknesses:
        warnings.append("SliceThickness is missing: mass by slice thickness cannot be given")
    elif len(thicknesses) > 1:
        warnings.append("SliceThickness differs between slices")
    known = [spacing for spacing in spacings if spacing is not None]
    if not known:
        warnings.append("one slice alone has no spacing: mass by slice spacing cannot be given")
    elif max(known) - min(known) > EVEN_TOLERANCE_MM:
        warnings.append("the slices are not evenly spaced")
    return warnings
