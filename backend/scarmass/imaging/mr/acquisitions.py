"""Which images of one grid were acquired together, so that each stack has every position once and of one acquisition.

Acquisitions are told apart by their series, AcquisitionNumber and AcquisitionTime; the phases of a cine by the time
after the heart's beat. A position or two imaged again is no acquisition of its own: the later image is used.
"""

import math
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

from scarmass.domain.stack import SAME_TISSUE, SliceHeader
from scarmass.imaging.mr.planes import POSITION_TOLERANCE, Line

CINE_SPREAD_MS = 100.0
"""So far apart are the phases of a cine at the least; between two acquisitions TriggerTime differs by less."""

LONGEST_CINE_S = 60.0
MANY_PHASES = 8
"""The images of one position of a cine are acquired within a breath-hold, or are this many."""

PAUSE_S = 300.0
"""After so long a pause the same positions are another acquisition, however few they are."""

Images = list[SliceHeader]


@dataclass(frozen=True)
class Acquired:
    """Images that can be one stack, one at each position, in order along the normal.

    number, of: which acquisition or phase it is of how many. is_phase: of a cine.
    repeats: of each position that was imaged several times all images, in order of time; it has the last one.
    is_replaced: these images have themselves a later one in their acquisition.
    """

    images: Images
    number: int = 1
    of: int = 1
    is_phase: bool = False
    repeats: tuple[Images, ...] = ()
    is_replaced: bool = False


@dataclass
class _Part:
    """images: one at each position. replaced: earlier ones of the same positions, by how much earlier they are."""

    images: Images
    replaced: list[Images] = field(default_factory=list)


def acquisitions(headers: Sequence[SliceHeader], line: Line) -> list[Acquired]:
    """The images of one grid as what was acquired together, in the order of time. line: where they lie."""
    series: dict[str, Images] = defaultdict(list)
    for header in sorted(headers, key=_moment):
        series[header.series_instance_uid].append(header)
    cine = {uid for uid, images in series.items() if _is_cine(line.by_position(images, POSITION_TOLERANCE))}
    phases = [header for uid in cine for header in series[uid]]
    parts = [part for uid, images in series.items() if uid not in cine for part in _parts(images, line)]
    return [*_phases(phases, line), *_stills(parts, line)]


def _is_cine(at_positions: list[Images]) -> bool:
    """Most positions have several images, which differ in the time after the heart's beat and in no other time."""
    several = [images for images in at_positions if len(images) > 1]
    if 2 * len(several) <= len(at_positions):
        return False
    if any((header.cardiac_number_of_images or 1) > 1 for images in several for header in images):
        return True
    return 2 * sum(map(_is_beating, several)) > len(several)


def _is_beating(images: Images) -> bool:
    triggers = [header.trigger_time_ms or 0.0 for header in images]
    times = [time for header in images if (time := _seconds(header)) is not None]
    is_one = len({header.acquisition_number for header in images}) == 1
    is_one &= not times or max(times) - min(times) < LONGEST_CINE_S
    is_one |= len(set(triggers)) >= MANY_PHASES
    return is_one and max(triggers) - min(triggers) > CINE_SPREAD_MS


def _phases(cine: Images, line: Line) -> list[Acquired]:
    if not cine:
        return []
    ranked: dict[int, Images] = defaultdict(list)
    for images in line.by_position(cine, POSITION_TOLERANCE):
        for rank, header in enumerate(sorted(images, key=lambda one: (one.trigger_time_ms or 0.0, *_moment(one)))):
            ranked[rank].append(header)
    return [Acquired(images, rank + 1, len(ranked), is_phase=True) for rank, images in sorted(ranked.items())]


def _parts(series: Images, line: Line) -> list[_Part]:
    """A series as parts that have each position once: by AcquisitionNumber, else in the order of time."""
    at_positions = line.by_position(series, POSITION_TOLERANCE)
    counts = {len(images) for images in at_positions}
    if counts == {1}:
        return [_Part(series)]
    if 2 * sum(len(images) > 1 for images in at_positions) < len(at_positions):
        return [_latest(at_positions)]
    numbered: dict[int | None, Images] = defaultdict(list)
    for header in series:
        numbered[header.acquisition_number].append(header)
    by_number = [line.by_position(images, POSITION_TOLERANCE) for images in numbered.values()]
    if max(len(images) for part in by_number for images in part) == 1:
        return [_Part(images) for images in numbered.values()]
    if len(counts) > 1:
        return [_Part([header]) for header in series]
    return [_Part(list(images)) for images in zip(*at_positions, strict=True)]


