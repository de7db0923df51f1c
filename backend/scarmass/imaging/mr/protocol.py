"""How a stored object was acquired, as its header says: what a report tells beside the numbers. No pixel is decoded."""

from dataclasses import dataclass

from pydicom.dataset import Dataset

from scarmass.domain.errors import ObjectRefused
from scarmass.imaging.bounds import Bounds
from scarmass.imaging.mr.attributes import positive_number_of, text_of
from scarmass.imaging.mr.encoding import open_dataset, require_small_attributes
from scarmass.imaging.mr.enhanced import MULTI_FRAME, frames_of

STRONGEST_T = 30.0
"""A field above this is written in gauss."""

GAUSS_PER_T = 10_000.0

SECONDS_OF_A_DAY = 86_400
LONGEST_DELAY_S = 7_200.0
"""LGE is imaged 10 to 20 minutes after contrast; what lies hours after it, or before it, is no delay."""


@dataclass(frozen=True)
class Protocol:
    """What is not said is empty or None. contrast_volume_ml: of the agent; contrast_start_time: HHMMSS.F."""

    referring_physician: str = ""
    institution: str = ""
    scanner: str = ""
    field_strength_t: float | None = None
    sequence: str = ""
    contrast_agent: str = ""
    contrast_volume_ml: float | None = None
    contrast_start_time: str = ""


def protocol_of(content: bytes, bounds: Bounds = Bounds()) -> Protocol:
    """The protocol of a stored object, of the first frame where it has several. Raises ObjectRefused."""
    dataset = open_dataset(content)
    require_small_attributes(dataset, bounds.attribute_bytes)
    try:
        return _protocol(dataset)
    except Exception as error:  # values are parsed lazily, so damage shows up here
        raise ObjectRefused("a DICOM attribute cannot be read") from error


def _protocol(dataset: Dataset) -> Protocol:
    frame = next(iter(frames_of(dataset)), dataset) if dataset.get("SOPClassUID") in MULTI_FRAME else dataset
    contrast = _contrast(dataset)
    makers = dict.fromkeys(text_of(dataset, keyword) for keyword in ("Manufacturer", "ManufacturerModelName"))
    sequences = dict.fromkeys(text_of(frame, keyword) for keyword in ("ProtocolName", "SequenceName"))
    volume_ml = positive_number_of(contrast, "ContrastBolusVolume") or positive_number_of(
        contrast, "ContrastBolusTotalDose"
    )
    return Protocol(
        referring_physician=text_of(dataset, "ReferringPhysicianName"),
        institution=text_of(dataset, "InstitutionName"),
        scanner=" ".join(filter(None, makers)),
        field_strength_t=_tesla(positive_number_of(frame, "MagneticFieldStrength")),
        sequence=", ".join(filter(None, sequences)),
        contrast_agent=_agent(contrast),
        contrast_volume_ml=volume_ml,
        contrast_start_time=text_of(contrast, "ContrastBolusStartTime"),
    )


def _contrast(dataset: Dataset) -> Dataset:
    """What holds the attributes of the contrast agent: the object, or in a multi-frame one the first agent's item."""
    agents = dataset.get("ContrastBolusAgentSequence") or []
    if not agents or text_of(dataset, "ContrastBolusAgent"):
        return dataset
    found = Dataset()
    found.update(agents[0])
    for profile in (agents[0].get("ContrastAdministrationProfileSequence") or [])[:1]:
        found.update(profile)
    return found


def _agent(contrast: Dataset) -> str:
    return text_of(contrast, "ContrastBolusAgent") or text_of(contrast, "CodeMeaning")


def _tesla(strength: float | None) -> float | None:
    return strength / GAUSS_PER_T if strength is not None and strength > STRONGEST_T else strength


def seconds_of_day(time: str) -> float | None:
    """Of a DICOM time, HHMMSS.F with or without colons; None where it is none."""
    digits = time.replace(":", "")
    whole, _, fraction = digits.partition(".")
    if len(whole) != 6 or not whole.isdecimal() or (fraction and not fraction.isdecimal()):
        return None
    hours, minutes, seconds = int(whole[:2]), int(whole[2:4]), int(whole[4:])
    if hours > 23 or minutes > 59 or seconds > 60:
        return None
    return hours * 3600 + minutes * 60 + seconds + float(f"0.{fraction or 0}")


def delay_s(contrast_start_time: str, acquisition_time: str) -> float | None:
    """From contrast to image, across midnight too; None where a time is not said or they lie far apart."""
    start, end = seconds_of_day(contrast_start_time), seconds_of_day(acquisition_time)
    if start is None or end is None:
        return None
    seconds = (end - start) % SECONDS_OF_A_DAY
    return seconds if seconds <= LONGEST_DELAY_S else None
