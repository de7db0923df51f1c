"""What is said on a stack: of its extents, of what was imaged more than once, and of what stands elsewhere."""

from collections import Counter, defaultdict
from collections.abc import Sequence

import numpy as np

from scarmass.domain.geometry import positions_along_normal_mm
from scarmass.domain.mass import OVERLAP_TOLERANCE
from scarmass.domain.stack import THICKNESS_MISSING, Slice, Stack
from scarmass.imaging.mr.acquisitions import Acquired
from scarmass.imaging.mr.terms import Meaning, found

EVEN_TOLERANCE_MM = 0.1
ROOM_FOR_A_SLICE = 1.5
"""A gap of so many typical ones is where a slice may be missing."""

THIN = 0.5
"""A thickness of less than this part of the spacing leaves most of the ventricle unmeasured."""

ACROSS = 0.7
"""Cosine of the angle of two normals below which one stack stands across the other (about 45 degrees)."""

FEWEST_OF_A_SHORT_AXIS = 3


def of_extents(slices: Sequence[Slice]) -> list[str]:
    """Of thickness, spacing and SpacingBetweenSlices, against each other."""
    headers = [one.header for one in slices]
    warnings = []
    thicknesses = {header.slice_thickness_mm for header in headers}
    if None in thicknesses:
        warnings.append(THICKNESS_MISSING)
    elif len(thicknesses) > 1:
        warnings.append("SliceThickness differs between slices")
    if all(not any(header.position_mm) for header in headers):
        warnings.append("ImagePositionPatient is 0\\0\\0, as where a position is missing")
    if len(slices) == 1:
        return [*warnings, "one slice alone has no spacing: mass by slice spacing cannot be given"]
    gaps = np.abs(np.diff(positions_along_normal_mm([header.plane for header in headers])))
    typical = float(np.median(gaps))
    if np.ptp(gaps) > EVEN_TOLERANCE_MM:
        warnings.append("the slices are not evenly spaced")
    warnings += [
        f"between slices {at + 1} and {at + 2} lie {gap:.4g} mm, elsewhere {typical:.4g} mm: a slice may be missing"
        for at, gap in enumerate(gaps)
        if gap > ROOM_FOR_A_SLICE * typical
    ]
    stated = {header.spacing_between_slices_mm for header in headers} - {None}
    if any(abs(spacing - typical) > EVEN_TOLERANCE_MM for spacing in stated if spacing is not None):
        said = ", ".join(f"{spacing:.4g}" for spacing in sorted(filter(None, stated)))
        warnings.append(f"SpacingBetweenSlices says {said} mm, the positions {typical:.4g} mm: the positions count")
    known = [thickness for thickness in thicknesses if thickness is not None]
    return warnings + (_thickness_against_spacing(max(known), float(gaps.min()), typical) if known else [])


def _thickness_against_spacing(thickness_mm: float, least_mm: float, typical_mm: float) -> list[str]:
    if thickness_mm > least_mm * (1 + OVERLAP_TOLERANCE):
        return [
            f"the slices overlap: SliceThickness is {thickness_mm:.4g} mm, their spacing {least_mm:.4g} mm. "
            "By slice thickness tissue counts more than once, so the mass that is named is by slice spacing"
        ]
    if thickness_mm < THIN * typical_mm:
        return [
            f"SliceThickness is {thickness_mm:.4g} mm, far less than the spacing of {typical_mm:.4g} mm: "
            "mass by slice thickness leaves out what lies between the slices"
        ]
    return []


def of_frames(slices: Sequence[Slice]) -> list[str]:
    frames = {one.header.frame_of_reference_uid for one in slices}
    if len(frames) == 1:
        return []
    return ["its images differ in FrameOfReferenceUID: their positions are taken as comparable"]


def of_repeats(acquired: Acquired) -> list[str]:
    """Of images of one position that were acquired more than once."""
    warnings = []
    if acquired.is_replaced:
        warnings.append("these images were imaged again in the same acquisition: the later ones stand in its stack")
    if acquired.repeats:
        warnings.append(
            f"{len(acquired.repeats)} of {len(acquired.images)} positions were imaged again: "
            "the later images are used, the earlier ones are a stack of their own"
        )
    if acquired.of > 1 and not acquired.is_phase:
        warnings.append(f"positions of it were imaged {acquired.of} times: this is acquisition {acquired.number}")
    return warnings


def elsewhere(stacks: Sequence[Stack]) -> list[list[str]]:
    """For each stack, where the other images of its series stand."""
    places: dict[str, Counter[int]] = defaultdict(Counter)
    for place, stack in enumerate(stacks):
        for one in stack.slices:
            places[one.header.series_instance_uid][place] += 1
    said = []
    for place, stack in enumerate(stacks):
        others: Counter[int] = Counter()
        for uid in {one.header.series_instance_uid for one in stack.slices}:
            others.update(places[uid])
        del others[place]
        said.append(_elsewhere([stacks[at] for at in sorted(others)], others.total()))
    return said


def _elsewhere(others: Sequence[Stack], images: int) -> list[str]:
    if not others:
        return []
    named = "; ".join(f"“{other.description}”, {other.contrast.value}" for other in others[:3])
    more = f" and {len(others) - 3} more" if len(others) > 3 else ""
    subject = "another image of its series stands" if images == 1 else f"{images} other images of its series stand"
    return [f"{subject} in {'another stack' if len(others) == 1 else f'{len(others)} other stacks'}: {named}{more}"]


def of_long_axes(stacks: Sequence[Stack]) -> list[list[str]]:
    """For each stack of late enhancement, that it stands along the ventricle, where words or orientation say so."""
    reference = _short_axis(stacks)
    return [_long_axis(stack, reference) if stack.is_lge else [] for stack in stacks]


def _short_axis(stacks: Sequence[Stack]) -> Stack | None:
    """The largest stack that is called short-axis, the one with late enhancement first."""
    named = [
        stack
        for stack in stacks
        if len(stack.slices) >= FEWEST_OF_A_SHORT_AXIS and found(Meaning.SHORT_AXIS, [stack.description])
    ]
    return max(named, key=lambda stack: (stack.is_lge, len(stack.slices)), default=None)


def _long_axis(stack: Stack, reference: Stack | None) -> list[str]:
    names = [stack.description]
    word, is_short = found(Meaning.LONG_AXIS, names), found(Meaning.SHORT_AXIS, names)
    because = f"the description says “{word}”" if word and not is_short else None
    if because is None and reference is not None:
        normals = [each.slices[0].header.plane.normal for each in (stack, reference)]
        if abs(normals[0] @ normals[1]) < ACROSS:
            because = f"they stand across “{reference.description}”"
    return [f"no short-axis slices ({because}): their mass is not the ventricle's"] if because else []