def _latest(at_positions: list[Images]) -> _Part:
    """The last image of each position, and the ones before it."""
    ranked: dict[int, Images] = defaultdict(list)
    for images in at_positions:
        for rank, header in enumerate(reversed(images)):
            ranked[rank].append(header)
    latest, *replaced = (ranked[rank] for rank in sorted(ranked))
    return _Part(latest, replaced)


def _stills(parts: list[_Part], line: Line) -> list[Acquired]:
    """Parts joined while they have no position in common."""
    blocks: list[_Part] = []
    for sitting in _sittings(sorted(parts, key=lambda part: _moment(part.images[0]))):
        once = _repeated_once(sitting, line)
        for block in _joined(_whole(sitting, line), line) if once is None else [once]:
            _join(blocks, block, line)
    stills = [
        Acquired(_in_order(block.images, line), number + 1, len(blocks), repeats=_repeats(block, line))
        for number, block in enumerate(blocks)
    ]
    replaced = [images for block in blocks for images in block.replaced]
    return [*stills, *(Acquired(_in_order(images, line), is_replaced=True) for images in replaced)]


def _repeats(block: _Part, line: Line) -> tuple[Images, ...]:
    """The images that were replaced, each with those at its position, where the last one is used."""
    at_mm = line.at_mm(block.images)
    earlier: dict[int, Images] = defaultdict(list)
    for header in (header for images in block.replaced for header in images):
        earlier[int(abs(at_mm - line.at_mm([header])).argmin())].append(header)
    return tuple([*sorted(earlier[at], key=_moment), block.images[at]] for at in sorted(earlier))


def _sittings(parts: list[_Part]) -> list[list[_Part]]:
    """Parts in the order of time, apart where a long pause lies between them."""
    sittings: list[list[_Part]] = []
    last = math.inf
    for part in parts:
        times = [time for header in part.images if (time := _seconds(header)) is not None]
        if not sittings or (times and min(times) - last > PAUSE_S):
            sittings.append([])
        sittings[-1].append(part)
        last = max(times, default=last)
    return sittings


def _repeated_once(parts: list[_Part], line: Line) -> _Part | None:
    """These parts as one acquisition, of which fewer than half of the positions were imaged again; else None.

    That is how one series for each breath-hold looks; a part that has most positions is an acquisition itself.
    """
    images = sorted((header for part in parts for header in part.images), key=_moment)
    at_positions = line.by_position(images, SAME_TISSUE)
    is_mostly_once = 2 * sum(len(images) > 1 for images in at_positions) < len(at_positions)
    if not is_mostly_once or 2 * max(len(part.images) for part in parts) > len(at_positions):
        return None
    latest = _latest(at_positions)
    return _Part(latest.images, [*latest.replaced, *(images for part in parts for images in part.replaced)])


def _whole(parts: list[_Part], line: Line) -> list[_Part]:
    """Parts of one image each as whole acquisitions, where every position was imaged equally often.

    Each slice may have been acquired several times before the next one was, so that the order of time alone mixes them.
    """
    if any(len(part.images) > 1 or part.replaced for part in parts):
        return parts
    images = sorted((header for part in parts for header in part.images), key=_moment)
    at_positions = line.by_position(images, SAME_TISSUE)
    if len({len(images) for images in at_positions}) > 1:
        return parts
    return [_Part(list(images)) for images in zip(*at_positions, strict=True)]


def _joined(parts: list[_Part], line: Line) -> list[_Part]:
    blocks: list[_Part] = []
    for part in parts:
        _join(blocks, part, line)
    return blocks


def _join(blocks: list[_Part], part: _Part, line: Line) -> None:
    """Make the part one with the last of the blocks, or where they have a position in common the next block."""
    if blocks and not line.share_tissue(blocks[-1].images, part.images):
        blocks[-1] = _Part([*blocks[-1].images, *part.images], [*blocks[-1].replaced, *part.replaced])
    else:
        blocks.append(part)


def _in_order(images: Images, line: Line) -> Images:
    return [images[at] for at in line.at_mm(images).argsort(kind="stable")]


def _moment(header: SliceHeader) -> tuple:
    """By what images of one position are ordered in time; the UID makes the order the same whatever came first."""
    numbers = header.acquisition_number, header.series_number, header.instance_number
    return (_seconds(header) or 0.0, *(number or 0 for number in numbers), header.sop_instance_uid, header.frame_number)


def _seconds(header: SliceHeader) -> float | None:
    """AcquisitionTime (HHMMSS.F) as seconds of the day; None where it is missing or no time."""
    text = header.acquisition_time.replace(":", "")
    hours, minutes, seconds = text[:2], text[2:4] or "0", text[4:] or "0"
    try:
        return 3600 * int(hours) + 60 * int(minutes) + float(seconds)
    except ValueError:
        return None
