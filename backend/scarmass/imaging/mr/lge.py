"""Late gadolinium enhancement or not, magnitude or phase-sensitive: read from the header, with the reason."""

import re

from scarmass.domain.stack import Contrast, SliceHeader

LGE_WORD = re.compile(
    r"(?<![a-z])(lge|dge|de|mde|psir|ps[-_ ]?mde|late|delayed|viab\w*|enhancement|scar|ir[-_ ]?gre)(?![a-z])"
)
OTHER_WORD = re.compile(
    r"(?<![a-z])(cine|(?:ti[-_ ]?)?scout|locali[sz]er|survey|sh?molli|look[-_ ]?locker|t1[-_ ]?map\w*|t2[-_ ]?map\w*"
    r"|perf\w*|flow)(?![a-z])"
)
OTHER_READOUT_WORD = re.compile(r"(?<![a-z])(t2\w*|stir|tirm|haste|tse|fiesta|truefisp)(?![a-z])")
"""How an image is read out says what it is only where nothing speaks of LGE: single-shot LGE is TrueFISP too."""

PSIR_WORD = re.compile(r"(?<![a-z])(psir|ps[-_ ]?ir|ps[-_ ]?mde|phase[-_ ]?sensitive)(?![a-z])")
MAGNITUDE_WORD = re.compile(r"(?<![a-z])(mag|magnitude)(?![a-z])")
SHORTEST_LGE_INVERSION_TIME_MS = 120


def contrast_of(header: SliceHeader) -> Contrast:
    """PSIR where ImageType, ComplexImageComponent (REAL) or a description says so, else magnitude.

    A PSIR sequence makes both, so the image's own attributes go before the description, which is often the sequence's.
    """
    component = header.complex_image_component.upper()
    if component == "REAL" or PSIR_WORD.search(" ".join(header.image_type).lower()):
        return Contrast.PSIR
    description = header.series_description.lower()
    if component == "MAGNITUDE" or MAGNITUDE_WORD.search(description):
        return Contrast.MAGNITUDE
    return Contrast.PSIR if PSIR_WORD.search(description) else Contrast.MAGNITUDE


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
    if other := OTHER_READOUT_WORD.search(words):
        return False, f"the description says “{other.group(1)}”"
    if (header.inversion_time_ms or 0) >= SHORTEST_LGE_INVERSION_TIME_MS:
        return True, f"inversion recovery with InversionTime {header.inversion_time_ms:g} ms"
    return False, "neither the description nor an InversionTime speaks of late enhancement"
