"""Late gadolinium enhancement or not, magnitude or phase-sensitive: read from the header, with the reason."""

import re
from enum import StrEnum

from scarmass.imaging.objects import SliceHeader

LGE_WORD = re.compile(r"(?<![a-z])(lge|dge|de|mde|psir|late|delayed|viab\w*|enhancement|scar|ir[-_ ]?gre)(?![a-z])")
OTHER_WORD = re.compile(
    r"(?<![a-z])(cine|scout|localizer|survey|molli|shmolli|t1[-_ ]?map\w*|t2\w*|perf\w*|flow|fiesta|truefisp|haste)"
    r"(?![a-z])"
)
PSIR_WORD = re.compile(r"(?<![a-z])(psir|ps[-_ ]?ir|phase[-_ ]?sensitive)(?![a-z])")
SHORTEST_LGE_INVERSION_TIME_MS = 120


class Contrast(StrEnum):
    MAGNITUDE = "magnitude"
    PSIR = "psir"


def contrast_of(header: SliceHeader) -> Contrast:
    """PSIR where ImageType, ComplexImageComponent (REAL) or a description says so, else magnitude."""
    words = " ".join((*header.image_type, header.series_description)).lower()
    if PSIR_WORD.search(words) or header.complex_image_component.upper() == "REAL":
        return Contrast.PSIR
    return Contrast.MAGNITUDE


def lge_verdict(header: SliceHeader, number_of_phases: int) -> tuple[bool, str]:
    """(is_lge, the reason in words) for a stack, from one of its headers and the phases found at its positions."""
    if number_of_phases > 1:
        return False, f"{number_of_phases} phases at each position, as cine has"
    if (header.cardiac_number_of_images or 1) > 1:
        return False, f"CardiacNumberOfImages is {header.cardiac_number_of_images}, as cine has"
    words = " ".join((header.series_description, header.protocol_name, header.sequence_name)).lower()
    if other := OTHER_WORD.search(words):
        return False, f"the description says “{other.group(1)}”"
    if found := LGE_WORD.search(words):
        return True, f"the description says “{found.group(1)}”"
    if (header.inversion_time_ms or 0) >= SHORTEST_LGE_INVERSION_TIME_MS:
        return True, f"inversion recovery with InversionTime {header.inversion_time_ms:g} ms"
    return False, "neither the description nor an InversionTime speaks of late enhancement"
