"""Late gadolinium enhancement or not, magnitude or phase-sensitive: read from the header, with what speaks for it."""

from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from scarmass.domain.stack import Contrast, SliceHeader
from scarmass.imaging.mr.terms import Meaning, found

SHORTEST_LGE_INVERSION_TIME_MS = 120
LONGEST_LGE_INVERSION_TIME_MS = 1000
MANY_INVERSION_TIMES = 3
MANY_IMAGES = 4
"""So many in a series at one position are a scout of inversion times or a map, and a dynamic series or averages."""


class Component(StrEnum):
    """Which of the images that one acquisition makes: ComplexImageComponent, or a value of ImageType."""

    MAGNITUDE = "magnitude"
    REAL = "real"
    IMAGINARY = "imaginary"
    PHASE = "phase"
    UNKNOWN = ""


COMPONENTS = {"M": Component.MAGNITUDE, "R": Component.REAL, "I": Component.IMAGINARY, "P": Component.PHASE}


@dataclass(frozen=True)
class Company:
    """What stands beside an image.

    number_of_phases: of the heart's cycle at its position. images, inversion_times: of its series at one position.
    """

    number_of_phases: int = 1
    images: int = 1
    inversion_times: int = 1


class Verdict(NamedTuple):
    """is_lge: None where nothing speaks for it or against it."""

    is_lge: bool | None
    because: str


def component_of(header: SliceHeader) -> Component:
    """From ComplexImageComponent, else from ImageType (R, or Philips' R_IR)."""
    stated = header.complex_image_component.upper()
    for component in Component:
        if component and component.name == stated:
            return component
    values = [value.upper() for value in header.image_type[2:]]
    short = [value.partition("_")[0] for value in values if value in COMPONENTS or value[1:2] == "_"]
    return next((COMPONENTS[value] for value in short if value in COMPONENTS), Component.UNKNOWN)


def contrast_of(header: SliceHeader, has_real: bool = False) -> Contrast:
    """Phase-sensitive where ImageType, ComplexImageComponent (REAL) or the description says so, else magnitude.

    A phase-sensitive sequence makes both, so the image's own attributes go before the description, which is often the
    sequence's. has_real: its series holds real images too, so that its magnitude images are what they are called.
    """
    component = component_of(header)
    if component is Component.REAL or found(Meaning.PHASE_SENSITIVE, header.image_type):
        return Contrast.PSIR
    is_magnitude = component is Component.MAGNITUDE
    is_stated = header.complex_image_component or any(value.upper().startswith("M_") for value in header.image_type)
    description = (header.series_description,)
    if (is_magnitude and (has_real or is_stated)) or found(Meaning.MAGNITUDE, description):
        return Contrast.MAGNITUDE
    return Contrast.PSIR if found(Meaning.PHASE_SENSITIVE, description) else Contrast.MAGNITUDE


def lge_verdict(header: SliceHeader, company: Company = Company()) -> Verdict:
    """Whether a stack shows late enhancement, and what says so: one of its headers, and what stands beside it.

    Words go before tags, and those of the series before those of the protocol: a protocol is often named as a whole.
    """
    if company.number_of_phases > 1:
        return Verdict(False, f"{company.number_of_phases} phases at each position, as cine has")
    if company.inversion_times >= MANY_INVERSION_TIMES:
        return Verdict(False, f"{company.inversion_times} inversion times at one position, as a scout or a map has")
    words = (header.series_description, header.protocol_name, header.sequence_name)
    for text in (*header.image_type, *words):
        if other := found(Meaning.OTHER, (text,)):
            return Verdict(False, f"the {_place(header, text)} says “{other}”")
        if late := found(Meaning.LATE_ENHANCEMENT, (text,)) or found(Meaning.CONTESTED, (text,)):
            return Verdict(True, "; ".join((f"the {_place(header, text)} says “{late}”", *_tags(header))))
    if (header.cardiac_number_of_images or 1) > 1:
        return Verdict(False, f"CardiacNumberOfImages is {header.cardiac_number_of_images}, as cine has")
    if readout := found(Meaning.READOUT, words):
        return Verdict(False, f"the description says “{readout}”")
    return _by_tags(header, company)


def _by_tags(header: SliceHeader, company: Company) -> Verdict:
    """Where no word speaks."""
    tags = _tags(header)
    if "SE" in header.scanning_sequence:
        return Verdict(False, "no word speaks of late enhancement, and ScanningSequence says spin echo")
    if company.images >= MANY_IMAGES:
        return Verdict(False, f"{company.images} images of a series at one position, as a dynamic series has")
    if _is_of_late_enhancement(header.inversion_time_ms):
        return Verdict(True, "; ".join(tags))
    if _is_inversion_prepared(header) and header.contrast_agent:
        return Verdict(True, "; ".join(tags))
    return Verdict(None, "neither the description nor an InversionTime speaks of late enhancement")


def _tags(header: SliceHeader) -> list[str]:
    """What the header says besides words that late enhancement would say too."""
    tags = []
    if _is_of_late_enhancement(header.inversion_time_ms):
        tags.append(f"inversion recovery with InversionTime {header.inversion_time_ms:g} ms")
    elif _is_inversion_prepared(header):
        tags.append("ScanningSequence says inversion recovery and gradient echo")
    if tags and header.contrast_agent:
        tags.append("ContrastBolusAgent is given")
    return tags


def _is_of_late_enhancement(inversion_time_ms: float | None) -> bool:
    return SHORTEST_LGE_INVERSION_TIME_MS <= (inversion_time_ms or 0) <= LONGEST_LGE_INVERSION_TIME_MS


def _is_inversion_prepared(header: SliceHeader) -> bool:
    return {"IR", "GR"} <= set(header.scanning_sequence)


def _place(header: SliceHeader, text: str) -> str:
    if text in header.image_type:
        return "ImageType"
    return "description" if text == header.series_description else "protocol"
