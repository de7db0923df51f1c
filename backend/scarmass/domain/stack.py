"""What a stack is made of: what identifies its slices, and the contrast of its images."""

from enum import StrEnum

SliceKey = tuple[str, int]
"""What identifies a slice: sop_instance_uid and frame_number (1 for classic objects)."""


class Contrast(StrEnum):
    MAGNITUDE = "magnitude"
    PSIR = "psir"
