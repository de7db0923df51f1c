"""What a reading holds, as the segments of a segmentation: its structures with who or what drew them."""

from importlib.metadata import version

from scarmass.domain.reading import Origin, Reading, Segment
from scarmass.domain.structures import Structure
from scarmass.imaging.codes import ARTIFICIAL_INTELLIGENCE, HISTOGRAM_ANALYSIS
from scarmass.imaging.seg.write import Algorithm, Outlined


def outlines_of(reading: Reading) -> dict[Structure, Outlined]:
    """The structures on the slices that count; a structure that is on none of them is left out."""
    found = {structure: reading.counting(structure) for structure in Structure}
    return {
        structure: Outlined(
            masks={key: segment.mask for key, segment in segments.items()},
            algorithms=_algorithms(list(segments.values())),
            is_corrected=any(segment.origin is not Origin.PROPOSED for segment in segments.values()),
        )
        for structure, segments in found.items()
        if segments
    }


def _algorithms(segments: list[Segment]) -> tuple[Algorithm, ...]:
    """The models and threshold methods, each once, by name."""
    models = {one.model for one in segments if one.model is not None}
    methods = {one.method.label for one in segments if one.method is not None}
    found = [
        *(Algorithm(model.name, model.sha256, ARTIFICIAL_INTELLIGENCE) for model in models),
        *(Algorithm(label, version("scarmass"), HISTOGRAM_ANALYSIS) for label in methods),
    ]
    return tuple(sorted(found, key=lambda one: (one.name, one.version)))
